"""Fill tables with rows that every constraint lets in, a table at a time, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from alembic_safety.postgres.session import Session
from alembic_safety.rehearsal.rows.attempts import attempt, check_deferred
from alembic_safety.rehearsal.rows.circles import closing, open_keys
from alembic_safety.rehearsal.rows.shape import ForeignKey, Shape, read_shapes
from alembic_safety.rehearsal.rows.values import Values
from alembic_safety.rehearsal.rows.writer import Writer

_ACCEPTS = """
CREATE FUNCTION pg_temp.alembic_safety_accepts(value text, type text, name text, condition text) RETURNS boolean LANGUAGE plpgsql
AS $accepts$
DECLARE ok boolean;
BEGIN
  EXECUTE 'SELECT ' || quote_literal(value) || '::' || type;
  EXECUTE 'SELECT (' || condition || ') IS NOT FALSE FROM (SELECT ' || quote_literal(value) || '::' || type || ' AS ' || name || ') AS r'
    INTO ok;
  RETURN ok;
EXCEPTION WHEN OTHERS THEN
  RETURN false;
END $accepts$
"""
_DROP_ACCEPTS = "DROP FUNCTION pg_temp.alembic_safety_accepts(text, text, text, text)"
#: Rows of a table that shares none of those that it refers to.
_APART = 2


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What filling came to, tables by name."""

    #: Rows that were added.
    rows: Mapping[str, int]
    #: Tables that took none.
    empty: tuple[str, ...] = ()
    #: Tables that held some already.
    held: frozenset[str] = frozenset()
    #: The statements that added them.
    statements: tuple[str, ...] = ()


#: What filling came to, by what was asked for, for those who ask again in another transaction at the same state.
Memory = dict[tuple[frozenset[int], frozenset[int], int, int, bool, bool, bool], Filled]


def fill(
    session: Session,
    tables: Iterable[int],
    *,
    rows: int,
    seed: int = 0,
    hurting: bool = True,
    leaving: Collection[int] = (),
    apart: bool = False,
    bare: bool = False,
    memory: Memory | None = None,
) -> Filled:
    """Add up to ``rows`` rows to each table and to the tables that they refer to.

    Application triggers fire where they let rows in. Deferred constraints are checked with each table, and deferred again as they
    were. A table that takes none of the rows is tried with plain values, and then with rows in which almost everything is NULL.
    Needs an open transaction. The same seed on the same catalog gives the same rows.

    :param tables: OIDs; rows of a partition are written through its root.
    :param hurting: extremes, empty and very long texts, and NULL wherever it may be; else plain values everywhere.
    :param leaving: OIDs of tables that get none, though others may refer to them.
    :param apart: no two tables refer to the same row of a third one; those that refer to others have two rows.
    :param bare: NULL wherever it may be.
    :param memory: where the tables and the rows in them are the same each time, what was found to fit is written again at once.
    Raises the driver's own error only where the catalog cannot be read.
    """
    wanted = frozenset(tables)
    key = (wanted, frozenset(leaving), rows, seed, hurting, apart, bare)
    if memory is not None and (known := memory.get(key)) is not None:
        if attempt(session, "\n; ".join(("SET CONSTRAINTS ALL IMMEDIATE", *known.statements))):
            check_deferred(session)
            return known
        del memory[key]
    filled = _fill(session, wanted, rows=rows, seed=seed, hurting=hurting, leaving=leaving, apart=apart, bare=bare)
    if memory is not None:
        memory[key] = filled
    return filled


def _fill(
    session: Session,
    tables: Iterable[int],
    *,
    rows: int,
    seed: int,
    hurting: bool,
    leaving: Collection[int],
    apart: bool,
    bare: bool,
) -> Filled:
    shapes, types = read_shapes(session, tables)
    # Whatever is deferred is checked with the table that it is about, which then may be tried in another way.
    session.execute("SET CONSTRAINTS ALL IMMEDIATE")
    accepts = attempt(session, _ACCEPTS)
    values = {kind: Values(types, hurting=kind, seed=seed) for kind in {hurting, False}}
    added: dict[str, int] = {}
    empty = []
    statements: list[str] = []
    held: set[str] = set()
    done: set[int] = set()
    circles: list[tuple[Shape, ForeignKey]] = []
    taken: dict[int, int] = {}
    for shape in _in_order(shapes):
        if shape.oid in leaving:
            continue
        done.add(shape.oid)
        offsets: dict[ForeignKey, int] = {}
        for one in (k for k in shape.foreign_keys if apart and k.parent != shape.oid):
            offsets[one] = taken.get(one.parent, 0)
            taken[one.parent] = offsets[one] + _APART
        milder = [(True, False)] * hurting + [(False, False)]
        if shape.checks:  # which may ask for exactly one of several columns
            milder.append((False, True))
        for kind, sparse in milder:
            writer = Writer(
                session,
                shape,
                values[kind],
                shapes,
                rows=_APART if offsets else rows,
                hurting=kind,
                accepts=accepts,
                sparse=sparse,
                bare=bare,
                offsets=offsets,
            )
            added[shape.name] = writer.write()
            if writer.held:
                held.add(shape.name)
            if added[shape.name]:
                statements.append(writer.written)
                if not writer.held:
                    circles += ((shape, key) for key in open_keys(shape, done))
                break
        if not added[shape.name] and not writer.held:
            empty.append(shape.name)
    for shape, key in circles:
        if attempt(session, update := closing(shape, key, shapes)):
            statements.append(update)
    if accepts:
        session.execute(_DROP_ACCEPTS)
    check_deferred(session)
    return Filled(rows=added, empty=tuple(empty), held=frozenset(held), statements=tuple(statements))


def _in_order(shapes: Mapping[int, Shape]) -> list[Shape]:
    """Parents first; where they go in a circle, whoever waits for the fewest."""
    open_ = dict(sorted(shapes.items()))
    done: list[Shape] = []
    while open_:

        def waits(shape: Shape) -> tuple[int, int]:
            parents = {k.parent for k in shape.foreign_keys if k.parent in open_ and k.parent != shape.oid}
            needed = {
                k.parent
                for k in shape.foreign_keys
                if k.parent in parents and any(shape.column(c).not_null for c in k.columns)
            }
            return len(needed), len(parents)

        chosen = min(open_.values(), key=lambda shape: (*waits(shape), shape.oid))
        done.append(open_.pop(chosen.oid))
    return done
