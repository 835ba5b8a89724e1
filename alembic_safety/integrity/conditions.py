"""What every row of a table must fulfil: NOT NULL, CHECK, the bound of a partition, domains; each as SQL that is true for a violator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alembic_safety.integrity.foreign_key import ForeignKey
from alembic_safety.integrity.relation import Relation
from alembic_safety.integrity.scope import Scope, oid_array
from alembic_safety.integrity.value_types import read_value_tests
from alembic_safety.model.finding import Severity
from alembic_safety.postgres.session import Session


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that every row of a table must fulfil."""

    #: SQL that is true for a row that violates it, and that the planner can't fold away.
    violated: str
    code: str
    kind: str
    subject: str
    message: str
    severity: Severity = Severity.ERROR
    #: The column, where the condition is that it is not NULL.
    not_null: str | None = None
    #: Whether the catalog itself says that rows may violate it.
    suspect: bool = False
    #: What to do, where it is not to correct the rows.
    remedy: str | None = None
    #: Whether the values of a violator can be shown: printing some raises.
    printable: bool = True
    #: The foreign key that this condition stands for.
    key: ForeignKey | None = None


def nulls(columns: Sequence[str]) -> str:
    """SQL: whether any of the (quoted) columns is NULL; not folded by the planner, unlike IS NULL."""
    return f"pg_catalog.num_nulls({', '.join(columns)}) > 0"


def read_conditions(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> dict[int, list[Condition]]:
    """All conditions of these tables, by the table's OID."""
    conditions: dict[int, list[Condition]] = {oid: [] for oid in relations}
    for source in (_not_null, _checks, _bounds, _values, _generated):
        for oid, condition in source(session, scope, relations):
            conditions[oid].append(condition)
    return conditions


def _not_null(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> Iterator[tuple[int, Condition]]:
    # The columns of a primary key count whatever their own flag says.
    keyed = "a.attnum = ANY (ARRAY(SELECT unnest(i.indkey::int2[]) FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary))"
    validated = (
        """coalesce((SELECT con.convalidated FROM pg_catalog.pg_constraint con
           WHERE con.conrelid = a.attrelid AND con.contype = 'n' AND con.conkey = ARRAY[a.attnum]), true)"""
        if scope.at_least(18)
        else "true"
    )
    for oid, column, valid in session.fetch(
        f"""SELECT a.attrelid, quote_ident(a.attname), {validated} FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = ANY ({oid_array(relations)}) AND a.attnum > 0 AND (a.attnotnull OR {keyed}) AND NOT a.attisdropped
        ORDER BY a.attrelid, a.attnum"""
    ):
        subject = f"{relations[oid].identity}.{column}"
        yield (
            oid,
            Condition(
                violated=nulls([column]),
                code="null-in-not-null",
                kind="column",
                subject=subject,
                message=f"{{rows}} of {_escape(relations[oid].identity)} hold{{s}} NULL in {_escape(column)}, which is NOT NULL"
                + ("" if valid else " (NOT VALID)"),
                not_null=column,
                suspect=not valid,
            ),
        )


def _checks(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> Iterator[tuple[int, Condition]]:
    enforced = "con.conenforced" if scope.at_least(18) else "true"
    # A CHECK that calls a user's function is only as good as what the function did when each row was written.
    calls_function = """EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_constraint'::regclass
            AND d.objid = con.oid AND d.refclassid = 'pg_catalog.pg_proc'::regclass)"""
    for oid, name, expression, valid, is_enforced, function in session.fetch(
        f"""SELECT con.conrelid, quote_ident(con.conname), pg_get_expr(con.conbin, con.conrelid), con.convalidated,
               {enforced}, {calls_function}
        FROM pg_catalog.pg_constraint con
        WHERE con.conrelid = ANY ({oid_array(relations)}) AND con.contype = 'c' ORDER BY con.conrelid, con.conname"""
    ):
        subject = f"{relations[oid].identity}.{name}"
        note = "" if is_enforced and valid else " (NOT ENFORCED)" if not is_enforced else " (NOT VALID)"
        yield (
            oid,
            Condition(
                violated=f"({expression}) IS FALSE",
                code="check-violated",
                kind="constraint",
                subject=subject,
                message=f"{{rows}} of {_escape(relations[oid].identity)} violate{{s}} the check {_escape(name)}{note}",
                severity=Severity.ERROR if is_enforced else Severity.WARNING,
                suspect=not valid or not is_enforced or function,
            ),
        )


def _bounds(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> Iterator[tuple[int, Condition]]:
    del scope
    for oid, expression in session.fetch(
        f"""SELECT c.oid, pg_catalog.pg_get_partition_constraintdef(c.oid) FROM pg_catalog.pg_class c
        WHERE c.oid = ANY ({oid_array(relations)}) AND c.relispartition ORDER BY c.oid"""
    ):
        if expression is None:  # the only partition, and the default one: everything belongs there
            continue
        identity = relations[oid].identity
        yield (
            oid,
            Condition(
                violated=f"({expression}) IS FALSE",
                code="row-outside-partition",
                kind="table",
                subject=identity,
                message=f"{{rows}} of the partition {_escape(identity)} lie{{s}} outside its bound",
            ),
        )


def _values(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> Iterator[tuple[int, Condition]]:
    del scope
    for oid, column, test in read_value_tests(session, relations):
        table, place, type = _escape(relations[oid].identity), _escape(test.place), _escape(test.type)
        if test.rule is None:
            yield (
                oid,
                Condition(
                    violated=test.violated,
                    code="enum-label-missing",
                    kind="column",
                    subject=f"{relations[oid].identity}.{column}",
                    message=f"{{rows}} of {table} hold{{s}} in {place} a value of the enum {type} that has no label: printing it fails",
                    suspect=not test.valid,
                    remedy=f"Set {column} of these rows to a label that there is; a label went out of the catalog while rows held it",
                    printable=False,
                ),
            )
            continue
        yield (
            oid,
            Condition(
                violated=test.violated,
                code="domain-violated",
                kind="column",
                subject=f"{relations[oid].identity}.{column}",
                message=f"{{rows}} of {table} hold{{s}} in {place} a value that violates "
                f"{_escape(test.rule)} of the domain {type}" + ("" if test.valid else " (NOT VALID)"),
                suspect=not test.valid or test.nested,
            ),
        )


# A generated column is only as good as what its function did when each row was written.
_GENERATED = """
SELECT a.attrelid, quote_ident(a.attname),
       -- deparsed text leaves out what is coerced implicitly, to a precision for instance
       format('(%s)::%s', pg_get_expr(d.adbin, d.adrelid), format_type(a.atttypid, a.atttypmod)) FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ({oids}) AND a.attgenerated = 's' AND NOT a.attisdropped
  -- until 14 it is the column that depends on the function, not its expression
  AND EXISTS (SELECT FROM pg_catalog.pg_depend f WHERE f.refclassid = 'pg_catalog.pg_proc'::regclass
              AND (f.classid, f.objid, f.objsubid) IN (('pg_catalog.pg_attrdef'::regclass, d.oid, 0),
                                                       ('pg_catalog.pg_class'::regclass, a.attrelid, a.attnum)))
ORDER BY a.attrelid, a.attnum
"""


def _generated(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> Iterator[tuple[int, Condition]]:
    del scope
    for oid, column, expression in session.fetch(_GENERATED.format(oids=oid_array(relations))):
        identity = relations[oid].identity
        yield (
            oid,
            Condition(
                # Byte for byte: not every type has an equality.
                violated=f"pg_catalog.record_image_ne(ROW({column}), ROW({expression}))",
                code="generated-column-stale",
                kind="column",
                subject=f"{identity}.{column}",
                message=f"{{rows}} of {_escape(identity)} hold{{s}} in {_escape(column)} another value than what it is generated as",
                severity=Severity.WARNING,
                suspect=True,
                remedy=f"UPDATE {identity} SET a column to itself for these rows: that generates {column} anew",
            ),
        )


def _escape(text: str) -> str:
    """For ``str.format``: names may hold braces."""
    return text.replace("{", "{{").replace("}", "}}")
