"""Other values for columns of which an upgrade reads something else than they hold: its error says what.

A text column that is cast to ``uuid`` holds nothing else in a table in use, and nothing in the catalog says so. Nor does it say of
a column that is compared with one of another table, to fill a new one that takes no NULL, that it refers to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.postgres.identifiers import qualified, quote_ident, quote_literal
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.failure import driver_error, explain
from alembic_safety.rehearsal.rows.attempts import attempt, unchecked

if TYPE_CHECKING:
    from alembic_safety.postgres.session import Session

#: Data exceptions, of which the message names the type: of a text that is cast, and of a document that is taken apart.
_STATES = ("22P02", "22007", "22008", "22023", "22003", "2200G")
_TYPE = re.compile(
    r'^invalid input (?:syntax for (?:type )?|value for enum )(?P<type>[^:\n]+?)(?:: "(?P<value>.*)")?$', re.DOTALL
)
_BEYOND = re.compile(r'^value "(?P<value>.*)" is out of range for type (?P<type>.+)$', re.DOTALL)
_DATE = re.compile(r'^date/time field value out of range: "(?P<value>.*)"$', re.DOTALL)
_DOCUMENT = re.compile(r"^cannot (?:extract|get|call|deconstruct|populate)\b.*")
_LIST = re.compile(r"element|array_length|array length|recordset|non-array")
_WORD = re.compile(r"[^\W\d]\w*")
_TEXTS = "'text', 'varchar', 'bpchar', 'citext'"
#: A number of up to 24 bits that is the same wherever the old value is: what refers to a value goes on to do so.
_NUMBER = (
    "('x' || pg_catalog.substr(pg_catalog.md5({old}::pg_catalog.text), 1, 6))::pg_catalog.bit(24)::pg_catalog.int4"
)
#: The new value as text, of that number ``n`` and of the old value, by the type as the error names it.
_FORMS = {
    "uuid": "pg_catalog.md5({old}::pg_catalog.text)::pg_catalog.uuid",
    "smallint": "{n} % 30000", "integer": "{n}", "bigint": "{n}", "numeric": "{n}", "real": "{n} % 100000",
    "double precision": "{n}", "money": "{n}", "oid": "{n}",
    "boolean": "{n} % 2 = 0",
    "date": "date '2000-01-01' + {n} % 9000",
    "timestamp": "timestamp '2000-01-01 12:34:56' + {n} * interval '1 minute'",
    "timestamp with time zone": "timestamptz '2000-01-01 12:34:56+00' + {n} * interval '1 minute'",
    "time": "time '00:00' + {n} * interval '1 second'",
    "interval": "{n} * interval '1 second'",
    "json": "'{{\"v\": ' || {n} || '}}'", "jsonb": "'{{\"v\": ' || {n} || '}}'",
    "inet": "inet '10.0.0.0' + {n}", "cidr": "inet '10.0.0.0' + {n}",
    "array": "'[{{\"v\": ' || {n} || '}}]'",
}  # fmt: skip
_HOLDERS = """
SELECT pg_catalog.format('%%I.%%I', s.nspname, c.relname), a.attname::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE c.oid = ANY (ARRAY[%s]::pg_catalog.regclass[]) AND t.typname IN (%s) AND a.attgenerated = '' ORDER BY c.oid, a.attnum
"""
_NULL = "23502"
_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d]\w*)'
_SIDE = rf"(?:\b\w+\s*\(\s*)?(?:{_NAME}\s*\.\s*)*({_NAME})\s*\)?(?:\s*::\s*\w+)?"
#: Two columns that are held against each other, as they are or through a function.
_EQUAL = re.compile(rf"{_SIDE}\s*=\s*{_SIDE}")
_COLUMNS = """
SELECT pg_catalog.format('%%I.%%I', s.nspname, c.relname), a.attname::pg_catalog.text,
    EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1
        AND i.indkey[0] = a.attnum)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = ANY (ARRAY[%s]::pg_catalog.regclass[]) AND a.attgenerated = '' ORDER BY c.oid, a.attnum
"""
#: Rows take the values of the other column in turn.
_MATCHING = """
WITH value AS (SELECT v, pg_catalog.row_number() OVER (ORDER BY v) - 1 AS n, pg_catalog.count(*) OVER () AS number
  FROM (SELECT DISTINCT {source_column} AS v FROM {source} WHERE {source_column} IS NOT NULL) AS q),
line AS (SELECT tableoid AS place, ctid AS id, pg_catalog.row_number() OVER (ORDER BY tableoid, ctid) - 1 AS n FROM {table})
UPDATE {table} AS t SET {column} = v::pg_catalog.text::{type}
FROM line JOIN value ON value.n = line.n % value.number WHERE t.tableoid = line.place AND t.ctid = line.id
"""
_OWN_TYPE = """
SELECT pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute WHERE attrelid = %s::pg_catalog.regclass AND attname = %s
"""


@dataclass(frozen=True, order=True)
class Amend:
    """What a column is to hold."""

    table: str
    column: str
    #: A type as the server names it in errors; ``array`` for a document that is one; ``source`` in words.
    type: str
    #: A column of another table whose values they are; empty for none.
    source: tuple[str, ...] = ()

    def apply(self, session: Session) -> None:
        """Give every value that is there one of that type in its place, the same for the same; or values of the other column."""
        column = quote_ident(self.column)
        type_ = session.fetch(_OWN_TYPE % (quote_literal(self.table), quote_literal(self.column)))[0][0]
        if self.source:
            table, other = self.source
            matching = _MATCHING.format(
                source=table, source_column=quote_ident(other), table=self.table, column=column, type=type_
            )
            if not attempt(session, matching):
                attempt(session, unchecked(matching))
            return
        form = _FORMS.get(self.type)
        if form is None:  # an enum, perhaps
            labels = f"pg_catalog.enum_range(NULL::{self.type})"
            form = f"({labels})[1 + {{n}} % pg_catalog.cardinality({labels})]"
        new = form.format(n=_NUMBER.format(old=column), old=column)
        change = f"UPDATE {self.table} SET {column} = ({new})::pg_catalog.text::{type_} WHERE {column} IS NOT NULL"
        if not attempt(session, change):  # the application's own triggers may refuse
            attempt(session, unchecked(change))


def may_tell(error: Exception) -> bool:
    """Whether an error may say what has to be other about rows."""
    return sqlstate(error) in (*_STATES, _NULL)


def amends_for(
    session: Session, error: Exception, tables: Collection[str], executed: Iterable[str] = ()
) -> tuple[Amend, ...]:
    """What has to be other about the rows of these tables for the upgrade not to fail as it did; () where that can't be told.

    :param session: at the rows that the upgrade failed on.
    :param executed: the statements that it got to.
    """
    if sqlstate(error) == _NULL:
        return _matches(session, child_of(error), tables, executed)
    said = explain(error)
    message = _message(error)
    if _DOCUMENT.match(message):
        type_, value, holders = "array" if _LIST.search(message) else "json", None, "'json', 'jsonb'"
    else:
        match = _TYPE.match(message) or _BEYOND.match(message) or _DATE.match(message)
        if match is None:
            return ()
        named = match.groupdict()
        type_, value, holders = named.get("type") or "timestamp", named.get("value"), _TEXTS
    listed = ", ".join(map(quote_literal, sorted(tables)))
    columns = [(str(table), str(column)) for table, column in session.fetch(_HOLDERS % (listed, holders))]
    if value is not None:
        columns = [(table, column) for table, column in columns if _holds(session, table, column, value)]
    words = {word.lower() for word in _WORD.findall(said.replace(message, ""))}
    mentioned = [(table, column) for table, column in columns if column.lower() in words]
    if value is None and holders == _TEXTS and not mentioned:
        return ()
    return tuple(Amend(table, column, type_) for table, column in mentioned or columns)


def _matches(session: Session, table: str, tables: Collection[str], executed: Iterable[str]) -> tuple[Amend, ...]:
    """Columns of a table that were compared with those of others, which are to hold values of theirs."""
    if table not in tables:
        return ()
    holders: dict[str, list[tuple[str, str, bool]]] = {}
    for name, column, is_key in session.fetch(_COLUMNS % ", ".join(map(quote_literal, sorted(tables)))):
        holders.setdefault(str(column).lower(), []).append((str(name), str(column), bool(is_key)))
    found: dict[str, Amend] = {}
    for match in (match for text in executed for match in _EQUAL.finditer(text)):
        left, right = (name.strip('"').lower() for name in match.groups())
        for own, other in (left, right), (right, left):
            columns = [column for name, column, is_key in holders.get(own, ()) if name == table and not is_key]
            sources = [(name, column) for name, column, is_key in holders.get(other, ()) if name != table and is_key]
            if columns and sources:
                name, column = sources[0]
                words = f"{name}.{quote_ident(column)}"
                found.setdefault(columns[0], Amend(table, columns[0], words, (name, column)))
    return tuple(found.values())


def child_of(error: Exception) -> str:
    """The table, as SQL writes it, whose row breaks a constraint; '' where the error does not say."""
    diagnostics = getattr(driver_error(error), "diag", None)
    schema, table = (getattr(diagnostics, name, None) for name in ("schema_name", "table_name"))
    return qualified(schema, table) if schema and table else ""


def merged(old: Iterable[Amend], new: Iterable[Amend]) -> tuple[Amend, ...]:
    """Both, the new where they are about the same column."""
    return tuple(sorted({(one.table, one.column): one for one in (*old, *new)}.values()))


def _holds(session: Session, table: str, column: str, value: str) -> bool:
    asked = f"SELECT EXISTS (SELECT FROM {table} WHERE {quote_ident(column)}::pg_catalog.text = {quote_literal(value)})"
    return bool(session.fetch(asked)[0][0])


def _message(error: BaseException) -> str:
    original = driver_error(error)
    diagnostics = getattr(original, "diag", None)
    return str((diagnostics.message_primary if diagnostics is not None else None) or original)
