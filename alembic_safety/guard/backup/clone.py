"""``backup = clone``: a copy of the whole database beside it, made by the server while nobody is connected.

Giving it back is two renames. The copy lets nobody in, so that it stays what it was.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError, OwnershipError
from alembic_safety.guard.backup import folder as folders
from alembic_safety.guard.backup.lockout import Lockout
from alembic_safety.guard.backup.manifest import MAGIC, Manifest, write_manifest
from alembic_safety.postgres.beside import comment_statement, exists, give_properties, server_of, sessions_in
from alembic_safety.postgres.contents import database_properties
from alembic_safety.postgres.databases import PREFIX, server_errors
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.postgres.session import PsycopgSession

if TYPE_CHECKING:
    from alembic_safety.guard.backup.take import Where
    from alembic_safety.postgres.server import Server

#: From this size on copying files is cheaper than writing every block to the WAL.
_BIG = 100 << 20
#: Seconds for sessions that are ending to be gone.
_PATIENCE = 5.0
_SHOWN = 3


def take_clone(identifier: str, where: Where, base: Path) -> tuple[Manifest, Lockout]:
    """Copy the database. Every connection of ours to it must be closed.

    :raises BackupError: somebody is connected, or we may not make databases; nothing is left.
    """
    started = time.monotonic()
    live = where.endpoint.dbname
    name = f"{PREFIX}backup_{identifier[:16]}_{identifier[-6:]}".lower()
    server = server_of(where.endpoint)
    try:
        with folders.being_made(base, identifier) as folder:
            _wait_until_alone(server, live)
            lockout = Lockout.begin(server, live)
            properties = database_properties(PsycopgSession(server.maintenance()), live)
            _copy(server, live, name, identifier)
            try:
                manifest = Manifest(
                    id=identifier,
                    kind="clone",
                    made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                    server_version=server.version_num,
                    place=where.endpoint.place,
                    database=properties,
                    version_table=where.version_table,
                    heads=where.heads,
                    pending=where.pending,
                    reference=name,
                    seconds=round(time.monotonic() - started, 3),
                    verified="copied by the server",
                )
                write_manifest(folder, manifest)
            except BaseException:
                drop_clone(server, name, identifier)
                raise
        return manifest, lockout
    finally:
        server.release()


def _wait_until_alone(server: Server, live: str) -> None:
    ends = time.monotonic() + _PATIENCE
    while found := sessions_in(server, live):
        if time.monotonic() > ends:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise BackupError(
                f"backup = clone needs database {live} for itself, and others are connected ({'; '.join(found[:_SHOWN])}{more}): "
                "stop what uses it, or take backup = full"
            )
        time.sleep(0.05)


def _copy(server: Server, live: str, name: str, identifier: str) -> None:
    connection = server.maintenance()
    with server_errors(f"The database {live} could not be copied"):
        row = connection.execute("SELECT pg_catalog.pg_database_size(%s)", [live]).fetchone()
        is_big = row is not None and row[0] >= _BIG
        strategy = f" STRATEGY {'file_copy' if is_big else 'wal_log'}" if server.major >= 15 else ""
        if server.major >= 18 and is_big:
            # Shares blocks on the file systems that can, and copies as ever on the others.
            connection.execute("SET file_copy_method = clone")
        connection.execute(f"CREATE DATABASE {quote_ident(name)} TEMPLATE {quote_ident(live)}{strategy}", prepare=False)
        connection.execute(
            f"COMMENT ON DATABASE {quote_ident(name)} IS {quote_literal(_marker(identifier))}", prepare=False
        )
        connection.execute(f"ALTER DATABASE {quote_ident(name)} ALLOW_CONNECTIONS false", prepare=False)


def require_clone(server: Server, name: str, identifier: str) -> None:
    """Make sure that a database is the copy that a backup made.

    :raises OwnershipError: it is not, or is gone.
    """
    row = (
        server.maintenance()
        .execute("SELECT shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = %s", [name])
        .fetchone()
    )
    if row is None:
        raise OwnershipError(f"the database {name}, which is backup {identifier}, is gone")
    if not name.startswith(PREFIX) or row[0] != _marker(identifier):
        raise OwnershipError(f"the database {name} doesn't carry the marker of backup {identifier}: it is left alone")


def copy_of_clone(server: Server, manifest: Manifest, into: str) -> list[str]:
    """Copy the copy to a new database. Returns what could not be given to it. Raises ServerError."""
    require_clone(server, manifest.reference, manifest.id)
    with server_errors(f"The database {into} could not be created"):
        server.maintenance().execute(
            f"CREATE DATABASE {quote_ident(into)} TEMPLATE {quote_ident(manifest.reference)}", prepare=False
        )
        server.maintenance().execute(comment_statement(into, manifest.database), prepare=False)
    return give_properties(server, into, manifest.database)


def drop_clone(server: Server, name: str, identifier: str) -> None:
    """Drop a copy. Raises OwnershipError where it is not provably that of this backup; fine where it is gone."""
    if not exists(server, name):
        return
    require_clone(server, name, identifier)
    with server_errors(f"The database {name} could not be dropped"):
        server.maintenance().execute(f"DROP DATABASE {quote_ident(name)}", prepare=False)


def _marker(identifier: str) -> str:
    return f"{MAGIC} {identifier}"
