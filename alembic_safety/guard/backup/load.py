"""Load a backup's archives into an empty database by pg_restore, whatever its version is, and tell a real failure from noise."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError, ServerError
from alembic_safety.guard.backup.dump import DATA, SCHEMA
from alembic_safety.guard.backup.plan import AFFECTED, client
from alembic_safety.postgres import places
from alembic_safety.postgres.clienttools import Tool, run_tool, running_tool
from alembic_safety.postgres.ownership import new_owner

if TYPE_CHECKING:
    from alembic_safety.guard.backup.manifest import Manifest
    from alembic_safety.postgres.endpoint import Endpoint
    from alembic_safety.settings import Settings

_ERROR = re.compile(r"pg_restore: error: (?:could not execute query: )?(?:ERROR: +)?(.*)")
#: A newer pg_restore sets what an older server does not know, and goes on.
_HARMLESS = re.compile(r'unrecognized configuration parameter "transaction_timeout"')
_ENTRY = re.compile(r"\d+; \d+ \d+ (.*)")
_FOREIGN_KEY = "FK CONSTRAINT "
#: CREATE EXTENSION makes it anyhow, and only the extension's owner may.
_EXTENSION_COMMENT = "COMMENT - EXTENSION "


def restoring_tool(settings: Settings, manifest: Manifest, server_major: int) -> Tool:
    """The pg_restore that can read a backup and write to a server.

    :raises BackupError: there is none, or the server is older than the one that the backup was taken from.
    """
    taken_from = manifest.server_version // 10000
    if server_major < taken_from:
        raise BackupError(
            f"backup {manifest.id} was taken from PostgreSQL {taken_from}, and this server is {server_major}: "
            "restore it on a server that is not older"
        )
    # An archive is read by the version that wrote it, or a newer one.
    return client(settings, "pg_restore", max(server_major, manifest.tool_major))


def load(
    tool: Tool,
    endpoint: Endpoint,
    folder: Path,
    manifest: Manifest,
    *,
    jobs: int,
    options: Sequence[str] = (),
    tell: Callable[[float], None] | None = None,
) -> None:
    """Load everything into the empty database of ``endpoint``, whose name must be one of ours.

    Of a backup of kind ``affected`` the foreign keys are left out: the rows that they refer to may not be in it.

    :param tell: called about twice a second with the seconds since the start.
    :raises BackupError: it failed.
    """
    data, started = folder / DATA, time.monotonic()

    def step(archive: Path, *more: str, without: Sequence[str] = ()) -> None:
        with tempfile.TemporaryDirectory(prefix=f"{places.PREFIX}list_") as chosen:
            # By this the next start knows whose it was, if this process is killed.
            (Path(chosen) / places.MARKER).write_text(new_owner().to_text(), encoding="utf-8")
            listing = Path(chosen) / "list"
            listing.write_text(
                _listing(tool, endpoint, archive, (_EXTENSION_COMMENT, *without)),
                encoding="utf-8",
                errors="surrogateescape",
            )
            arguments = [f"--dbname={endpoint.dbname}", f"--use-list={listing}", *options, *more, str(archive)]
            _run(tool, arguments, endpoint, lambda: tell(time.monotonic() - started) if tell is not None else None)

    if manifest.kind != AFFECTED:
        step(data, f"--jobs={jobs}")
        return
    step(folder / SCHEMA, "--section=pre-data")
    step(data, f"--jobs={jobs}")
    step(folder / SCHEMA, "--section=post-data", f"--jobs={jobs}", without=(_FOREIGN_KEY,))


def _listing(tool: Tool, endpoint: Endpoint, archive: Path, without: Sequence[str]) -> str:
    """The archive's table of contents, without what is left out."""
    text = run_tool(tool, ["--list", str(archive)], endpoint.parameters).decode(errors="surrogateescape")
    kept = []
    for line in text.splitlines():
        match = _ENTRY.match(line)
        if match is None or not match[1].startswith(tuple(without)):
            kept.append(line)
    return "\n".join(kept) + "\n"


def _run(tool: Tool, arguments: Sequence[str], endpoint: Endpoint, tick: Callable[[], None]) -> None:
    try:
        with running_tool(tool, arguments, endpoint.parameters) as running:
            while running.process.poll() is None:
                try:
                    running.process.wait(0.5)
                except subprocess.TimeoutExpired:
                    tick()
            status, said = running.process.returncode, running.messages()
    except ServerError as error:
        raise BackupError(f"the backup can't be loaded: {error}") from error
    if status == 0:
        return
    errors = [text for text in _ERROR.findall(said) if not _HARMLESS.search(text)]
    if status == 1 and not errors and "errors ignored on restore" in said:
        return
    reason = errors[0] if errors else said.splitlines()[-1] if said else f"status {status}"
    raise BackupError(f"the backup can't be loaded: {tool.path.name} says {reason.strip()}")
