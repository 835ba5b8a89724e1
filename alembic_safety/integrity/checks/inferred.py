"""References that nobody declared, found by their names: ``customer_id`` beside a table ``customers`` with the key ``id``.

A guess by name is a warning, never an error; a reference that holds is mentioned, since it could be declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.checks.foreign_keys import failed, orphan_finding
from alembic_safety.integrity.foreign_key import ForeignKey, Side
from alembic_safety.integrity.join_plan import LARGE_ROWS, count_orphans
from alembic_safety.integrity.records import Record
from alembic_safety.integrity.relation import Relation, pages, primary_key, rows
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import Check, Task
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session

NAME = "inferred"

_PARENTS = """
SELECT t.oid, t.nspname, t.relname, a.attname, ty.typcategory::text, CASE WHEN ty.typtype = 'd' THEN ty.typbasetype ELSE ty.oid END
FROM scope t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND i.indisprimary AND i.indnkeyatts = 1
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
WHERE t.relkind IN ('r', 'p') AND t.readable AND NOT t.relispartition
"""

_COLUMNS = """
SELECT t.oid, t.nspname, t.relname, a.attname, ty.typcategory::text, CASE WHEN ty.typtype = 'd' THEN ty.typbasetype ELSE ty.oid END
FROM scope t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
WHERE t.relkind IN ('r', 'p') AND t.readable AND NOT t.relispartition AND a.attname ~ '._|[a-z][A-Z]'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint con WHERE con.conrelid = t.oid AND con.contype = 'f'
                  AND a.attnum = ANY (con.conkey))
ORDER BY t.oid, a.attnum
"""

_DETAIL = """
SELECT child.identity || '.' || quote_ident(ca.attname), child.identity, child.relkind::text, {child_key}, quote_ident(ca.attname),
       parent.identity, parent.relkind::text, {parent_key}, quote_ident(pa.attname),
       {child_rows}, {child_pages}, child.relallvisible / greatest(child.relpages, 1)::float8,
       {parent_rows}, {parent_pages}, parent.relallvisible / greatest(parent.relpages, 1)::float8
FROM scope child JOIN scope parent ON parent.oid = {parent}
JOIN pg_catalog.pg_attribute ca ON ca.attrelid = child.oid AND ca.attname = {child_column}
JOIN pg_catalog.pg_attribute pa ON pa.attrelid = parent.oid AND pa.attname = {parent_column}
WHERE child.oid = {child}
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that refers, or the single column of a primary key."""

    table: int
    schema: str
    relation: str
    name: str
    category: str
    type: int


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """One task for each reference that the names suggest."""
    parents = [Column(*row) for row in session.fetch(scope.query(_PARENTS))]
    columns = (Column(*row) for row in session.fetch(scope.query(_COLUMNS)))
    for child, parent in references(columns, parents):
        subject = f"{child.schema}.{child.relation}.{child.name}"
        yield Task(NAME, subject, 0.001, partial(_run, scope, child, parent))


CHECK = Check(NAME, "undeclared references, by naming convention", plan, wanted=lambda scope: scope.options.infer)


def references(columns: Iterator[Column], parents: list[Column]) -> Iterator[tuple[Column, Column]]:
    """Which column seems to refer to which key: same type, and a name made of the table's name and the key's."""
    named: dict[str, list[Column]] = {}
    for parent in parents:
        for stem in {parent.relation.lower(), *_singular(parent.relation.lower())}:
            named.setdefault(f"{stem}_{_snake(parent.name)}", []).append(parent)
            if _snake(parent.name).startswith(f"{stem}_"):  # customers.customer_id
                named.setdefault(_snake(parent.name), []).append(parent)
    by_table = {parent.table: parent for parent in parents}
    for column in columns:
        own = by_table.get(column.table)
        if own is not None and own.name == column.name and "_" not in column.name:
            continue
        found = _parent_of(column, named, own)
        if found is not None:
            yield column, found


def _parent_of(column: Column, named: dict[str, list[Column]], own: Column | None) -> Column | None:
    words = _snake(column.name).split("_")
    if own is not None and words[0] == "parent" and words[1:] == _snake(own.name).split("_") and _fits(column, own):
        return own
    # billing_customer_id: the longest ending that names a table wins
    for start in range(len(words) - 1):
        fitting = [p for p in named.get("_".join(words[start:]), ()) if _fits(column, p)]
        fitting = [p for p in fitting if not (p.table == column.table and p.name == column.name)]
        same_schema = [p for p in fitting if p.schema == column.schema]
        choice = same_schema or fitting
        if len({p.table for p in choice}) == 1:
            return choice[0]
        if choice:
            return None  # more than one table fits: no guess
    return None


def _fits(column: Column, parent: Column) -> bool:
    if column.category == parent.category == "N":
        return True
    return column.type == parent.type or column.category == parent.category == "S"


def _singular(name: str) -> Iterator[str]:
    if name.endswith("ies"):
        yield name[:-3] + "y"
    if name.endswith("es"):
        yield name[:-2]
    if name.endswith("s") and not name.endswith("ss"):
        yield name[:-1]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _run(scope: Scope, child: Column, parent: Column, session: Session) -> Iterator[Record]:
    key = _key(session, scope, child, parent)
    if key is None:
        return
    large = key.child_side.rows >= LARGE_ROWS
    outcome = attempt(session, lambda: count_orphans(session, key) if large else int(session.fetch(key.count())[0][0]))
    if isinstance(outcome, Failure):
        yield from failed(key, outcome)
        return
    if not outcome.value:
        given = f"SELECT EXISTS (SELECT FROM {key.child.source} WHERE pg_catalog.num_nulls({key.columns[0]}) = 0)"
        proof = "and every row does" if session.fetch(given)[0][0] else "by its name alone: no row holds a value"
        yield Finding(
            code="undeclared-reference",
            severity=Severity.INFO,
            message=f"{key.identity} seems to refer to {key.parent.identity} ({key.referenced[0]}), {proof}; "
            "no foreign key says so",
            kind="column",
            subject=key.identity,
            remedy=f"ALTER TABLE {key.child.identity} ADD FOREIGN KEY ({key.columns[0]}) "
            f"REFERENCES {key.parent.identity} ({key.referenced[0]}) NOT VALID, then VALIDATE it",
        )
        return
    for record in orphan_finding(session, key, outcome.value):
        if isinstance(record, Finding) and record.code == "orphan-rows":
            yield replace(
                record,
                code="orphan-rows-inferred",
                severity=Severity.WARNING,
                kind="column",
                message=record.message.split(": foreign key")[0] + " (inferred from the names)",
                remedy="Accept it in the baseline if this is no reference; otherwise correct the rows and declare the key",
            )


def _key(session: Session, scope: Scope, child: Column, parent: Column) -> ForeignKey | None:
    found = session.fetch(
        scope.query(
            _DETAIL.format(
                child_key=primary_key("child.oid"),
                parent_key=primary_key("parent.oid"),
                child_rows=rows("child"),
                child_pages=pages("child"),
                parent_rows=rows("parent"),
                parent_pages=pages("parent"),
                parent=parent.table,
                child=child.table,
                child_column=quote_literal(child.name),
                parent_column=quote_literal(parent.name),
            )
        )
    )
    if not found:
        return None  # dropped meanwhile
    (identity, child_name, child_kind, child_key, column, parent_name, parent_kind, parent_key, referenced, *sides) = (
        found[0]
    )
    return ForeignKey(
        oid=0,
        identity=identity,
        name=column,
        child=Relation(child.table, child_name, child_kind, tuple(child_key)),
        parent=Relation(parent.table, parent_name, parent_kind, tuple(parent_key)),
        columns=(column,),
        referenced=(referenced,),
        comparisons=("{parent} = {child}",),
        full=False,
        period=False,
        validated=True,
        enforced=True,
        child_side=Side(*sides[:3]),
        parent_side=Side(*sides[3:]),
        indexed=True,
        distinct=None,
        suspect="it is not declared",
    )
