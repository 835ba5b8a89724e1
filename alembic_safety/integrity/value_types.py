"""Values that their type does not allow, wherever in a column they are: in arrays, fields of composites, bounds of ranges, at any depth.

Those are values against a rule of a domain, and values of an enum whose label was deleted from the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from alembic_safety.integrity.scope import oid_array
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session

# From the columns' types to everything that they are made of.
_USED = """
WITH RECURSIVE used(oid) AS (
    SELECT DISTINCT a.atttypid FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = ANY ({oids}) AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384
    UNION
    SELECT part.oid FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
    CROSS JOIN LATERAL (
        SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype WHEN t.typcategory = 'A' THEN t.typelem END
        UNION ALL SELECT f.atttypid FROM pg_catalog.pg_attribute f
            WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
        UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = t.oid
    ) AS part(oid) WHERE part.oid IS NOT NULL
)
"""
_TYPES = (
    _USED
    + """
SELECT t.oid, format_type(t.oid, -1), format('%I.%I', n.nspname, t.typname),
       CASE WHEN t.typtype = 'd' THEN 'domain' WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN 'array'
            WHEN t.typtype = 'c' THEN 'composite' WHEN t.typtype = 'e' THEN 'enum' WHEN r.rngtypid = t.oid THEN 'range' WHEN r.rngmultitypid = t.oid THEN 'multirange'
            ELSE 'plain' END,
       CASE WHEN t.typtype = 'd' THEN t.typbasetype WHEN t.typcategory = 'A' THEN t.typelem WHEN r.rngtypid = t.oid THEN r.rngsubtype
            WHEN r.rngmultitypid = t.oid THEN r.rngtypid ELSE 0 END,
       t.typnotnull
FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_range r ON t.oid IN (r.rngtypid, r.rngmultitypid)
"""
)
_FIELDS = (
    _USED
    + """
SELECT t.oid, quote_ident(f.attname), f.atttypid FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid AND t.typtype = 'c'
JOIN pg_catalog.pg_attribute f ON f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped ORDER BY t.oid, f.attnum
"""
)
_RULES = (
    _USED
    + """
SELECT con.contypid, quote_ident(con.conname), pg_get_expr(con.conbin, 0), con.convalidated FROM used
JOIN pg_catalog.pg_constraint con ON con.contypid = used.oid AND con.contype = 'c' ORDER BY con.contypid, con.conname
"""
)
_LABELS = (
    _USED
    + """
SELECT e.enumtypid, e.enumlabel, e.enumsortorder::float8 FROM used
JOIN pg_catalog.pg_enum e ON e.enumtypid = used.oid ORDER BY e.enumtypid, e.enumsortorder
"""
)
_COLUMNS = """
SELECT a.attrelid, quote_ident(a.attname), a.atttypid FROM pg_catalog.pg_attribute a
WHERE a.attrelid = ANY ({oids}) AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = ANY ({types}) ORDER BY a.attrelid, a.attnum
"""

# Deparsed text keeps VALUE in capitals and unquoted; literals and quoted names are passed over.
_VALUE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\bVALUE\b""")


@dataclass(slots=True)
class Type:
    """A type that columns are made of."""

    name: str
    identity: str
    shape: str
    #: What a domain is over, the elements of an array, the bounds of a range, the ranges of a multirange.
    inner: int
    not_null: bool
    fields: list[tuple[str, int]] = field(default_factory=list)
    #: Of a domain: name, expression, whether it was validated.
    rules: list[tuple[str, str, bool]] = field(default_factory=list)
    #: Of an enum: its labels and their places.
    labels: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ValueTest:
    """What a domain or an enum demands of the values of a column."""

    #: SQL that is true for a row that holds a value against the rule.
    violated: str
    #: Where in the column: ``tags[]``, ``place.street``.
    place: str
    #: Of a domain; None for an enum, which demands a label.
    rule: str | None
    #: The domain or enum.
    type: str
    valid: bool
    #: Whether the value is a part of the column's: then PostgreSQL looks at fewer of them when a rule is added.
    nested: bool = False


# The other way: from some types to everything that is made of them.
_MADE_OF = """
WITH RECURSIVE made(oid) AS (
    SELECT unnest({oids})
    UNION
    SELECT t.oid FROM made JOIN pg_catalog.pg_type t ON t.typbasetype = made.oid
        OR (t.typelem = made.oid AND t.typcategory = 'A')
        OR EXISTS (SELECT FROM pg_catalog.pg_range r WHERE (r.rngsubtype = made.oid AND t.oid IN (r.rngtypid, r.rngmultitypid)))
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute f JOIN pg_catalog.pg_class c ON c.oid = f.attrelid
                   WHERE f.atttypid = made.oid AND f.attnum > 0 AND NOT f.attisdropped AND t.oid = c.reltype)
)
SELECT a.attrelid, quote_ident(a.attname) FROM made JOIN pg_catalog.pg_attribute a ON a.atttypid = made.oid AND a.attnum > 0
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm') WHERE NOT a.attisdropped
"""


def columns_made_of(types: Iterable[int]) -> str:
    """A query: the tables (OID) and columns that hold values of these types, at any depth."""
    return _MADE_OF.format(oids=oid_array(types))


def read_value_tests(session: Session, relations: Iterable[int]) -> Iterator[tuple[int, str, ValueTest]]:
    """For each column of these tables that holds values of a domain or enum: the table's OID, the column, and each demand."""
    oids = oid_array(relations)
    types = {row[0]: Type(*row[1:]) for row in session.fetch(_TYPES.replace("{oids}", oids))}
    if not any(one.shape in ("domain", "enum") for one in types.values()):
        return
    for oid, name, type in session.fetch(_FIELDS.replace("{oids}", oids)):
        types[oid].fields.append((name, type))
    for oid, *rule in session.fetch(_RULES.replace("{oids}", oids)):
        types[oid].rules.append(tuple(rule))
    for oid, label, place in session.fetch(_LABELS.replace("{oids}", oids)):
        types[oid].labels.append((label, place))
    of_interest = oid_array(oid for oid, one in types.items() if one.shape != "plain")
    for relation, column, oid in session.fetch(_COLUMNS.format(oids=oids, types=of_interest)):
        for test in _tests(types, oid, column, column, 0):
            yield relation, column, test


def _tests(types: dict[int, Type], oid: int, value: str, place: str, depth: int) -> Iterator[ValueTest]:
    """Tests for a value, given as SQL, of a type."""
    one = types.get(oid)
    if one is None:
        return
    if one.shape == "domain":
        yield from _domain(types, one, value, place, depth)
    elif one.shape == "enum":
        # Whoever deletes a label leaves a gap, unless it was the last one.
        whole = [place for _, place in one.labels] == list(range(1, len(one.labels) + 1))
        labelled = f"(({value}) OPERATOR(pg_catalog.=) ANY ({_labels(one)})) IS FALSE"
        # NULL = ANY of nothing is false.
        violated = labelled if one.labels else f"pg_catalog.num_nulls({value}) = 0"
        yield ValueTest(violated, place, None, one.identity, whole)
    elif one.shape in ("array", "multirange"):
        yield from _elements(types, one, value, place, depth)
    elif one.shape == "composite":
        for name, type in one.fields:
            for test in _tests(types, type, f"({value}).{name}", f"{place}.{name}", depth):
                # The fields of no row at all are no values.
                yield replace(test, violated=f"({value} IS DISTINCT FROM NULL AND {test.violated})", nested=True)
    elif one.shape == "range":
        for bound in ("lower", "upper"):
            for test in _tests(types, one.inner, f"pg_catalog.{bound}({value})", f"{bound}({place})", depth):
                there = f"pg_catalog.num_nulls(pg_catalog.{bound}({value})) = 0"
                yield replace(test, violated=f"({there} AND {test.violated})", nested=True)


def _domain(types: dict[int, Type], domain: Type, value: str, place: str, depth: int) -> Iterator[ValueTest]:
    base = domain
    while base.shape == "domain" and base.inner in types:
        base = types[base.inner]
    # To the type below all domains: a cast to a domain would check its constraints, and raise.
    plain = f"({value})::{base.name}"
    if domain.not_null:
        yield ValueTest(f"pg_catalog.num_nulls({plain}) > 0", place, "NOT NULL", domain.identity, True)
    for name, expression, valid in domain.rules:
        substituted = _VALUE.sub(lambda match: f"({plain})" if match[0] == "VALUE" else match[0], expression)
        yield ValueTest(f"({substituted}) IS FALSE", place, f"its constraint {name}", domain.identity, valid)
    # A domain over a domain inherits its rules; one over something composed holds its parts.
    yield from _tests(types, domain.inner, value if _is_domain(types, domain.inner) else plain, place, depth)


def _is_domain(types: dict[int, Type], oid: int) -> bool:
    return oid in types and types[oid].shape == "domain"


def _labels(enum: Type) -> str:
    return f"ARRAY[{', '.join(quote_literal(label) for label, _ in enum.labels)}]::{enum.name}[]"


def _elements(types: dict[int, Type], whole: Type, value: str, place: str, depth: int) -> Iterator[ValueTest]:
    inner = types.get(whole.inner)
    element = f"safety_element_{depth}"
    unnested = f"(SELECT pg_catalog.unnest({value}) AS {element}) AS safety_unnested_{depth}"
    for test in _tests(types, whole.inner, element, f"{place}[]", depth + 1):
        violated = f"EXISTS (SELECT FROM {unnested} WHERE {test.violated})"
        if inner is not None and inner.shape == "enum":  # most arrays hold no NULL: then one comparison tells
            violated = f"CASE WHEN ({value}) OPERATOR(pg_catalog.<@) {_labels(inner)} THEN false ELSE {violated} END"
        yield replace(test, violated=violated, nested=True)
