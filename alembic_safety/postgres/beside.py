"""A database beside another: made with the same properties, put in its place by two renames, or dropped again.

A rename waits until nobody is connected, and lets nobody in meanwhile; both renames are one transaction. So at every moment
there is a whole database under the name, and the old one is kept under another.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import ServerError
from alembic_safety.postgres import databases
from alembic_safety.postgres.endpoint import Endpoint
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.postgres.ownership import new_owner
from alembic_safety.postgres.server import Server

if TYPE_CHECKING:
    import psycopg

#: Databases that are always there, to be connected to while another is renamed.
_MAINTENANCE = ("postgres", "template1")
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
_LONGEST = 60


def server_of(endpoint: Endpoint) -> Server:
    """The server of a database, reached through another database of it.

    :raises ServerError: none lets us in.
    """
    import sqlalchemy

    problem: ServerError | None = None
    for name in _MAINTENANCE:
        if name == endpoint.dbname:
            continue
        rest = {k: v for k, v in endpoint.parameters.items() if k not in ("user", "password", "dbname")}
        url = sqlalchemy.URL.create(
            "postgresql+psycopg",
            username=endpoint.parameters.get("user"),
            password=endpoint.parameters.get("password"),
            database=name,
            query=rest,
        )
        server = Server(url, new_owner())
        try:
            with databases.server_errors("The server went away"):
                server.maintenance().execute(
                    "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_session_timeout = 0"
                )
        except ServerError as error:
            problem = error
            continue
        return server
    assert problem is not None
    raise problem


@contextmanager
def beside(server: Server, properties: Mapping[str, Any], *, kind: str = "restore") -> Iterator[str]:
    """An empty database with a name of ours, for the time of the block; it stays where the block renames it.

    :param properties: as ``contents.database_properties`` tells them; encoding and locale are made so.
    :raises ServerError: it can't be created.
    """
    name = f"{databases.PREFIX}{kind}_{secrets.token_hex(6)}"
    databases.sweep(server)
    with databases.server_errors("The database to restore into could not be created"):
        _run(server, f"CREATE DATABASE {quote_ident(name)} TEMPLATE template0{_locale(server, properties)}")
        databases.adopt(server, name)
    try:
        yield name
    except BaseException:
        # What failed first is what to tell; a server that is gone is swept the next time.
        with suppress(Exception):
            _drop(server, name)
        raise
    _drop(server, name)


def _drop(server: Server, name: str) -> None:
    if exists(server, name):
        databases.end_sessions(server, name)
        databases.drop(server, name)


def unmarked(server: Server, *, kind: str = "restore") -> list[str]:
    """Databases with names of ours and without our marker: whoever made them was interrupted at that moment, or is about to write it."""
    rows = server.maintenance().execute(
        "SELECT datname FROM pg_catalog.pg_database WHERE datname ~ %s AND pg_catalog.shobj_description(oid, 'pg_database') IS NULL",
        [f"^{databases.PREFIX}{kind}_[0-9a-f]{{12}}$"],
    )
    return [str(name) for (name,) in rows]


def _locale(server: Server, properties: Mapping[str, Any]) -> str:
    named = {"ENCODING": properties.get("encoding")}
    provider = properties.get("provider")
    named |= {"LC_COLLATE": properties.get("collate"), "LC_CTYPE": properties.get("ctype")}
    if server.major >= 15 and provider in _PROVIDERS:
        named["LOCALE_PROVIDER"] = _PROVIDERS[provider]
        if provider != "c":
            named["BUILTIN_LOCALE" if provider == "b" else "ICU_LOCALE"] = properties.get("locale")
        if server.major >= 16 and properties.get("icu_rules"):
            named["ICU_RULES"] = properties["icu_rules"]
    options = "".join(f" {name} {quote_literal(str(value))}" for name, value in named.items() if value)
    tablespace = properties.get("tablespace")
    # The one that it gets anyhow must not be named: that asks for a privilege.
    known = server.maintenance().execute(
        "SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = %s AND oid <> "
        "(SELECT dattablespace FROM pg_catalog.pg_database WHERE datname = 'template0')",
        [tablespace],
    )
    return options + (f" TABLESPACE {quote_ident(tablespace)}" if tablespace and known.fetchall() else "")


def exists(server: Server, name: str) -> bool:
    """Whether there is a database of that name."""
    return bool(
        server.maintenance().execute("SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", [name]).fetchall()
    )


def sessions_in(server: Server, name: str) -> list[str]:
    """Who is connected to a database, a line each."""
    rows = server.maintenance().execute(
        "SELECT pid, coalesce(usename, backend_type), coalesce(application_name, ''), state "
        "FROM pg_catalog.pg_stat_activity WHERE datname = %s AND pid <> pg_catalog.pg_backend_pid() "
        "AND usesysid IS NOT NULL ORDER BY pid",  # autovacuum gives way by itself
        [name],
    )
    return [
        f"process {pid}, {who}" + (f", {what}" if what else "") + (f", {state}" if state else "")
        for pid, who, what, state in rows
    ]


def give_properties(server: Server, name: str, properties: Mapping[str, Any]) -> list[str]:
    """Owner, grants, settings and connection limit; what can't be given (a role that is not there) is returned as sentences."""
    statements = []
    database = quote_ident(name)
    troubles: list[str] = []
    connection = server.maintenance()
    owner = properties.get("owner")
    if owner:
        statements.append(f"ALTER DATABASE {database} OWNER TO {quote_ident(owner)}")
    limit = properties.get("connection_limit")
    if limit is not None and int(limit) >= 0:
        statements.append(f"ALTER DATABASE {database} CONNECTION LIMIT {int(limit)}")
    for statement in statements:
        _attempt(connection, [statement], troubles)
    if properties.get("acl") is not None:
        _attempt(connection, _grants(connection, database, owner, properties["acl"], troubles), troubles)
    for role, config in properties.get("settings") or ():
        for setting in config:
            key, _, value = setting.partition("=")
            whose = f"ALTER ROLE {quote_ident(role)} IN DATABASE {database}" if role else f"ALTER DATABASE {database}"
            # FROM CURRENT stores the value as it is, whatever its own rules of quoting are.
            setter = f"SELECT pg_catalog.set_config({quote_literal(key)}, {quote_literal(value)}, true)"
            _attempt(
                connection, [setter, f"{whose} SET {'.'.join(map(quote_ident, key.split('.')))} FROM CURRENT"], troubles
            )
    return troubles


def comment_statement(name: str, properties: Mapping[str, Any]) -> str:
    """SQL for the comment, in the place of a marker of ours."""
    comment = properties.get("comment")
    text = quote_literal(comment) if comment else "NULL"
    return f"COMMENT ON DATABASE {quote_ident(name)} IS {text}"


def _grants(
    connection: psycopg.Connection[Any], database: str, owner: str | None, acl: list[str], troubles: list[str]
) -> list[str]:
    import psycopg

    try:
        rows = connection.execute(
            "SELECT CASE grantee WHEN 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(grantee) END, privilege_type, is_grantable "
            "FROM pg_catalog.aclexplode(%s::pg_catalog.aclitem[])",
            [acl],
        ).fetchall()
    except psycopg.Error as error:
        troubles.append(str(error).strip().splitlines()[0])
        return []
    result = [f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"]
    result += [f"REVOKE ALL ON DATABASE {database} FROM {quote_ident(owner)}"] if owner else []
    for grantee, privilege, grantable in rows:
        to = "PUBLIC" if grantee is None else quote_ident(grantee)
        result.append(f"GRANT {privilege} ON DATABASE {database} TO {to}{' WITH GRANT OPTION' if grantable else ''}")
    return result


def _attempt(connection: psycopg.Connection[Any], statements: list[str], troubles: list[str]) -> None:
    import psycopg

    try:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement, prepare=False)
    except psycopg.Error as error:
        troubles.append(str(error).strip().splitlines()[0])


def publish(server: Server, name: str, to: str, properties: Mapping[str, Any]) -> None:
    """Give a database of ours its final name, and its comment in the place of our marker. Raises ServerError."""
    databases.check_ours(server, name)
    with (
        databases.server_errors(f"The database {name} could not be renamed to {to}"),
        server.maintenance().transaction(),
    ):
        _run(server, f"ALTER DATABASE {quote_ident(name)} RENAME TO {quote_ident(to)}")
        _run(server, comment_statement(to, properties))


def size_of(server: Server, name: str) -> int:
    """Bytes of a database on disk."""
    return int(server.maintenance().execute("SELECT pg_catalog.pg_database_size(%s)", [name]).fetchone()[0])  # type: ignore[index]


def swap(
    server: Server,
    live: str,
    aside: str,
    replacement: str,
    properties: Mapping[str, Any],
    *,
    disconnect: bool = False,
    check: Callable[[], None] | None = None,
) -> None:
    """Put ``replacement`` in the place of ``live``, which is kept as ``aside``: both at once, or nothing.

    :param properties: for the comment, which takes the place of our marker.
    :param disconnect: end the sessions of others in the two, where we may; else they are waited for, up to five seconds.
    :param check: called when nobody is connected any more, and nobody gets in; what it raises leaves everything as it was.
    :raises ServerError: somebody stays connected, or we may not rename; everything is as before.
    """
    try:
        with (
            _ending_sessions(server, [live, replacement]) if disconnect else nullcontext(),
            databases.server_errors(f"The database {live} could not be replaced, and is as it was"),
            server.maintenance().transaction(),
        ):
            _run(server, f"ALTER DATABASE {quote_ident(live)} RENAME TO {quote_ident(aside)}")
            if check is not None:
                check()
            _run(server, f"ALTER DATABASE {quote_ident(replacement)} RENAME TO {quote_ident(live)}")
            _run(server, f"ALTER DATABASE {quote_ident(live)} ALLOW_CONNECTIONS true")
            _run(server, comment_statement(live, properties))
    except ServerError as error:
        if not _is_done(server, live, aside, error):
            raise


def _is_done(server: Server, live: str, aside: str, error: ServerError) -> bool:
    """Whether the renames are committed all the same: the connection can be lost after that, and before anybody is told."""
    import psycopg

    try:
        return exists(server, aside)
    except (ServerError, psycopg.Error):
        raise ServerError(
            f"The server went away while database {live} was replaced: if there is a database {aside} now, that is the one before, and "
            f"{live} is the restored one; else {live} is as it was"
        ) from error


@contextmanager
def _ending_sessions(server: Server, names: list[str]) -> Iterator[None]:
    """End sessions, for as long as the block waits for them to be gone: no new ones get in meanwhile."""
    import psycopg

    stop = threading.Event()
    other = server.connect(_other(server), autocommit=True)

    def work() -> None:
        # Where its own session was ended, the rename is no longer helped, and says so itself.
        with suppress(psycopg.Error), other:
            while not stop.is_set():
                found = other.execute(
                    "SELECT pid FROM pg_catalog.pg_stat_activity "
                    "WHERE datname = ANY (%s) AND pid <> pg_catalog.pg_backend_pid() AND usesysid IS NOT NULL",
                    [names],
                )
                for row in found.fetchall():
                    with suppress(psycopg.Error):  # one that we may not end stays, and the rename fails
                        other.execute("SELECT pg_catalog.pg_terminate_backend(%s)", row)
                stop.wait(0.1)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_LONGEST)


def _other(server: Server) -> str:
    return str(server.maintenance().info.dbname)


def _run(server: Server, sql: str) -> None:
    server.maintenance().execute(sql, prepare=False)
