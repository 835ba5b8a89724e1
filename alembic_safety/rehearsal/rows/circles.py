"""References to tables that were filled later, where tables refer to each other in a circle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.rehearsal.rows.shape import ForeignKey, Shape


def open_keys(shape: Shape, filled: Collection[int]) -> Iterator[ForeignKey]:
    """Foreign keys whose columns could only be left NULL: what they refer to had no rows yet.

    :param filled: OIDs of the tables that had.
    """
    for key in shape.foreign_keys:
        columns = [shape.column(number) for number in key.columns]
        shared = any(
            set(other.columns) & set(key.columns) for other in shape.foreign_keys if other.columns != key.columns
        )
        if key.parent in filled or key.parent == shape.oid or shared:
            continue
        if not any(c.not_null or c.generated or c.number in shape.partition_key for c in columns):
            yield key


def closing(shape: Shape, key: ForeignKey, shapes: Mapping[int, Shape]) -> str:
    """An UPDATE that has three of four rows refer to rows that are there now."""
    parent = shapes[key.parent]
    names = [quote_ident(shape.column(number).name) for number in key.columns]
    wanted = [quote_ident(parent.column(number).name) for number in key.references]
    picked = ", ".join(f"{name} AS k{place}" for place, name in enumerate(wanted))
    filled = " AND ".join(f"{name} IS NOT NULL" for name in wanted)
    empty = " AND ".join(f"{name} IS NULL" for name in names)
    values = ", ".join(f"{name} = p.k{place}" for place, name in enumerate(names))
    return (
        f"UPDATE {shape.name} t SET {values} "
        "FROM (SELECT ctid AS at, tableoid AS part, pg_catalog.row_number() OVER (ORDER BY tableoid, ctid) AS rn "
        f"FROM {shape.name} WHERE {empty}) AS s "
        f"JOIN (SELECT {picked}, pg_catalog.row_number() OVER (ORDER BY {', '.join(wanted)}) AS rn FROM {parent.name} "
        f"WHERE {filled}) AS p ON p.rn = 1 + (s.rn - 1) % (SELECT greatest(pg_catalog.count(*), 1) FROM {parent.name} WHERE {filled}) "
        "WHERE t.ctid = s.at AND t.tableoid = s.part AND s.rn % 4 <> 2"
    )
