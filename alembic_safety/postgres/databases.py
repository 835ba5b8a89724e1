"""Scratch databases: made, cloned, renamed and dropped. Nothing without our marker is ever dropped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import OwnershipError, ServerError
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.postgres.ownership import Owner, owner_in

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy

    from alembic_safety.postgres.server import Server

PREFIX = "alembic_safety_"

_BIG = 100 << 20
"""From this size on copying files is cheaper than writing every block to the WAL."""


@dataclass(frozen=True)
class Database:
    """A scratch database on a server."""

    name: str
    server: Server = field(repr=False, compare=False)

    @property
    def url(self) -> sqlalchemy.URL:
        """Its SQLAlchemy URL, for psycopg 3."""
        return self.server.url(self.name)

    @property
    def conninfo(self) -> str:
        """Its libpq connection string."""
        return self.server.conninfo(self.name)

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A new psycopg connection to it; raises ServerError."""
        return self.server.connect(self.name, autocommit=autocommit)


def create(server: Server, name: str, template: Database | None) -> Database:
    """Create the scratch database ``name``, and mark it; see :meth:`Server.create_database`."""
    with server_errors(f"The scratch database {name} could not be created"):
        connection = server.maintenance()
        if template is None:
            # Not template1: a site may have put things there, and any session in it would be in our way.
            source, options = "template0", " ENCODING 'UTF8'" + ("" if server.is_ours else _locale_for_utf8(connection))
            size = 0
        else:
            check_ours(server, template.name)
            end_sessions(server, template.name)
            source, options = template.name, ""
            row = connection.execute("SELECT pg_database_size(%s)", [template.name]).fetchone()
            size = row[0] if row else 0
        options += _strategy(server, size)
        if server.major >= 18 and size >= _BIG:
            # Shares blocks on the file systems that can, and copies as ever on the others.
            _run(connection, "SET file_copy_method = clone")
        _run(connection, f"CREATE DATABASE {quote_ident(name)} TEMPLATE {quote_ident(source)}{options}")
        try:
            _mark(connection, name, server.owner)
        except BaseException:
            _run(connection, f"DROP DATABASE {quote_ident(name)}")  # made by the statement before, by nobody else
            raise
    return Database(name, server)


def _strategy(server: Server, size: int) -> str:
    """How to copy: file by file where nothing is synced or there is much to copy, else through the WAL."""
    if server.major < 15:
        return ""
    return f" STRATEGY {'file_copy' if server.is_ours or size >= _BIG else 'wal_log'}"


def _locale_for_utf8(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template0'"
    ).fetchone()
    # A locale of another encoding can't hold UTF8; "C" can hold any.
    return "" if row is not None and row[0] == "UTF8" else " LOCALE 'C'"


def drop(server: Server, name: str) -> None:
    """Drop the database ``name`` if it exists. Raises OwnershipError if it isn't ours."""
    with server_errors(f"The scratch database {name} could not be dropped"):
        if not check_ours(server, name):
            return
        connection = server.maintenance()
        force = " WITH (FORCE)" if server.is_ours else ""
        if not server.is_ours:
            end_sessions(server, name)
        _run(connection, f"DROP DATABASE IF EXISTS {quote_ident(name)}{force}")


def replace(server: Server, name: str, saved: str) -> None:
    """Drop ``name`` and rename ``saved`` to it. Raises OwnershipError unless both are ours."""
    if not check_ours(server, saved):
        raise ServerError(f"There is no database {saved} to put in the place of {name}")
    end_sessions(server, saved)
    drop(server, name)
    with server_errors(f"The scratch database {saved} could not be renamed to {name}"):
        _run(server.maintenance(), f"ALTER DATABASE {quote_ident(saved)} RENAME TO {quote_ident(name)}")


def check_ours(server: Server, name: str) -> bool:
    """True when the database is ours to drop, False when it doesn't exist. Raises OwnershipError when it is another's.

    Ours is what carries this run's marker, or that of a run of this machine that is certainly dead.
    """
    row = (
        server.maintenance()
        .execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
        .fetchone()
    )
    if row is None:
        return False
    owner = owner_in(row[0])
    if not name.startswith(PREFIX) or owner is None:
        raise OwnershipError(f"The database {name} doesn't carry our marker: it is left alone")
    if owner.token != server.owner.token and not owner.is_certainly_dead():
        raise OwnershipError(f"The database {name} belongs to another run (process {owner.pid}): it is left alone")
    return True


def adopt(server: Server, name: str) -> None:
    """Mark a database as this run's: one that it has just made, or one of a state on a server of ours, where every database is."""
    with server_errors(f"The database {name} could not be marked as ours"):
        _mark(server.maintenance(), name, server.owner)


def names_of(server: Server) -> list[str]:
    """The scratch databases that this run made and that are still there."""
    return [name for name, owner in _marked(server) if owner.token == server.owner.token]


def drop_all_of(server: Server) -> None:
    """Drop the scratch databases that this run made; nothing in a forked child, whose they aren't."""
    if os.getpid() != server.owner.pid:
        return
    for name in names_of(server):
        drop(server, name)


def sweep(server: Server) -> list[str]:
    """Drop the scratch databases that dead runs of this machine left; returns their names. What can't be dropped stays."""
    removed = []
    for name, owner in _marked(server):
        if owner.is_certainly_dead():
            try:
                drop(server, name)
            except ServerError:
                continue  # made by another role, or in use: not worth failing this run
            removed.append(name)
    return removed


def end_sessions(server: Server, name: str) -> None:
    """End the sessions in a scratch database: all on a server of ours, else those of the role that we are."""
    condition = "" if server.is_ours else " AND usename = current_user"
    query = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid(){condition}"
    server.maintenance().execute(query, [name])


def _marked(server: Server) -> Iterator[tuple[str, Owner]]:
    query = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE starts_with(datname, %s)"
    for name, text in server.maintenance().execute(query, [PREFIX]).fetchall():
        owner = owner_in(text)
        if owner is not None:
            yield name, owner


def _mark(connection: psycopg.Connection[Any], name: str, owner: Owner) -> None:
    _run(connection, f"COMMENT ON DATABASE {quote_ident(name)} IS {quote_literal(owner.to_text())}")


def _run(connection: psycopg.Connection[Any], sql: str) -> None:
    connection.execute(sql, prepare=False)


@contextmanager
def server_errors(what: str) -> Iterator[None]:
    """Turn what the driver raises into ServerErrors that begin with ``what``."""
    import psycopg

    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServerError(f"{what}: {str(error).strip()}; the role needs CREATEDB") from error
    except psycopg.Error as error:
        raise ServerError(f"{what}: {str(error).strip()}") from error
