"""The server that a run rehearses on: one of our own for the time of a ``with`` block, or one that the user names."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import ServerError, UsageError
from alembic_safety.postgres import databases, extensions, roles, states, sweep
from alembic_safety.postgres.binaries import Binaries, find_binaries
from alembic_safety.postgres.cluster import Cluster
from alembic_safety.postgres.databases import Database
from alembic_safety.postgres.ownership import Owner, new_owner

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy

OLDEST = 140000
"""The oldest server that is supported, as PostgreSQL numbers its versions."""


class Terminated(SystemExit):
    """The process was told to end by a signal; unlike a SystemExit that some migration raises."""


class Server:
    """A running PostgreSQL server on which scratch databases may be made. Made by :func:`throwaway_server`."""

    def __init__(self, url: sqlalchemy.URL, owner: Owner, cluster: Cluster | None = None) -> None:
        self._url = url
        self.owner = owner
        self.cluster = cluster
        self._maintenance: psycopg.Connection[Any] | None = None
        self._count = 0

    def __repr__(self) -> str:
        return f"<Server {self.version_num} {'of ours ' if self.is_ours else ''}at {self._url.render_as_string()}>"

    # ── what it is ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_ours(self) -> bool:
        """Whether we started this server; only then are roles created on it, or anything besides scratch databases."""
        return self.cluster is not None

    @cached_property
    def version_num(self) -> int:
        """The version as PostgreSQL numbers it: 150018 for 15.18."""
        return self.maintenance().info.server_version

    @property
    def major(self) -> int:
        """The major version: 14 to 18."""
        return self.version_num // 10000

    @property
    def version(self) -> str:
        """The version as people write it: ``15.18``."""
        return f"{self.major}.{self.version_num % 10000}"

    @property
    def binaries(self) -> Binaries | None:
        """The programs that a server of ours runs from; None for a server that the user names."""
        return self.cluster.binaries if self.cluster is not None else None

    @property
    def origin(self) -> str:
        """Where the server comes from, for people."""
        return str(self.cluster.binaries) if self.cluster is not None else self._url.render_as_string()

    @cached_property
    def stand_ins(self) -> tuple[str, ...]:
        """Extensions that this server lacks and that we offer stand-ins of our own writing for, by name."""
        return extensions.stand_ins(self)

    # ── connecting ──────────────────────────────────────────────────────────────────────────────────────────────────

    def url(self, dbname: str = "postgres") -> sqlalchemy.URL:
        """The SQLAlchemy URL of a database here, for psycopg 3 (use ``set(drivername=…)`` for another driver)."""
        return self._url.set(database=dbname)

    def parameters(self, dbname: str = "postgres") -> dict[str, str]:
        """What libpq needs to connect: ``host``, ``port``, ``user``, ``password``, … without those not set."""
        url = self.url(dbname)
        named = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, "dbname": dbname}
        query = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
        return {name: str(value) for name, value in named.items() if value is not None} | query

    def conninfo(self, dbname: str = "postgres") -> str:
        """The same as a libpq connection string, password included."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(**self.parameters(dbname))

    def connect(self, dbname: str = "postgres", *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A new psycopg connection. Raises ServerError when the server doesn't let us in."""
        import psycopg

        try:
            return psycopg.connect(
                autocommit=autocommit,
                **{"application_name": "alembic-safety", **self.parameters(dbname)},  # type: ignore[arg-type]
            )
        except psycopg.OperationalError as error:
            log = self.cluster.log_tail() if self.cluster is not None and not self.cluster.is_running else ""
            raise ServerError(f"No connection to {self.origin}: {str(error).strip()}", log=log) from error

    def maintenance(self) -> psycopg.Connection[Any]:
        """Our own autocommit connection, from which databases are made and dropped; reconnects when it was lost."""
        if self._maintenance is None or self._maintenance.closed:
            self._maintenance = self.connect(self._url.database or "postgres", autocommit=True)
        return self._maintenance

    # ── scratch databases ───────────────────────────────────────────────────────────────────────────────────────────

    def create_database(self, template: Database | None = None) -> Database:
        """A new scratch database, marked as ours; a copy of ``template`` if given (whose sessions are ended for it).

        Raises ServerError.
        """
        self._count += 1
        return databases.create(self, f"{databases.PREFIX}{self.owner.token}_{self._count}", template)

    def drop_database(self, database: Database) -> None:
        """Drop a scratch database. Raises OwnershipError if it doesn't carry our marker; fine if it is gone already."""
        databases.drop(self, database.name)

    def replace_database(self, database: Database, saved: Database) -> None:
        """Drop ``database`` and give its name to ``saved``: the state that was cloned before comes back in milliseconds."""
        databases.replace(self, database.name, saved.name)

    # ── states and roles of our own servers ─────────────────────────────────────────────────────────────────────────

    def save_state(self, key: str, database: Database) -> None:
        """Keep the whole server's data, as the state in which ``database`` is, for later runs. Ends all connections.

        ``key`` names the state (the caller puts in it all that the state depends on; the programs are added here). Raises
        ServerError on a server that isn't ours.
        """
        self.release()
        states.save(self._own_cluster("save a state"), key, database.name)

    def has_state(self, key: str) -> bool:
        """Whether a state was saved under ``key`` for a server like this one."""
        return self.cluster is not None and states.find(self.cluster, key) is not None

    def start_from_state(self, key: str) -> Database | None:
        """Replace the server's data by a saved state, and return its database; None if there is no such state.

        Ends all connections; every scratch database made before is gone.
        """
        cluster = self._own_cluster("start from a state")
        if states.find(cluster, key) is None:
            return None
        self.release()
        name = states.restore(cluster, key)
        if name is None:
            return None
        databases.adopt(self, name)
        return Database(name, self)

    def ensure_roles(self, names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
        """Create the roles that don't exist yet as stand-ins (no login, no rights), and return those that were created.

        Raises OwnershipError on a server that isn't ours.
        """
        return roles.ensure(self, names)

    def _own_cluster(self, act: str) -> Cluster:
        if self.cluster is None:
            raise ServerError(f"Only a server of our own can {act}, not {self.origin}")
        return self.cluster

    def release(self) -> None:
        """Close our own connection; the next use opens another."""
        if self._maintenance is not None:
            self._maintenance.close()
            self._maintenance = None


@contextlib.contextmanager
def throwaway_server(
    *,
    url: str | None = None,
    pg_bin: Path | None = None,
    pg_version: str | None = None,
    keep: bool = False,
    state: str | None = None,
    settings: Mapping[str, str] | None = None,
    room: int = 0,
    tell: Callable[[str], None] = print,
) -> Iterator[Server]:
    """A server for the time of the block: the one at ``url``, else one of our own that is gone afterwards.

    ``state`` starts from that saved state where it exists (see :meth:`Server.save_state`); ``settings`` adds to the configuration of
    a server of ours, which lies in memory where ``room`` bytes are free there; ``keep`` leaves the server and its databases, and ``tell``s how to connect and how to stop it. Raises
    ServerError when there is no server to be had, UsageError for a URL that isn't PostgreSQL's.
    """
    if url is not None:
        with _named_server(url, keep, tell) as named:
            yield named
        return
    binaries = find_binaries(pg_bin=pg_bin, pg_version=pg_version)
    sweep.sweep_folders()
    with _signals_raise():
        owner = new_owner()
        cluster = Cluster(binaries, owner, settings=settings, room=room)
        server: Server | None = None
        try:
            if state is None or not states.fill(cluster, state):
                cluster.fill()
            cluster.start()
            server = Server(_own_url(cluster), owner, cluster)
            yield server
        finally:
            if server is not None:
                server.release()
            if keep and server is not None:
                cluster.keep()
                tell(
                    f"The server is kept: connect with {_connect_command(server)} and stop it with {cluster.how_to_stop()}"
                )
            else:
                cluster.remove()


@contextlib.contextmanager
def _named_server(url: str, keep: bool, tell: Callable[[str], None]) -> Iterator[Server]:
    parsed = parse_url(url)
    with _signals_raise():
        server = Server(parsed, new_owner())
        try:
            if server.version_num < OLDEST:
                raise ServerError(
                    f"The server at {server.origin} is PostgreSQL {server.version}, but 14 is the oldest supported"
                )
            databases.sweep(server)
            yield server
        finally:
            try:
                if not keep:
                    databases.drop_all_of(server)
                elif names := databases.names_of(server):
                    tell(f"Kept on {server.origin}: {', '.join(names)}; drop them with DROP DATABASE")
            finally:
                server.release()


def parse_url(url: str) -> sqlalchemy.URL:
    """A server's address as a psycopg URL of SQLAlchemy, from a URL or a libpq connection string. Raises UsageError."""
    import psycopg
    import sqlalchemy
    from psycopg.conninfo import conninfo_to_dict

    try:
        if "://" not in url:
            named = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
            return sqlalchemy.URL.create(
                "postgresql+psycopg",
                username=named.pop("user", None),
                password=named.pop("password", None),
                database=named.pop("dbname", None),
                query=named,
            )
        scheme, _, rest = url.partition("://")
        if scheme.partition("+")[0] not in ("postgresql", "postgres"):
            raise UsageError(
                f"--server {scheme}://…: only PostgreSQL can be rehearsed on (postgresql://user@host/database)"
            )
        return sqlalchemy.make_url(f"postgresql+psycopg://{rest}")
    except (psycopg.ProgrammingError, sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise UsageError("--server: that is neither a PostgreSQL URL nor a libpq connection string") from error


def _own_url(cluster: Cluster) -> sqlalchemy.URL:
    import sqlalchemy

    return sqlalchemy.URL.create(
        "postgresql+psycopg",
        username=cluster.user,
        password=cluster.password,
        database="postgres",
        query={"host": cluster.host, "port": str(cluster.port)},
    )


def _connect_command(server: Server) -> str:
    url = server.url().set(drivername="postgresql")
    return f'psql "{url.render_as_string(hide_password=False)}"'


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    """Within the block the signals that would end us at once raise Terminated, so that servers are stopped on the way out.

    Only where nobody else handles them, and only in the main thread, where Python allows it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    maker = os.getpid()

    def leave(number: int, frame: object) -> None:
        if os.getpid() != maker:
            os._exit(128 + number)  # a forked child: as if we had never been there
        raise Terminated(128 + number)

    numbers = [signal.SIGTERM] if sys.platform == "win32" else [signal.SIGTERM, signal.SIGHUP]
    changed = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in changed:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)
