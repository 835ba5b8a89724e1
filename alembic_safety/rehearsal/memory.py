"""What earlier runs found: verdicts by the key of a revision, and the server's data at states of the chain.

A verdict is used again only together with the state that its revision led to, so that nothing is believed which the
database at hand could not show. Everything that a state depends on is in its key.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import ServerError
from alembic_safety.postgres.places import cache_folder
from alembic_safety.rehearsal.helpers import helpers_digest
from alembic_safety.rehearsal.verdict import Up, Verdict
from alembic_safety.revisions.files import replace_file

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.postgres.databases import Database
    from alembic_safety.postgres.server import Server
    from alembic_safety.rehearsal.options import Options
    from alembic_safety.revisions.chain import Chain, Revision

#: Seconds of work from which a state is worth keeping: copying it takes some tenths.
_WORTH_KEEPING = 2.0
_MOST_VERDICTS = 20_000


class Memory:
    """The cache of one project, for one kind of server and one way of rehearsing."""

    def __init__(self, config: Config, chain: Chain, options: Options, server: Server, data: str = "") -> None:
        """``data`` says which rows the project adds along the way."""
        self._server = server
        self._active = options.cache and server.is_ours and not options.keep
        self._conditions = _conditions(config, chain, options, server) + data if self._active else ""
        self._folder = Path(options.cache_dir) if options.cache_dir is not None else None
        self._verdicts: dict[str, Verdict] = self._load() if self._active else {}
        self._since = time.monotonic()

    def longest_known(self, order: Sequence[Revision], judged: frozenset[str]) -> tuple[int, Database | None]:
        """How many revisions from the start need not be run again, and the database that stands behind the last of them."""
        if not self._active:
            return 0, None
        known = 0
        for revision in order:
            verdict = self._verdicts.get(revision.key)
            if verdict is None or verdict.up is not Up.RAN or (verdict.applied_only and revision.id in judged):
                break
            known += 1
        # Only these two are ever saved for a chain; looking for more would cost a hash of the chain each.
        for count in range(known, max(known - 3, 0), -1):
            key = self._state_key(order[:count])
            if self._server.has_state(key):
                with suppress(ServerError):
                    database = self._server.start_from_state(key)
                    if database is not None:
                        return count, database
        return 0, None

    def known(self, revision: Revision) -> Verdict:
        """The verdict of an earlier run."""
        return replace(self._verdicts[revision.key], cached=True, seconds=0.0)

    def keep(self, revision: Revision, verdict: Verdict) -> None:
        """Remember a verdict."""
        if self._active and verdict.up is Up.RAN:
            self._verdicts[revision.key] = verdict

    @property
    def is_worth_a_state(self) -> bool:
        """Whether so much was done since the last state that saving one pays."""
        return self._active and time.monotonic() - self._since > _WORTH_KEEPING

    def keep_state(self, applied: Sequence[Revision], database: Database) -> None:
        """Save the server's data; ends all its connections."""
        self._server.save_state(self._state_key(applied), database)
        self._save()
        self._since = time.monotonic()

    def _state_key(self, applied: Sequence[Revision]) -> str:
        digest = hashlib.sha256(self._conditions.encode())
        for revision in applied:
            digest.update(f"\0{revision.id}\0{revision.key}".encode())
        return digest.hexdigest()

    # -- the file -------------------------------------------------------------------------------------------------------
    def _path(self) -> Path:
        name = hashlib.sha256(self._conditions.encode()).hexdigest()[:32] + ".json"
        return (self._folder or cache_folder("verdicts")) / name

    def _load(self) -> dict[str, Verdict]:
        # A file that cannot be read is a cache miss, no error: everything in it can be found out again.
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            data = json.loads(self._path().read_text(encoding="utf-8"))
            return {key: Verdict.from_json(value) for key, value in data.items()}
        return {}

    def _save(self) -> None:
        newest = dict(list(self._verdicts.items())[-_MOST_VERDICTS:])
        text = json.dumps({key: verdict.to_json() for key, verdict in newest.items()}, ensure_ascii=False)
        with suppress(OSError):
            self._path().parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path(), text.encode())


def _conditions(config: Config, chain: Chain, options: Options, server: Server) -> str:
    """Everything besides the revisions that a result depends on."""
    script = Path(chain.script.dir)
    digest = hashlib.sha256()
    folders = {revision.path.parent for revision in chain.revisions}
    for path in sorted(script.rglob("*")):
        # Revisions have keys of their own; what else lies there (env.py, helpers, models) may matter to all of them.
        is_revision = path.parent in folders or "__pycache__" in path.parts
        if path.suffix in (".py", ".mako", ".ini", ".toml") and not is_revision and path.is_file():
            digest.update(str(path.relative_to(script)).encode() + b"\0" + path.read_bytes() + b"\0")
    for name in (config.config_file_name, getattr(config, "toml_file_name", None)):
        if name is not None and Path(name).is_file():
            digest.update(Path(name).read_bytes() + b"\0")
    sources = [*(r.source for r in chain.revisions), _text(script / "env.py")]
    roots = dict.fromkeys((Path.cwd(), *script.resolve().parents[:2]))
    digest.update(helpers_digest(sources, [f for root in roots for f in (root, root / "src")]).encode())
    digest.update(repr((sorted(options.exclude.schemas), sorted(options.exclude.tables))).encode())
    digest.update(repr(getattr(config.cmd_opts, "x", None)).encode())
    baseline = ""
    if options.baseline is not None and options.baseline[0].is_file():
        stat = options.baseline[0].stat()
        baseline = f"{options.baseline[0].resolve()}:{stat.st_mtime_ns}:{stat.st_size}:{options.baseline[1]}"
    return "\0".join(
        (
            version("alembic-safety"),
            version("alembic"),
            str(server.version_num),
            str(script.resolve()),
            digest.hexdigest(),
            options.role or "",
            ",".join(options.search_path),
            f"{options.rows} {options.seed}",
            baseline,
        )
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
