"""Start a rehearsal from real rows: a backup, or a sample of a database, at the revision that its version table says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import UsageError
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.rehearsal.baseline import restore_baseline
from alembic_safety.rehearsal.place import Place

if TYPE_CHECKING:
    from alembic_safety.postgres.databases import Database
    from alembic_safety.postgres.server import Server
    from alembic_safety.rehearsal.options import Options
    from alembic_safety.revisions.chain import Chain

BACKUP = "the backup's rows"
SAMPLE = "sampled rows"
_VERSION_TABLES = """
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relname::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND ARRAY['version_num'::pg_catalog.text] = ARRAY(SELECT a.attname::pg_catalog.text
  FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) ORDER BY 1
"""
_USUAL = "alembic_version"


@dataclass(frozen=True, kw_only=True)
class Start:
    """A scratch database with real rows."""

    database: Database
    #: A copy of it, to return to.
    copy: Database
    #: Revisions that it holds.
    present: frozenset[str]
    #: What kind of rows they are, for reports.
    data: str
    #: Roles that were made for it, and what else should be known, a sentence each.
    roles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def start_from(server: Server, chain: Chain, options: Options) -> Start | None:
    """Restore the backup or take the sample that the options name; None where they name neither.

    :raises UsageError: it holds no version table, or stands at a revision that the project doesn't have.
    :raises ServerError: it cannot be restored or read.
    """
    if options.backup is None and options.sample is None:
        return None
    if options.baseline is not None or (options.backup is not None and options.sample is not None):
        raise UsageError("--baseline, --from-backup and --sample each say where to start from: give one of them")
    place = Place(server, server.create_database())
    roles: list[str] = []
    notes: tuple[str, ...] = ()
    if options.backup is not None:
        _check(options.backup)
        restore_baseline(place, options.backup, roles, option="--from-backup")
        data, facts = BACKUP, (("backup", options.backup.name),)
    else:
        assert options.sample is not None
        from alembic_safety.rehearsal.sampling import take_sample

        taken = take_sample(place, options.sample, options.sample_rows, options.seed, roles)
        data, notes = SAMPLE, taken.notes
        facts = (("sample", f"{taken.rows} rows of {taken.tables} tables of {taken.source}"),)
    what = "--from-backup" if options.backup is not None else "--sample"
    heads = _heads(place, what)
    for head in heads:
        if head not in chain.by_id:
            raise UsageError(f"{what}: it stands at revision {head!r}, which the project does not have")
    present = frozenset(heads).union(*(chain.ancestors(head) for head in heads))
    return Start(
        database=place.database,
        copy=server.create_database(template=place.database),
        present=present,
        data=data,
        roles=tuple(roles),
        notes=notes,
        facts=facts,
    )


def _check(file: Path) -> None:
    if not file.exists():
        raise UsageError(f"--from-backup: there is no file {str(file)!r}")


def _heads(place: Place, what: str) -> Sequence[str]:
    with place.database.connect() as connection:
        session = PsycopgSession(connection)
        found = session.fetch(_VERSION_TABLES)
        chosen = [name for name, own in found if own == _USUAL] or [name for name, _ in found]
        if not chosen:
            raise UsageError(
                f"{what}: it holds no version table of Alembic, so nobody knows which revisions are pending: "
                "name the revision with --baseline FILE@REVISION"
            )
        if len(chosen) > 1:
            raise UsageError(
                f"{what}: it holds several version tables ({', '.join(chosen)}): use --baseline FILE@REVISION"
            )
        return sorted(str(head) for (head,) in session.fetch(f"SELECT version_num FROM {chosen[0]}"))
