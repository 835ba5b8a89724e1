"""What is about to be done, and to which relations of the live database: what every check looks at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alembic_safety.guard.stored import chain_in
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.lock_modes import stronger
from alembic_safety.postgres.session import Session, SqlalchemySession
from alembic_safety.rehearsal.certificate import Status, read_certificate
from alembic_safety.rehearsal.closure import entries

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from sqlalchemy import Connection

    from alembic_safety.rehearsal.activity import Activity
    from alembic_safety.rehearsal.certificate import Certificate, Proof
    from alembic_safety.revisions.chain import Chain, Revision
    from alembic_safety.settings import Settings

#: Sizes wait for a lock like any reader; the last VACUUM's pages don't.
_SIZES = """
SELECT named.identity, c.oid::pg_catalog.int8, c.relkind::pg_catalog.text, {sizes}, greatest(c.reltuples, 0)::pg_catalog.int8
FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS named (identity)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(named.identity)
LEFT JOIN LATERAL (
  SELECT pg_catalog.sum({table}) AS heap, pg_catalog.sum({total}) AS total
  FROM pg_catalog.pg_partition_tree(c.oid) p JOIN pg_catalog.pg_class l ON l.oid = p.relid WHERE p.isleaf
) parts ON c.relkind = 'p'
"""
_EXACT = ("pg_catalog.pg_relation_size({0}.oid)", "pg_catalog.pg_total_relation_size({0}.oid)")
_BLOCK = "pg_catalog.current_setting('block_size')::pg_catalog.int8"
_PAGES = (
    "{0}.relpages::pg_catalog.int8 * " + _BLOCK,
    "({0}.relpages + coalesce((SELECT pg_catalog.sum(i.relpages) FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i "
    "ON i.oid = x.indexrelid WHERE x.indrelid = {0}.oid), 0))::pg_catalog.int8 * " + _BLOCK,
)


@dataclass(frozen=True, kw_only=True)
class Pending:
    """One revision that is to be run."""

    id: str
    title: str
    #: None where its file is not in the chain.
    revision: Revision | None
    status: Status
    #: Only where it is valid.
    certificate: Certificate | None
    #: What was seen on this major version of the server.
    proof: Proof | None
    #: What was seen on the nearest other one, where nothing was on this.
    elsewhere: Proof | None = None

    @property
    def seen(self) -> Proof | None:
        """What is known of its names and locks, which seldom differ from one major version to the next."""
        return self.proof or self.elsewhere

    @property
    def activity(self) -> tuple[Activity, ...] | None:
        """What its statements lock, rewrite and read; None where that is not known."""
        return self.seen.activity if self.seen is not None else None

    @cached_property
    def tables(self) -> frozenset[str]:
        """Every relation that it locks as a writer or changes the structure of, by identity, as far as its certificate tells."""
        found = {name for one in self.activity or () for name in one.locks}
        for (kind, identity), was, is_ in entries((self.seen.closure if self.seen is not None else None) or {}):
            if was != is_:
                found.add(identity if kind in {"table", "view", "materialized_view"} else container(identity))
        return frozenset(found)


def container(identity: str) -> str:
    """The identity that another one's begins with: ``public.t`` of ``public.t.id``."""
    quoted = False
    for position in range(len(identity) - 1, 0, -1):
        if identity[position] == '"':
            quoted = not quoted
        elif identity[position] == "." and not quoted:
            return identity[:position]
    return identity


def text_of(revision: Revision) -> str:
    """A revision's source, and that of its SQL files."""
    return revision.source + "".join(f.read_text(encoding="utf-8", errors="replace") for f in revision.sql_files)


def pending_of(
    chain: Chain | None,
    steps: Iterable[tuple[str, str]],
    major: int,
    rehearsed: Mapping[str, Certificate] = MappingProxyType({}),
) -> tuple[Pending, ...]:
    """What is known of revisions, in the order in which they will run.

    :param steps: identifier and title of each.
    :param major: of the server.
    :param rehearsed: certificates that were not written, in the place of those that are there.
    """
    found = []
    for identifier, title in steps:
        revision = chain.by_id.get(identifier) if chain is not None else None
        status, certificate = (Status.MISSING, None) if revision is None else read_certificate(revision)
        if identifier in rehearsed:
            status, certificate = Status.VALID, rehearsed[identifier]
        valid = certificate if status is Status.VALID else None
        proofs = valid.proofs if valid is not None else {}
        nearest = min(proofs, key=lambda known: abs(int(known) - major), default=None)
        found.append(
            Pending(
                id=identifier,
                title=title,
                revision=revision,
                status=status,
                certificate=valid,
                proof=proofs.get(str(major)),
                elsewhere=proofs[nearest] if nearest is not None else None,
            )
        )
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A live relation; of a partitioned table the sum over its partitions."""

    identity: str
    oid: int
    kind: str
    #: Bytes of its rows, and with indexes and TOAST.
    bytes: int
    total_bytes: int
    #: The planner's estimate.
    rows: int


@dataclass(frozen=True, kw_only=True)
class Target:
    """A database, and what is to be done to it."""

    session: Session
    settings: Settings
    pending: Sequence[Pending]
    is_upgrade: bool = True
    #: All revisions of the project; None where they cannot be read.
    chain: Chain | None = None
    #: As SQL writes it.
    version_table: str = "alembic_version"
    #: Path of the server's unix socket, where the connection goes through one.
    socket: str | None = None
    _found: dict[str, Relation] = field(default_factory=dict)

    @cached_property
    def locks(self) -> Mapping[str, str]:
        """The strongest lock that will be taken on each relation that is there; what is not known counts as the strongest."""
        wanted: dict[str, str] = {}
        for one in self.pending:
            known = one.activity if self.is_upgrade else None
            if known is None:
                wanted.update(dict.fromkeys(one.tables, "AccessExclusiveLock"))
            for activity in known or ():
                for name, mode in activity.locks.items():
                    wanted[name] = stronger(mode, wanted.get(name, ""))
        return {name: mode for name, mode in sorted(wanted.items()) if name in self.relations(wanted)}

    def relations(self, names: Collection[str]) -> Mapping[str, Relation]:
        """Those of these relations that are there, by identity."""
        missing = [name for name in names if name not in self._found]
        if missing:
            self._read(missing)
        return {name: self._found[name] for name in names if name in self._found and self._found[name].oid}

    def _read(self, names: Sequence[str]) -> None:
        array = "ARRAY[" + ", ".join(quote_literal(name) for name in names) + "]"
        for name in names:
            self._found[name] = Relation(identity=name, oid=0, kind="", bytes=0, total_bytes=0, rows=0)
        self.session.execute("SAVEPOINT alembic_safety_sizes; SET LOCAL lock_timeout = '200ms'")
        try:
            rows = self.session.fetch(_sizes(_EXACT, array))
        except Exception:  # noqa: BLE001 - somebody holds one of them
            self.session.execute("ROLLBACK TO SAVEPOINT alembic_safety_sizes")
            rows = self.session.fetch(_sizes(_PAGES, array))
        self.session.execute("ROLLBACK TO SAVEPOINT alembic_safety_sizes; RELEASE SAVEPOINT alembic_safety_sizes")
        for identity, oid, kind, heap, total, count in rows:
            self._found[str(identity)] = Relation(
                identity=str(identity),
                oid=int(oid),
                kind=str(kind),
                bytes=int(heap or 0),
                total_bytes=int(total or 0),
                rows=int(count),
            )


def target_of(
    migration: MigrationContext,
    settings: Settings,
    steps: Iterable[RevisionStep],
    *,
    is_upgrade: bool,
    rehearsed: Mapping[str, Certificate] = MappingProxyType({}),
) -> Target:
    """What a command is about to do to the database of its connection."""
    connection = migration.connection
    assert connection is not None
    session = SqlalchemySession(connection)
    major = int(session.fetch("SHOW server_version_num")[0][0]) // 10000
    names = [(step.revision.revision, step.revision.doc or "") for step in steps]
    return Target(
        session=session,
        settings=settings,
        pending=pending_of(chain_in(migration), names, major, rehearsed),
        is_upgrade=is_upgrade,
        chain=chain_in(migration),
        version_table=qualified(migration.version_table_schema, migration.version_table),
        socket=socket_of(connection),
    )


def socket_of(connection: Connection) -> str | None:
    """Path of the unix socket that a connection goes through; None over TCP, and where the driver does not tell."""
    raw: Any = connection.connection.driver_connection
    info = getattr(raw, "info", None)
    if info is not None:
        host, port = str(info.host or ""), info.port
        return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else None
    address = getattr(raw, "_addr", None)  # asyncpg
    return address if isinstance(address, str) else None


def _sizes(expressions: tuple[str, str], names: str) -> str:
    table, total = expressions
    sizes = f"coalesce(parts.heap, {table.format('c')}, 0), coalesce(parts.total, {total.format('c')}, 0)"
    return _SIZES.format(names=names, sizes=sizes, table=table.format("l"), total=total.format("l"))
