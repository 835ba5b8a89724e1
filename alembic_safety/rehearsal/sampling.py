"""A sample of a database, read without changing anything there: some rows of each table, and all rows that those refer to.

Everything is read in one read-only snapshot. The schema comes by pg_dump in two parts, so that keys and constraints are built
on the sampled rows: the server itself checks that no foreign key was cut.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import ServerError
from alembic_safety.integrity.connections import as_conninfo
from alembic_safety.postgres.clienttools import find_tool, run_tool
from alembic_safety.postgres.endpoint import of_libpq
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.rehearsal.baseline import load_script

if TYPE_CHECKING:
    import psycopg

    from alembic_safety.postgres.endpoint import Endpoint
    from alembic_safety.rehearsal.place import Place

#: Tables of up to so many rows are taken whole, whatever was asked for.
_SMALL = 100
#: Rows that are copied by one statement.
_CHUNK = 5_000
_BEGIN = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off; SET LOCAL statement_timeout = 0"
)
_TABLES = """
SELECT c.oid::pg_catalog.int8, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.reltuples::pg_catalog.float8,
  ARRAY(SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'alembic_safety')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
    AND d.deptype = 'e')
ORDER BY c.oid
"""
_KEYS = """
SELECT k.conrelid::pg_catalog.int8, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.relname),
  ARRAY(SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (n, i)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i),
  ARRAY(SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (n, i)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i),
  ARRAY(SELECT 'OPERATOR(' || pg_catalog.quote_ident(s.nspname) || '.' || o.oprname || ')'
    FROM pg_catalog.unnest(k.conpfeqop) WITH ORDINALITY AS u (op, i) JOIN pg_catalog.pg_operator o ON o.oid = u.op
    JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace ORDER BY u.i)
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace WHERE k.contype = 'f' ORDER BY k.oid
"""
_SEQUENCES = """
SELECT pg_catalog.quote_ident(schemaname) || '.' || pg_catalog.quote_ident(sequencename), last_value
FROM pg_catalog.pg_sequences WHERE last_value IS NOT NULL ORDER BY 1
"""
_VIEWS = """
SELECT pg_catalog.quote_ident(schemaname) || '.' || pg_catalog.quote_ident(matviewname) FROM pg_catalog.pg_matviews ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What was taken."""

    rows: int
    tables: int
    #: The database and where it is, without credentials.
    source: str
    #: What should be known, a sentence each.
    notes: tuple[str, ...] = ()


@dataclass
class _Table:
    name: str
    estimate: float
    columns: Sequence[str]
    #: Parents: name, own columns, their columns, operators.
    keys: list[tuple[str, Sequence[str], Sequence[str], Sequence[str]]] = field(default_factory=list)
    rows: set[str] = field(default_factory=set)


def take_sample(place: Place, url: str, rows: int, seed: int, roles: list[str]) -> Sample:
    """Copy the schema of a database and a sample of its rows into the scratch database.

    :param url: of the database to read; nothing is written there.
    :param rows: about how many of each table, besides those that others refer to.
    :raises ServerError: the database cannot be reached or read, or its rows don't meet its own constraints.
    """
    import psycopg

    try:
        connection = psycopg.connect(
            as_conninfo(url), autocommit=True, prepare_threshold=None, fallback_application_name="alembic safety"
        )
    except psycopg.Error as error:
        raise ServerError(f"--sample: no connection: {str(error).strip()}") from error
    with connection:
        endpoint = of_libpq(connection.info, connection.info.get_parameters())
        try:
            return _Taker(place, connection, endpoint, rows, seed, roles).take()
        except psycopg.Error as error:
            raise ServerError(f"--sample: {str(error).strip()}") from error


class _Taker:
    def __init__(
        self,
        place: Place,
        connection: psycopg.Connection[Any],
        endpoint: Endpoint,
        rows: int,
        seed: int,
        roles: list[str],
    ) -> None:
        self._place = place
        self._connection = connection
        self._source = PsycopgSession(connection)
        self._endpoint = endpoint
        self._rows = rows
        self._seed = seed
        self._roles = roles
        self._tables: dict[int, _Table] = {}

    def take(self) -> Sample:
        """Schema, rows, constraints."""
        self._source.execute(_BEGIN)
        snapshot = str(self._source.fetch("SELECT pg_catalog.pg_export_snapshot()")[0][0])
        self._load(snapshot, "pre-data")
        self._read_tables()
        for table in self._tables.values():
            table.rows |= set(self._chosen(table))
        self._follow()
        with self._place.database.connect(autocommit=True) as target:
            target.execute("SET session_replication_role = replica")
            for table in self._tables.values():
                self._copy(table, target)
            for name, value in self._source.fetch(_SEQUENCES):
                target.execute(
                    f"SELECT pg_catalog.setval({quote_literal(name)}::pg_catalog.regclass, {int(value)})".encode()
                )
        self._load(snapshot, "post-data")
        notes = tuple(self._refreshed())
        self._source.execute("ROLLBACK")
        filled = [table for table in self._tables.values() if table.rows]
        return Sample(
            rows=sum(len(table.rows) for table in filled),
            tables=len(filled),
            source=f"{self._endpoint.dbname} at {self._endpoint.place}",
            notes=notes,
        )

    def _load(self, snapshot: str, section: str) -> None:
        server = self._place.server
        tool = find_tool("pg_dump", self._connection.info.server_version // 10000, binaries=server.binaries)
        options = ["--schema-only", "--no-publications", "--no-subscriptions", "--exclude-schema=alembic_safety"]
        with tempfile.TemporaryFile() as script:
            try:
                run_tool(
                    tool,
                    [f"--section={section}", f"--snapshot={snapshot}", *options],
                    self._endpoint.parameters,
                    stdout=script,
                )
            except ServerError as error:
                raise ServerError(f"--sample: the schema could not be read: {error}") from error
            script.seek(0)
            load_script(self._place, script, "the sampled database", self._roles, option="--sample")

    def _read_tables(self) -> None:
        for oid, name, estimate, columns in self._source.fetch(_TABLES):
            self._tables[int(oid)] = _Table(name, float(estimate), tuple(columns))
        for oid, parent, own, other, operators in self._source.fetch(_KEYS):
            if int(oid) in self._tables:
                self._tables[int(oid)].keys.append((parent, tuple(own), tuple(other), tuple(operators)))

    def _chosen(self, table: _Table) -> list[str]:
        """Places of some rows: of blocks here and there where the table is large, else of the first."""
        most = max(self._rows, _SMALL) if table.estimate <= _SMALL else self._rows
        found: list[tuple[Any, ...]] = []
        if table.estimate > 3 * most:
            percent = min(100.0, 300.0 * most / table.estimate)
            found = self._source.fetch(
                f"SELECT ctid::pg_catalog.text FROM ONLY {table.name} TABLESAMPLE SYSTEM ({percent:.6f}) "
                f"REPEATABLE ({self._seed}) LIMIT {most}"
            )
        if len(found) < most:
            found += self._source.fetch(
                f"SELECT ctid::pg_catalog.text FROM ONLY {table.name} LIMIT {most - len(found)}"
            )
        return [str(place) for (place,) in found]

    def _follow(self) -> None:
        """Add what the rows refer to, and what that refers to, until nothing is missing."""
        fresh: dict[int, set[str]] = {oid: set(table.rows) for oid, table in self._tables.items() if table.rows}
        while fresh:
            found: dict[int, set[str]] = {}
            for oid, places in fresh.items():
                for key in self._tables[oid].keys:
                    for parent, place in self._referred(self._tables[oid].name, key, places):
                        known = self._tables.get(parent)
                        if known is not None and place not in known.rows:
                            known.rows.add(place)
                            found.setdefault(parent, set()).add(place)
            fresh = found

    def _referred(
        self, name: str, key: tuple[str, Sequence[str], Sequence[str], Sequence[str]], places: set[str]
    ) -> Iterator[tuple[int, str]]:
        parent, own, other, operators = key
        same = " AND ".join(f"p.{b} {operator} c.{a}" for a, b, operator in zip(own, other, operators, strict=True))
        for chunk in _chunks(places):
            rows = self._source.fetch(
                f"SELECT DISTINCT p.tableoid::pg_catalog.int8, p.ctid::pg_catalog.text FROM ONLY {name} AS c "
                f"JOIN {parent} AS p ON {same} WHERE c.ctid = ANY ({_places(chunk)})"
            )
            yield from ((int(oid), str(place)) for oid, place in rows)

    def _copy(self, table: _Table, target: psycopg.Connection[Any]) -> None:
        if not table.rows:
            return
        columns = ", ".join(table.columns)
        for chunk in _chunks(table.rows):
            query = f"SELECT {columns} FROM ONLY {table.name} WHERE ctid = ANY ({_places(chunk)})"
            into = f" ({columns})" if columns else ""
            with (
                self._connection.cursor().copy(f"COPY ({query}) TO STDOUT".encode()) as reading,
                target.cursor().copy(f"COPY {table.name}{into} FROM STDIN".encode()) as writing,
            ):
                for data in reading:
                    writing.write(data)

    def _refreshed(self) -> Iterator[str]:
        """Fill materialized views, which may read each other; names those that could not be."""
        with self._place.database.connect(autocommit=True) as target:
            session = PsycopgSession(target)
            left = [str(name) for (name,) in session.fetch(_VIEWS)]
            while left:
                failed = [name for name in left if not _refresh(session, name)]
                if len(failed) == len(left):
                    yield f"materialized views that could not be filled: {', '.join(failed)}"
                    return
                left = failed


def _refresh(session: PsycopgSession, name: str) -> bool:
    import psycopg

    try:
        session.execute(f"REFRESH MATERIALIZED VIEW {name}")
    except psycopg.Error:
        return False
    return True


def _chunks(places: set[str]) -> Iterator[list[str]]:
    ordered = sorted(places, key=_block)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _block(place: str) -> tuple[int, ...]:
    return tuple(int(part) for part in place.strip("()").split(","))


def _places(chunk: Sequence[str]) -> str:
    return "ARRAY[" + ",".join(f"'{place}'" for place in chunk) + "]::pg_catalog.tid[]"
