"""The rows of a table as text, by key: to say which rows differ, and in what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.postgres.identifiers import quote_ident, quote_literal

if TYPE_CHECKING:
    from alembic_safety.model.catalog import CatalogObject
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.session import Session

#: Rows of a table that are looked at one by one; of larger ones only the fingerprints are compared.
MOST_ROWS = 50_000
_EXAMPLES = 5
Row = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class Image:
    """A table's rows at one moment."""

    columns: tuple[str, ...]
    #: Columns whose values tell a row from every other; none where the table has no such key.
    key: tuple[str, ...]
    #: Rows by key as text; without a key by their whole contents and how many such were before.
    rows: Mapping[str, Row]

    def column(self, name: str) -> int:
        """The place of a column in a row."""
        return self.columns.index(name)


def key_columns(snapshot: Snapshot, table: CatalogObject) -> tuple[str, ...]:
    """The names of the columns of a key without NULLs: the primary key, or else a unique constraint; () where there is none."""
    columns = {c.name: c for c in snapshot.children.get(table.address, ()) if c.kind == "column"}
    keys = [
        tuple(str(name) for name in obj.props["columns"])
        for kind in ("primary key", "unique")
        for obj in snapshot.children.get(table.address, ())
        if obj.kind == "constraint" and obj.props["type"] == kind
    ]
    return next((key for key in keys if all(n in columns and columns[n].props["not_null"] for n in key)), ())


def image(session: Session, table: str, columns: Sequence[str], key: Sequence[str]) -> Image | None:
    """A table's rows; None where they are too many to look at, or a downgrade did not bring the table back in this form.

    :param columns: names; ``key`` are some of them, or none.
    Raises the driver's own error.
    """
    if not columns:
        return Image(columns=(), key=(), rows={})
    names = ", ".join(quote_literal(name) for name in columns)
    there = session.fetch(
        f"SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass({quote_literal(table)}) "
        f"AND attname IN ({names}) AND NOT attisdropped"
    )
    if there[0][0] != len(columns):
        return None
    listed = ", ".join(f"{quote_ident(name)}::pg_catalog.text" for name in columns)
    found = session.fetch(f"SELECT {listed} FROM ONLY {table} LIMIT {MOST_ROWS + 1}")
    if len(found) > MOST_ROWS:
        return None
    rows: dict[str, Row] = {}
    places = [list(columns).index(name) for name in key]
    seen: Counter[Row] = Counter()
    for row in found:
        if places:
            rows[", ".join(str(row[place]) for place in places)] = row
        else:
            seen[row] += 1
            rows[f"{row!r} {seen[row]}"] = row
    return Image(columns=tuple(columns), key=tuple(key), rows=rows)


def differing(was: Image, now: Image) -> list[str]:
    """What differs, a clause each: rows that are gone or new, and columns with how many rows and which."""
    gone = [key for key in was.rows if key not in now.rows]
    new = [key for key in now.rows if key not in was.rows]
    if not was.key:
        both = min(len(gone), len(new))
        found = [f"{_rows(both)} differ{'s' if both == 1 else ''} of {len(was.rows)}"] if both else []
        found += [f"{_rows(len(gone) - both)} {_are(len(gone) - both)} gone"] if len(gone) > both else []
        return found + ([f"{_rows(len(new) - both)} {_are(len(new) - both)} new"] if len(new) > both else [])
    found = []
    for name in was.columns:
        if name in now.columns and (keys := _changed(was, now, name)):
            found.append(f"{name} differs in {len(keys)} of {_rows(len(was.rows))} ({shown(was.key, keys)})")
    found += [f"{_rows(len(gone))} {_are(len(gone))} gone ({shown(was.key, gone)})"] if gone else []
    return found + ([f"{_rows(len(new))} {_are(len(new))} new ({shown(was.key, new)})"] if new else [])


def _changed(was: Image, now: Image, name: str) -> list[str]:
    before, after = was.column(name), now.column(name)
    return [key for key, row in was.rows.items() if key in now.rows and now.rows[key][after] != row[before]]


def shown(key: Sequence[str], keys: Sequence[str]) -> str:
    """Example keys as a report shows them: ``id 1, 2, 3, …``."""
    if not key:
        return "no key"
    names = ", ".join(key) if len(key) == 1 else f"({', '.join(key)})"
    values = [k if len(key) == 1 else f"({k})" for k in sorted(keys, key=_order)[:_EXAMPLES]]
    short = [value if len(value) <= 40 else value[:40] + "…" for value in values]
    return f"{names} {', '.join(short)}{', …' if len(keys) > _EXAMPLES else ''}"


def _order(key: str) -> tuple[int, str]:
    return len(key), key


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
