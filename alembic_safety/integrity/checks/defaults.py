"""Defaults of columns and domains that name a sequence which is not there, or can't even be read: an INSERT that relies on them fails.

PostgreSQL keeps a sequence that a default names by ``regclass``; one named by text, as in ``nextval('s'::text)``, goes without a
word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope, oid_array
from alembic_safety.integrity.work import Check, Task, careful, together
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session

NAME = "defaults"
_BATCH = 2000
_SECONDS = 1e-5

_COLUMNS = """
SELECT d.oid, t.identity || '.' || quote_ident(a.attname), 'column', format('ALTER TABLE %s ALTER COLUMN %I', t.identity, a.attname)
FROM scope t
JOIN pg_catalog.pg_attrdef d ON d.adrelid = t.oid
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = '' AND NOT a.attisdropped
"""
_DOMAINS = """
SELECT t.oid, format('%I.%I', n.nspname, t.typname), 'domain', format('ALTER DOMAIN %I.%I', n.nspname, t.typname)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'd' AND t.typdefaultbin IS NOT NULL AND {domains}
"""
_TEXT = {
    "column": "pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef WHERE oid =",
    "domain": "pg_get_expr(typdefaultbin, 0) FROM pg_catalog.pg_type WHERE oid =",
}

#: A relation by its name at run time, or by a number because its name is gone.
_BY_NAME = re.compile(r"\('((?:[^']|'')*)'::(?:text|character varying)\)::(?:pg_catalog\.)?regclass")
_BY_NUMBER = re.compile(r"'(\d+)'::(?:pg_catalog\.)?regclass")


@dataclass(frozen=True, slots=True)
class Default:
    """A default of a column or domain."""

    #: In pg_attrdef or pg_type.
    oid: int
    subject: str
    kind: str
    #: The statement that would change it, without its end.
    alter: str


def _plan(session: Session, scope: Scope) -> Iterator[Task]:
    domains = "false" if scope.narrowed else scope.schema_condition
    for sql in (_COLUMNS, _DOMAINS.format(domains=domains)):
        defaults = [Default(*row) for row in session.fetch(scope.query(sql))]
        for start in range(0, len(defaults), _BATCH):
            batch = defaults[start : start + _BATCH]
            yield Task(NAME, f"{len(batch)} defaults", _SECONDS * len(batch), partial(_run, batch))


CHECK = Check(NAME, "defaults that name a missing sequence", _plan)


def _run(defaults: Sequence[Default], session: Session) -> Iterator[Record]:
    def done(default: Default, values: tuple[object, ...]) -> Iterable[Record]:
        return careful(
            session, lambda: list(_judge(session, default, str(values[0]))), default.subject, "", default.kind
        )

    def failed(default: Default, failure: Failure) -> Iterable[Record]:
        return (_broken(default, f"can't be read: {failure.reason}"),)

    yield from together(session, defaults, _read, done, failed)


def _read(session: Session, defaults: Sequence[Default]) -> list[tuple[Any, ...]]:
    """Positions and texts of those that name a relation; raises where one can't be read. All are of one kind."""
    texts = f"""SELECT u.n - 1, (SELECT {_TEXT[defaults[0].kind]} u.oid)
        FROM unnest({oid_array(default.oid for default in defaults)}) WITH ORDINALITY AS u(oid, n)"""
    return session.fetch(f"SELECT * FROM ({texts}) AS read(position, expression) WHERE expression LIKE '%regclass%'")


def _judge(session: Session, default: Default, expression: str) -> Iterator[Record]:
    for number in dict.fromkeys(_BY_NUMBER.findall(expression)):
        if not session.fetch(f"SELECT 1 FROM pg_catalog.pg_class WHERE oid = {number}"):
            yield _broken(default, f"uses a sequence or table that does not exist (OID {number})")
    for literal in dict.fromkeys(_BY_NAME.findall(expression)):
        name = literal.replace("''", "'")
        if not _exists(session, name):
            yield _broken(default, f"uses {name}, which does not exist")


def _exists(session: Session, name: str) -> bool:
    """Whether there is a relation that ``name`` could mean: without a schema, in any schema, for who knows the search_path."""
    quoted = quote_literal(name)
    found = attempt(
        session,
        lambda: session.fetch(
            f"""SELECT CASE cardinality(parts) WHEN 1 THEN EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = parts[1])
            ELSE pg_catalog.to_regclass({quoted}) IS NOT NULL END FROM parse_ident({quoted}) AS parts"""
        )[0][0],
    )
    return not isinstance(found, Failure) and bool(found.value)


def _broken(default: Default, why: str) -> Finding:
    return Finding(
        code="broken-default",
        severity=Severity.ERROR,
        message=f"the default of {default.kind} {default.subject} {why}",
        kind=default.kind,
        subject=default.subject,
        query=f"SELECT {_TEXT[default.kind]} {default.oid}",
        remedy=f"Create what it uses, or {default.alter} SET DEFAULT …",
    )
