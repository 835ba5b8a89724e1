"""What each statement of an upgrade locks, rewrites and reads in full, seen while it runs in the rehearsal.

Locks are held to the end of a transaction, so what is new after a statement is the statement's. Nothing is timed.
"""

# ruff: noqa: BLE001 - whatever keeps us from looking, the migration itself is not to blame

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import SourceError
from alembic_safety.model.catalog import Address
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.catalog import Call, kept_rows
from alembic_safety.postgres.lock_modes import rank, stronger
from alembic_safety.postgres.parser import parse
from alembic_safety.postgres.session import SENT, SqlalchemySession
from alembic_safety.revisions.lexer import Lexer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alembic_safety.model.snapshot import Snapshot

_KINDS = frozenset({"table", "materialized_view", "view", "foreign_table"})
_LONGEST = 400
_OURS = f"SELECT {own_schema.NAME}."
_WRITES = rank("RowExclusiveLock")
#: Statements that only read or write rows are noted up to this number; a data migration may have thousands of one kind.
_MOST_OF_ROWS = 100
_ROWS = ("INSERT ", "UPDATE ", "DELETE ", "MERGE ", "SELECT ", "WITH ", "COPY ")
_START = """
SELECT oid::pg_catalog.int8, pg_catalog.pg_relation_filenode(oid)::pg_catalog.int8,
       pg_catalog.pg_stat_get_xact_numscans(oid)::pg_catalog.int8
FROM pg_catalog.pg_class WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND oid >= 16384
"""
_LOOK = Call(
    "look",
    "",
    """
SELECT l.relation::pg_catalog.int8, l.mode, pg_catalog.pg_relation_filenode(l.relation)::pg_catalog.int8,
       pg_catalog.pg_stat_get_xact_numscans(l.relation)::pg_catalog.int8
FROM pg_catalog.pg_lock_status() l
WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.relation >= 16384
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
""",
)


#: What may take from the session what it keeps prepared.
_FORGETS = re.compile(r"\b(?:DEALLOCATE|DISCARD)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What one statement did to relations that were there before the revision."""

    #: The statement on one line, without comments and without the contents of strings.
    sql: str
    #: The strongest lock that it took newly, by identity of the relation.
    locks: Mapping[str, str]
    #: Relations whose rows it wrote into a new file.
    rewrites: tuple[str, ...] = ()
    #: Relations that it read from beginning to end.
    scans: tuple[str, ...] = ()
    #: Whether it ran in a transaction, so that its locks are held until that ends.
    in_transaction: bool = True

    def to_json(self) -> dict[str, Any]:
        """JSON values, without what is empty."""
        data: dict[str, Any] = {"sql": self.sql, "locks": dict(sorted(self.locks.items()))}
        data |= {k: list(v) for k, v in (("rewrites", self.rewrites), ("scans", self.scans)) if v}
        return data if self.in_transaction else {**data, "in_transaction": False}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Activity:
        """The inverse. Raises KeyError or TypeError where the data is of another form."""
        return cls(
            sql=str(data["sql"]),
            locks=dict(data["locks"]),
            rewrites=tuple(data.get("rewrites", ())),
            scans=tuple(data.get("scans", ())),
            in_transaction=bool(data.get("in_transaction", True)),
        )


class Activities:
    """Collects while the migration runs."""

    def __init__(
        self,
        connection: Connection,
        before: Snapshot,
        files: Mapping[int, int] | None = None,
        kept: set[str] | None = None,
    ) -> None:
        """``files`` of all tables in a new transaction that counts scans from zero; None: both are read. ``kept``: see ``kept_rows``."""
        self._kept = kept
        self._connection = connection
        self._session = SqlalchemySession(connection)
        self._before = before
        self._known: dict[int, str] = {}
        self._locks: dict[int, str] = {}
        self._before_files: Mapping[int, int] = files or {}
        self._files: dict[int, int] = {}
        #: The server counts on until it reports, so also what this session did before.
        self._scans: dict[int, int] = {}
        if files is None:
            start = self._session.fetch(_START)
            self._before_files = {int(oid): int(node) for oid, node, _ in start if node is not None}
            self._scans = {int(oid): int(count) for oid, _, count in start}
        self._looking = False
        self._found: list[Activity] = []
        self._of_rows = 0
        if files is None:
            self._see()

    @property
    def found(self) -> tuple[Activity, ...]:
        """What was seen, in order."""
        return tuple(self._found)

    def sent(self, sql: str) -> None:
        """A statement was done."""
        if self._looking:
            return
        if _FORGETS.search(sql):
            self._kept = None
        self._looking = True
        try:
            self._note(sql)
        except Exception:
            # The transaction is broken, or the connection is gone: what the migration does next says so itself.
            self._locks = {}
        finally:
            self._looking = False

    def _note(self, sql: str) -> None:
        in_transaction = not getattr(self._connection.connection.dbapi_connection, "autocommit", False)
        locks, files, scans = self._see()
        if not in_transaction:
            locks, scans = self._by_grammar(sql)
        if sql.startswith(_OURS):
            scans = set()  # what keeps rows reads them; the locks that it takes are news all the same
        rewrites = sorted(
            self._known[o] for o, node in files.items() if self._files.get(o, self._before_files.get(o, node)) != node
        )
        self._files.update(files)
        # What a write locks is no news unless it does more.
        named = {self._known[oid]: mode for oid, mode in locks.items()}
        if not rewrites and not scans and not any(rank(mode) >= _WRITES for mode in named.values()):
            return
        one = Activity(
            sql=on_one_line(sql),
            locks=named,
            rewrites=tuple(rewrites),
            scans=tuple(sorted(self._known[oid] for oid in scans)),
            in_transaction=in_transaction,
        )
        of_rows = one.sql.upper().startswith(_ROWS)
        if one not in self._found and not (of_rows and self._of_rows >= _MOST_OF_ROWS):
            self._found.append(one)
            self._of_rows += of_rows

    def _see(self) -> tuple[dict[int, str], dict[int, int], set[int]]:
        """Newly taken locks, files and newly begun full scans of the relations that are locked now."""
        held: dict[int, str] = {}
        files: dict[int, int] = {}
        scans: dict[int, int] = {}
        for oid, mode, node, count in kept_rows(self._session, _LOOK, self._kept):
            if self._is_known(oid):
                held[oid] = stronger(held.get(oid, ""), mode)
                scans[oid] = int(count or 0)
                if node is not None:
                    files[oid] = int(node)
        new = {
            oid: mode for oid, mode in held.items() if stronger(mode, self._locks.get(oid, "")) != self._locks.get(oid)
        }
        scanned = {oid for oid, count in scans.items() if count > self._scans.get(oid, 0)}
        self._locks = held
        self._scans.update(scans)
        return new, files, scanned

    def _by_grammar(self, sql: str) -> tuple[dict[int, str], set[int]]:
        """What is not seen afterwards because it ran by itself: what the documentation of the statement says."""
        tree = parse(sql)
        locks: dict[int, str] = {}
        scans: set[int] = set()
        for raw in tree.stmts if tree is not None else ():
            kind = raw.stmt.WhichOneof("node")
            node = getattr(raw.stmt, kind)
            if kind == "index_stmt" and node.concurrent:
                for oid in self._oids(node.relation):
                    locks[oid] = "ShareUpdateExclusiveLock"
                    scans.add(oid)
            elif kind == "vacuum_stmt":
                for entry in node.rels:
                    full = any(option.def_elem.defname == "full" for option in node.options)
                    for oid in self._oids(entry.vacuum_relation.relation):
                        locks[oid] = "AccessExclusiveLock" if full else "ShareUpdateExclusiveLock"
        return locks, scans

    def _oids(self, relation: Any) -> Iterator[int]:
        from alembic_safety.postgres.identifiers import qualified

        name = qualified(relation.schemaname or None, relation.relname)
        found = self._session.fetch("SELECT pg_catalog.to_regclass(%s)::pg_catalog.oid::pg_catalog.int8", (name,))
        if found[0][0] is not None and self._is_known(int(found[0][0])):
            yield int(found[0][0])

    def _is_known(self, oid: int) -> bool:
        """Whether it is a relation that was there before the revision, whose name is noted then."""
        obj = self._before.objects.get(Address("pg_class", oid))
        if obj is not None and obj.kind in _KINDS:
            self._known[oid] = obj.identity
        return oid in self._known


@contextmanager
def noticing(
    connection: Connection,
    before: Snapshot | None,
    files: Mapping[int, int] | None = None,
    kept: set[str] | None = None,
) -> Iterator[Callable[[], tuple[Activity, ...]]]:
    """Within the block, every statement on the connection is looked at; what is yielded gives what was seen.

    ``files`` and ``kept`` as for ``Activities``.
    """
    if before is None:
        yield tuple
        return
    from sqlalchemy import event

    seen = Activities(connection, before, files, kept)

    def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.sent(statement)

    event.listen(connection, "after_cursor_execute", after)
    connection.info[SENT] = seen.sent
    try:
        yield lambda: seen.found
    finally:
        connection.info.pop(SENT, None)
        event.remove(connection, "after_cursor_execute", after)


def on_one_line(sql: str) -> str:
    """A statement for reading: one line, no comments, and no contents of strings, which may be secrets."""
    parts: list[str] = []
    lexer = Lexer(sql)
    try:
        while (token := lexer.next()) is not None:
            if token.kind == "string":
                parts.append("'…'")
            elif token.kind == "dollar":
                parts.append("$$…$$")
            else:
                parts.append(" " if token.kind in {"space", "comment"} else sql[token.start : token.end])
    except SourceError:
        return "…"
    text = " ".join("".join(parts).split()).strip("; ")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
