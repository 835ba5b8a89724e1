"""How the project reaches its database, told by a connection that it made: for our own connections and for client programs.

A password is asked of the driver, so whatever produced it (a URL, a creator, an IAM token, a password file) is honoured. It
stays in memory: ``repr`` hides it, and ``clienttools`` hands it on by a private file.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import ServerError
from alembic_safety.postgres.clienttools import VARIABLES

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy

_APPLICATION = "alembic-safety backup"
#: Where the connection led in the end says more than what it was chosen by.
_CHOSEN = frozenset({"service", "hostaddr", "target_session_attrs", "load_balance_hosts", "application_name"})


@dataclass(frozen=True)
class Endpoint:
    """One database of one server, with all that is needed to connect to it."""

    #: libpq's parameters, the password among them.
    parameters: Mapping[str, str] = field(repr=False)
    #: Whether a pooler stands between, which gives its sessions to others: what is set in one stays in it.
    is_shared: bool = False

    @property
    def dbname(self) -> str:
        """The database."""
        return self.parameters.get("dbname", "")

    @property
    def place(self) -> str:
        """``host:port`` or the folder of the socket, for people."""
        host = self.parameters.get("host", "localhost")
        return host if host.startswith("/") else f"{host}:{self.parameters.get('port', '5432')}"

    def to(self, dbname: str) -> Endpoint:
        """Another database of the same server."""
        return replace(self, parameters={**self.parameters, "dbname": dbname})

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection[Any]:
        """A new connection; raises ServerError with what the server says."""
        import psycopg

        try:
            connection = psycopg.connect(
                autocommit=autocommit,
                prepare_threshold=None,
                **{"application_name": _APPLICATION, **self.parameters},  # type: ignore[arg-type]
            )
        except psycopg.OperationalError as error:
            raise ServerError(
                f"no connection to database {self.dbname} at {self.place}: {str(error).strip()}"
            ) from error
        if self.is_shared:
            return connection
        # A session that waits for a client program is no session to be ended.
        connection.execute(
            "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET lock_timeout = 0"
        )
        if connection.info.server_version >= 140000:
            connection.execute("SET idle_session_timeout = 0")
        if connection.info.server_version >= 170000:
            connection.execute("SET transaction_timeout = 0")
        if not autocommit:
            connection.commit()
        return connection


def endpoint_of(connection: sqlalchemy.Connection) -> Endpoint:
    """How a connection of the project's engine was made.

    :raises ServerError: its driver doesn't tell.
    """
    raw: Any = connection.connection.driver_connection
    info = getattr(raw, "info", None)
    if info is not None and hasattr(info, "get_parameters"):  # psycopg
        return of_libpq(info, info.get_parameters())
    if info is not None and hasattr(info, "dsn_parameters"):  # psycopg2
        return of_libpq(info, info.dsn_parameters)
    if hasattr(raw, "get_server_pid") and hasattr(raw, "_addr"):  # asyncpg
        return Endpoint(_of_asyncpg(raw))
    raise ServerError(
        f"the driver {connection.dialect.driver} doesn't tell how it connected, so pg_dump can't be told either: "
        "use psycopg, psycopg2 or asyncpg, or a backup_command of your own"
    )


def of_libpq(info: Any, given: Mapping[str, str]) -> Endpoint:
    """By the ``info`` of a connection of psycopg or psycopg2, and the parameters that it was given."""
    found = {name: str(value) for name, value in given.items() if name in VARIABLES and name not in _CHOSEN}
    # Of several hosts the one that answered counts.
    found |= {"host": str(info.host or ""), "port": str(info.port), "user": str(info.user), "dbname": str(info.dbname)}
    if info.password:
        found["password"] = str(info.password)
    return Endpoint({name: value for name, value in found.items() if value})


def _of_asyncpg(raw: Any) -> dict[str, str]:
    """The driver keeps what it connected by in attributes of its own."""
    address, params = raw._addr, raw._params  # noqa: SLF001
    if isinstance(address, str):
        socket = PurePosixPath(address)
        host, port = str(socket.parent), socket.name.rpartition(".")[2]
    else:
        host, port = str(address[0]), str(address[1])
    found = {"host": host, "port": port, "user": str(params.user), "dbname": str(params.database or params.user)}
    if isinstance(params.password, str) and params.password:
        found["password"] = params.password
    context = getattr(params, "ssl", None)
    if isinstance(context, ssl.SSLContext):
        # Never less than what the project demands of the server's certificate.
        checked = context.verify_mode is ssl.CERT_REQUIRED
        found["sslmode"] = "verify-full" if context.check_hostname else "verify-ca" if checked else "require"
    return found
