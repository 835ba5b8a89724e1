"""Make rows that do not meet one demand, out of rows that meet them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.rehearsal.rows.attempts import attempt
from alembic_safety.rehearsal.rows.fill import fill
from alembic_safety.rehearsal.rows.shape import Column, Shape, read_shapes
from alembic_safety.rehearsal.rows.values import Values

if TYPE_CHECKING:
    from alembic_safety.model.probe import Probe
    from alembic_safety.postgres.session import Session
    from alembic_safety.rehearsal.rows.demands import Demand

#: Values of a type that are tried in a column.
_TRIED = 16


def count(session: Session, probe: Probe) -> int | None:
    """How many rows a probe finds; None where it cannot be asked of this database."""
    session.execute("SAVEPOINT alembic_safety_count")
    asked = f"SELECT pg_catalog.count(*) FROM ({probe.query}) AS violators"
    try:
        return int(fetch_all(session, [asked, "RELEASE SAVEPOINT alembic_safety_count"])[0][0][0])
    except Exception as error:
        from alembic_safety.rehearsal.failure import is_fatal

        if is_fatal(error):
            raise
        fetch_all(session, ["ROLLBACK TO SAVEPOINT alembic_safety_count", "RELEASE SAVEPOINT alembic_safety_count"])
        return None


def violate(session: Session, demand: Demand) -> bool:
    """Change a row so that the demand's probe finds it; whether that succeeded. What did not help is taken back."""
    if not session.fetch(f"SELECT 1 FROM {demand.probe.table} LIMIT 1"):
        # All that were made did not fit, perhaps; these may not fit either.
        fill(session, [demand.table.oid], rows=3, hurting=False)
        if count(session, demand.probe):
            return True
    for sql in _attempts(session, demand):
        session.execute("SAVEPOINT alembic_safety_violation")
        made = attempt(session, sql) and bool(count(session, demand.probe))
        if not made:
            session.execute("ROLLBACK TO SAVEPOINT alembic_safety_violation")
        session.execute("RELEASE SAVEPOINT alembic_safety_violation")
        if made:
            return True
    return False


def _attempts(session: Session, demand: Demand) -> Iterator[str]:
    """Statements of which one may make a violation, the likeliest first."""
    table = demand.probe.table
    if demand.copies and demand.columns:
        yield from _copies(table, demand.columns)
        return
    place = "(tableoid, ctid)"
    row = f"{place} = (SELECT tableoid, ctid FROM {table} ORDER BY tableoid, ctid DESC LIMIT 1)"
    if demand.values:
        for value in demand.values:
            yield f"UPDATE {table} SET {quote_ident(demand.columns[0])} = {value} WHERE {row}"
        return
    shapes, types = read_shapes(session, [demand.table.oid])
    shape = shapes.get(demand.table.oid)
    if shape is None:
        return
    values = Values(types, hurting=True, seed=0)
    for column in _columns(shape, demand.columns):
        texts = values.of(column, [demand.probe.demand], count=_TRIED, unique=False)
        for value in ["NULL", *(f"{quote_literal(text)}::{column.type}" for text in texts[:_TRIED])]:
            yield f"UPDATE {table} SET {quote_ident(column.name)} = {value} WHERE {row}"


def _columns(shape: Shape, names: tuple[str, ...]) -> list[Column]:
    return [c for c in shape.columns if not c.generated and (not names or c.name in names)]


def _copies(table: str, columns: tuple[str, ...]) -> Iterator[str]:
    names = ", ".join(quote_ident(name) for name in columns)
    filled = " AND ".join(f"{quote_ident(name)} IS NOT NULL" for name in columns)
    source = f"SELECT tableoid, ctid, {names} FROM {table} WHERE {filled} ORDER BY tableoid, ctid"
    first = f"(SELECT {names} FROM ({source} LIMIT 1) AS s)"
    for offset in (1, 2):
        other = f"(SELECT tableoid, ctid FROM {table} ORDER BY tableoid, ctid DESC OFFSET {offset - 1} LIMIT 1)"
        yield f"UPDATE {table} SET ({names}) = {first} WHERE (tableoid, ctid) = {other}"
