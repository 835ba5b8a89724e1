"""What a user may ask of a rehearsal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.postgres.catalog import Exclusions
from alembic_safety.postgres.identifiers import folded

if TYPE_CHECKING:
    from alembic_safety.rehearsal.rows.own import Rows
    from alembic_safety.rehearsal.verdict import Verdict
    from alembic_safety.revisions.chain import Revision
    from alembic_safety.settings import Settings


def _silent(_done: int, _total: int, _revision: Revision, _verdict: Verdict | None) -> None:
    """Nobody watches."""


#: Called before (verdict None) and after each revision: how many are done, of how many, which one, with what result.
Progress = Callable[[int, int, "Revision", "Verdict | None"], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """A rehearsal's range and conditions."""

    #: URL of a server to use; None: one of our own.
    server: str | None = None
    pg_bin: Path | None = None
    pg_version: str | None = None
    #: First and last revision to judge; what is needed before the first is only applied.
    first: str | None = None
    last: str | None = None
    #: A revision or range ``FIRST:LAST`` to judge, in the place of first and last.
    select: str | None = None
    #: Identifiers of the revisions to judge, in the place of all these.
    chosen: frozenset[str] | None = None
    #: The only revision to judge.
    only: str | None = None
    #: Seconds that one revision may take; None: any time.
    timeout: float | None = 300.0
    #: Role to rehearse as; it is created on a server of ours.
    role: str | None = None
    #: Schemas of the search_path to rehearse with; none: the server's own.
    search_path: tuple[str, ...] = ()
    #: A dump, and the revision at which it was taken.
    baseline: tuple[Path, str] | None = None
    #: A dump with rows, to rehearse what is pending there; or the URL of a database, of which rows are sampled.
    backup: Path | None = None
    sample: str | None = None
    #: Rows of each table of the sample, besides those that others refer to.
    sample_rows: int = 500
    #: Folder of rows that the project brings along, by revision; None: ``tests/data`` where it exists.
    data: Path | None = None
    #: Rows in pytest-alembic's form, by revision: added once it is applied, and before it is.
    at_revision_data: Mapping[str, Rows] = field(default_factory=dict)
    before_revision_data: Mapping[str, Rows] = field(default_factory=dict)
    fail_fast: bool = False
    #: Rows to make for each table that a revision touches, to rehearse it on rows too; 0: none.
    rows: int = 8
    #: Which rows: the same seed makes the same.
    seed: int = 0
    #: Keep the server and its database.
    keep: bool = False
    #: Use and write the cache of states.
    cache: bool = True
    #: Folder of that cache; None: the user's cache folder.
    cache_dir: Path | None = None
    exclude: Exclusions = field(default_factory=Exclusions)
    progress: Progress = _silent
    tell: Callable[[str], None] = print


def options_of(settings: Settings, **others: Any) -> Options:
    """What the settings say, and for one run besides.

    :raises UsageError: the setting ``baseline`` is not usable.
    """
    return Options(
        server=settings.server,
        pg_bin=settings.pg_bin,
        pg_version=settings.pg_version,
        timeout=settings.timeout,
        role=settings.role,
        search_path=tuple(map(folded, settings.search_path)),
        baseline=parse_baseline(settings.baseline),
        cache_dir=settings.cache_dir,
        data=settings.data,
        exclude=parse_exclusions(settings.exclude),
        **others,
    )


def parse_baseline(text: str | None) -> tuple[Path, str] | None:
    """``FILE@REVISION`` as its two parts; ``FILE@base`` is what a database holds before the first revision.

    :raises UsageError: it is not of that form, or the file doesn't exist.
    """
    from alembic_safety.errors import UsageError

    if text is None:
        return None
    file, at, revision = text.rpartition("@")
    if not at or not file or not revision:
        raise UsageError(f"--baseline {text!r} is not FILE@REVISION, for example --baseline prod.dump@1975ea83b712")
    path = Path(file)
    if not path.exists():
        raise UsageError(f"--baseline: there is no file {file!r}")
    return path, revision


def parse_exclusions(names: Collection[str]) -> Exclusions:
    """What the setting ``exclude`` names: ``schema.table`` is a table, a word alone a schema; besides what always is."""
    always = Exclusions()
    tables = {name for name in names if "." in name}
    return Exclusions(schemas=always.schemas | (set(names) - tables), tables=always.tables | tables)
