"""What every row of a table must fulfil: NOT NULL, CHECK, the bound of a partition, domains; each as SQL that is true for a violator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alembic_safety.integrity.foreign_key import ForeignKey
from alembic_safety.integrity.relation import Relation
from alembic_safety.integrity.scope import Scope, oid_array
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
    #: The foreign key that this condition stands for.
    key: ForeignKey | None = None


def nulls(columns: Sequence[str]) -> str:
    """SQL: whether any of the (quoted) columns is NULL; not folded by the planner, unlike IS NULL."""
    return f"pg_catalog.num_nulls({', '.join(columns)}) > 0"


def read_conditions(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> dict[int, list[Condition]]:
    """All conditions of these tables, by the table's OID."""
    conditions: dict[int, list[Condition]] = {oid: [] for oid in relations}
    for source in (_not_null, _checks, _bounds, _domains):
        for oid, condition in source(session, scope, relations):
            conditions[oid].append(condition)
    return conditions


def _not_null(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> Iterator[tuple[int, Condition]]:
    validated = (
        """coalesce((SELECT con.convalidated FROM pg_catalog.pg_constraint con
           WHERE con.conrelid = a.attrelid AND con.contype = 'n' AND con.conkey = ARRAY[a.attnum]), true)"""
        if scope.at_least(18)
        else "true"
    )
    for oid, column, valid in session.fetch(
        f"""SELECT a.attrelid, quote_ident(a.attname), {validated} FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = ANY ({oid_array(relations)}) AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped
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
                message=f"{{rows}} of {_escape(relations[oid].identity)} hold NULL in {_escape(column)}, which is NOT NULL"
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
                message=f"{{rows}} of {_escape(relations[oid].identity)} violate the check {_escape(name)}{note}",
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
                message=f"{{rows}} of the partition {_escape(identity)} lie outside its bound",
            ),
        )


_DOMAINS = """
WITH RECURSIVE chain AS (
    -- of each domain: itself, and every domain below it, down to the base type
    SELECT t.oid AS domain, t.oid AS level, t.typbasetype AS below, t.typnotnull, t.typtypmod
    FROM pg_catalog.pg_type t WHERE t.typtype = 'd'
    UNION ALL
    SELECT chain.domain, t.oid, t.typbasetype, t.typnotnull, t.typtypmod
    FROM chain JOIN pg_catalog.pg_type t ON t.oid = chain.below AND t.typtype = 'd'
), base AS (
    SELECT chain.domain, format_type(chain.below, NULL) AS type
    FROM chain JOIN pg_catalog.pg_type t ON t.oid = chain.below AND t.typtype <> 'd'
), rule AS (
    SELECT chain.domain, format('%I.%I', n.nspname, t.typname) AS name, NULL AS constraint_name, NULL AS expression,
           true AS valid
    FROM chain JOIN pg_catalog.pg_type t ON t.oid = chain.level
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE chain.typnotnull
    UNION ALL
    SELECT chain.domain, format('%I.%I', n.nspname, t.typname), quote_ident(con.conname), pg_get_expr(con.conbin, 0),
           con.convalidated
    FROM chain JOIN pg_catalog.pg_type t ON t.oid = chain.level
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    JOIN pg_catalog.pg_constraint con ON con.contypid = chain.level AND con.contype = 'c'
), uses AS (
    SELECT a.attrelid, a.attnum, a.attname, NULL::name AS field, false AS is_array, t.oid AS domain
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typtype = 'd'
    WHERE a.attrelid = ANY ({oids}) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT a.attrelid, a.attnum, a.attname, NULL, true, e.oid
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typcategory = 'A'
    JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typtype = 'd'
    WHERE a.attrelid = ANY ({oids}) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT a.attrelid, a.attnum, a.attname, f.attname, false, ft.oid
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typtype = 'c'
    JOIN pg_catalog.pg_attribute f ON f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
    JOIN pg_catalog.pg_type ft ON ft.oid = f.atttypid AND ft.typtype = 'd'
    WHERE a.attrelid = ANY ({oids}) AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT uses.attrelid, quote_ident(uses.attname), quote_ident(uses.field), uses.is_array, base.type,
       rule.name, rule.constraint_name, rule.expression, rule.valid
FROM uses JOIN rule ON rule.domain = uses.domain JOIN base ON base.domain = uses.domain
ORDER BY uses.attrelid, uses.attnum, uses.field, rule.name, rule.constraint_name
"""

# Deparsed text keeps VALUE in capitals and unquoted; literals and quoted names are passed over.
_VALUE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\bVALUE\b""")


def _domains(session: Session, scope: Scope, relations: Mapping[int, Relation]) -> Iterator[tuple[int, Condition]]:
    del scope
    sql = _DOMAINS.replace("{oids}", oid_array(relations))
    for oid, column, field, is_array, base, domain, name, expression, valid in session.fetch(sql):
        place = f"({column}).{field}" if field else column
        value = "safety_element" if is_array else f"({place})::{base}"
        if expression is None:
            test = f"pg_catalog.num_nulls({value}) > 0"
        else:
            # To the base type: the cast to a domain would check its constraints, and raise.
            inner = f"{value}::{base}" if is_array else value
            substituted = _VALUE.sub(lambda match, v=inner: f"({v})" if match[0] == "VALUE" else match[0], expression)  # type: ignore[misc]
            test = f"({substituted}) IS FALSE"
        if is_array:
            test = f"EXISTS (SELECT FROM pg_catalog.unnest({place}) AS safety_unnested(safety_element) WHERE {test})"
        elif field and expression is None:
            test = f"({column} IS DISTINCT FROM NULL AND {test})"
        rule = f"its constraint {name}" if name else "NOT NULL"
        yield (
            oid,
            Condition(
                violated=test,
                code="domain-violated",
                kind="column",
                subject=f"{relations[oid].identity}.{column}",
                message=f"{{rows}} of {_escape(relations[oid].identity)} hold in {_escape(place)} a value that violates "
                f"{_escape(rule)} of the domain {_escape(domain)}" + ("" if valid else " (NOT VALID)"),
                suspect=not valid or is_array or field is not None,
            ),
        )


def _escape(text: str) -> str:
    """For ``str.format``: names may hold braces."""
    return text.replace("{", "{{").replace("}", "}}")
