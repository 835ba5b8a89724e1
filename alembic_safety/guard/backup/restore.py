"""Give a backup back: into a new database, or beside the live one and then in its place by two renames."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError
from alembic_safety.guard.backup.clone import copy_of_clone, require_clone
from alembic_safety.guard.backup.digests import damage, refuse_damage
from alembic_safety.guard.backup.folder import Entry, delete
from alembic_safety.guard.backup.load import load, restoring_tool
from alembic_safety.guard.backup.plan import AFFECTED, CLONE, COMMAND
from alembic_safety.postgres.beside import (
    beside,
    exists,
    give_properties,
    publish,
    server_of,
    sessions_in,
    size_of,
    swap,
    unmarked,
)
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.contents import row_counts
from alembic_safety.postgres.databases import server_errors
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import PsycopgSession

if TYPE_CHECKING:
    from alembic_safety.guard.backup.manifest import Manifest
    from alembic_safety.postgres.endpoint import Endpoint
    from alembic_safety.postgres.server import Server
    from alembic_safety.settings import Settings

#: Called now and then with the bytes that the new database has, and the seconds since the start.
Tell = Callable[[int, float], None]
_SHOWN = 3
_JOBS = 4
_NAME_BYTES = 63


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was done."""

    database: str
    #: The name that the replaced database has now; '' where none was replaced.
    aside: str = ""
    #: What could not be given back, and is no reason to fail: sentences.
    notes: tuple[str, ...] = field(default=())


def whole(entry: Entry) -> Manifest:
    """The manifest of a backup that can be restored as a database, once every byte of it was read.

    :raises BackupError: it is damaged, or is none of ours to restore.
    """
    manifest = entry.manifest
    if manifest is None:
        raise BackupError(entry.trouble)
    if manifest.kind == COMMAND:
        raise BackupError(
            f"backup {manifest.id} was made by a command of yours, which calls it {manifest.reference!r}: restore it by the same means"
        )
    refuse_damage(manifest.id, damage(entry.folder, manifest.files))
    return manifest


def restore_into(entry: Entry, endpoint: Endpoint, into: str, settings: Settings, tell: Tell | None = None) -> Restored:
    """Restore into a new database.

    :param endpoint: any database of the server.
    :raises BackupError: it can't be done, or the database is there already; nothing is left then.
    """
    manifest = whole(entry)
    _require_name(into)
    server = server_of(endpoint)
    try:
        if exists(server, into):
            raise BackupError(f"there is a database {into} already: name another, or restore over it with --confirm")
        if manifest.kind == CLONE:
            notes = copy_of_clone(server, manifest, into)
        else:
            with (
                server_errors(f"The backup was not restored, and there is no database {into}"),
                beside(server, manifest.database) as name,
            ):
                notes = _fill(server, endpoint.to(name), entry, manifest, settings, tell)
                notes += give_properties(server, name, manifest.database)
                publish(server, name, into, manifest.database)
        notes += _left(server)
    finally:
        server.release()
    return Restored(database=into, notes=tuple(notes))


def restore_over(
    entry: Entry,
    endpoint: Endpoint,
    settings: Settings,
    *,
    disconnect: bool = False,
    tell: Tell | None = None,
) -> Restored:
    """Restore beside the database of ``endpoint``, and put that in its place; the old one is kept under another name.

    :param disconnect: end the sessions of others there at the moment of the swap.
    :raises BackupError: it can't be done; the database is as it was.
    """
    manifest = whole(entry)
    if manifest.kind == AFFECTED:
        raise BackupError(
            f"backup {manifest.id} holds the rows of {len(manifest.tables)} tables only, so it can't take the place of a database: "
            "take a table out of it with --table, or look at it in a new database with --into"
        )
    live = endpoint.dbname
    server = server_of(endpoint)
    try:
        if not disconnect:
            _refuse_sessions(server, live)
        aside = aside_name(live, "before_restore")
        if manifest.kind == CLONE:
            require_clone(server, manifest.reference, manifest.id)
            notes = give_properties(server, manifest.reference, manifest.database)
            swap(server, live, aside, manifest.reference, manifest.database, disconnect=disconnect)
            end_of_runs(endpoint, manifest)
            delete(entry.folder.parent, entry.id)
            notes.append(f"backup {manifest.id} was that copy, so it is used up")
        else:
            with (
                server_errors(f"The backup was not restored, and database {live} is as it was"),
                beside(server, manifest.database) as name,
            ):
                notes = _fill(server, endpoint.to(name), entry, manifest, settings, tell)
                notes += give_properties(server, name, manifest.database)
                end_of_runs(endpoint.to(name), manifest)
                swap(server, live, aside, name, manifest.database, disconnect=disconnect)
        notes += _left(server)
    finally:
        server.release()
    return Restored(database=live, aside=aside, notes=tuple(notes))


def _left(server: Server) -> list[str]:
    """What nobody can tell to be ours for certain."""
    with suppress(Exception):  # what was asked for is done
        return [
            f"database {name} was made by a restore that was interrupted at once: drop it" for name in unmarked(server)
        ]
    return []


def _fill(
    server: Server,
    endpoint: Endpoint,
    entry: Entry,
    manifest: Manifest,
    settings: Settings,
    tell: Tell | None,
) -> list[str]:
    """Load the backup into the empty database, and see that every row is there. Returns notes."""
    import psycopg

    tool = restoring_tool(settings, manifest, server.major)
    jobs = settings.backup_jobs or min(os.cpu_count() or 1, _JOBS)

    def shown(seconds: float) -> None:
        if tell is not None:
            tell(size_of(server, endpoint.dbname), seconds)

    load(tool, endpoint, entry.folder, manifest, jobs=jobs, tell=shown)
    try:
        with endpoint.connect() as connection:
            return _checked(PsycopgSession(connection), server, manifest)
    except psycopg.Error as error:
        raise BackupError(
            f"backup {manifest.id} was not restored as it was taken: {str(error).strip().splitlines()[0]}"
        ) from error


def _checked(session: PsycopgSession, server: Server, manifest: Manifest) -> list[str]:
    """See that everything is there, and give the planner its statistics. Returns notes."""
    notes = []
    counts = row_counts(session, list(manifest.tables))
    wrong = [
        f"{name} has {counts[name]} rows instead of {table.rows}"
        for name, table in manifest.tables.items()
        if counts[name] != table.rows
    ]
    if wrong:
        raise BackupError(f"backup {manifest.id} was not restored as it was taken: {'; '.join(wrong[:_SHOWN])}")
    # A dump brings no statistics along, and without them the planner would be blind.
    session.execute("ANALYZE")
    if manifest.kind != AFFECTED and server.major == manifest.server_version // 10000:
        session.execute("BEGIN")
        structure = read_snapshot(session).structure_fingerprint
        session.execute("ROLLBACK")
        if structure != manifest.structure:
            notes.append(
                "the catalog's fingerprint is another than when the backup was taken; compare them if that matters"
            )
    return notes


def end_of_runs(endpoint: Endpoint, manifest: Manifest) -> None:
    """In the journal that was restored, the run that took the backup is still running: say what became of it."""
    with endpoint.connect() as connection:
        session = PsycopgSession(connection)
        if session.fetch("SELECT 1 WHERE pg_catalog.to_regclass('alembic_safety.backup') IS NOT NULL"):
            message = quote_literal(f"what this run did is gone: the database was restored from backup {manifest.id}")
            session.execute(
                "UPDATE alembic_safety.run SET finished = pg_catalog.clock_timestamp(), outcome = 'failed', "
                f"message = {message} WHERE finished IS NULL; "
                "UPDATE alembic_safety.backup SET finished = pg_catalog.clock_timestamp(), outcome = 'done', "
                f"bytes = {manifest.size}, reference = {quote_literal(manifest.reference)} WHERE finished IS NULL"
            )


def _refuse_sessions(server: Server, live: str) -> None:
    found = sessions_in(server, live)
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise BackupError(
            f"database {live} is in use ({'; '.join(found[:_SHOWN])}{more}): stop what uses it, or say --disconnect to end these sessions"
        )


def aside_name(live: str, what: str) -> str:
    """The name under which a replaced database is kept."""
    suffix = datetime.now(timezone.utc).strftime(f"_{what}_%Y%m%d%H%M%S")
    room = _NAME_BYTES - len(suffix)
    return live.encode()[:room].decode(errors="ignore") + suffix


def _require_name(name: str) -> None:
    if not name or "\0" in name or len(name.encode()) > _NAME_BYTES:
        raise BackupError(f"{name!r} can't be the name of a database: it needs 1 to {_NAME_BYTES} bytes")
