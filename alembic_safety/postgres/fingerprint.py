"""What a table holds, as one number: equal for equal multisets of rows, whatever their order and that of the columns.

Hashed are the bytes that the types send, not what their ``=`` takes for equal: a number's scale or sign, ``citext``'s case and
``1 day`` against ``24 hours`` are differences. The sum over all rows of a hash of the whole row notices values that were
swapped between rows, and a row that is there twice. Two tables that differ have the same sum by chance once in 2^64 (once in
2^128 with ``strong``).

A type that can be dropped and made anew (enum, domain, composite, an extension's) is compared by its text, since its bytes
hold OIDs; so are the few types that send no bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.postgres.session import Session

#: Columns of one record at most: PostgreSQL refuses more than 1,664.
_MOST = 1600
#: Their text depends on these settings.
_SETTINGS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "search_path": "pg_catalog",
    "xmloption": "content",
}
#: Their values as they are.
_PRESENT = "VALUES " + ", ".join(
    f"({quote_literal(n)}, pg_catalog.current_setting({quote_literal(n)}))" for n in _SETTINGS
)
_COLUMNS = """
SELECT a.attrelid::pg_catalog.int8, a.attname::pg_catalog.text,
  t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typsend <> 0 AND t.typtype IN ('b', 'r', 'm')
    AND (t.typelem = 0 OR e.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND e.typsend <> 0 AND e.typtype = 'b')
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE a.attrelid = ANY (ARRAY(SELECT pg_catalog.to_regclass(n)::pg_catalog.oid FROM pg_catalog.unnest(%s) AS n)) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attname
"""


@dataclass(frozen=True, slots=True, order=True)
class Fingerprint:
    """A table's contents."""

    rows: int
    #: Exact sums of 64-bit hashes of the rows: one, or two with ``strong``.
    sums: tuple[int, ...]
    #: The sum of each column alone, by name, where it was asked for.
    columns: tuple[tuple[str, int], ...] = field(default=(), compare=False)


def fingerprints(
    session: Session,
    tables: Sequence[str],
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    only: bool = False,
    strong: bool = False,
    by_column: bool = False,
    portable: bool = False,
) -> dict[str, Fingerprint]:
    """The fingerprint of each table that exists, one scan each, in one round trip.

    Settings that a text depends on are pinned meanwhile, and are as they were afterwards.

    :param tables: names as SQL writes them: ``public.orders``, ``"My Schema"."t"``.
    :param columns: which columns count, for tables where not all do.
    :param only: rows of the table itself, not of its partitions and children.
    :param strong: 128 bits in the place of 64; a tenth to a third dearer.
    :param portable: the same sums on every major version of the server; a little dearer from 18 on.
    :param by_column: sums of each column too, so that ``differences`` can name columns; dearer by the number of columns.
    Raises the driver's own error, and leaves the settings then to whoever rolls back.
    """
    if not tables:
        return {}
    wanted = columns or {}
    known, rows, settings, versions = fetch_all(
        session, [_oids(tables), _columns(tables), _PRESENT, "SHOW server_version_num"]
    )
    oids, found = _found(known, rows)
    version = 0 if portable else int(versions[0][0])
    scans = []
    names: dict[str, list[str]] = {}
    for name, oid in oids.items():
        have = found.get(oid, [])
        if name in wanted:
            have = [column for column in have if column[0] in wanted[name]]
        source = f"ONLY {name}" if only else name
        singles = [f"coalesce(pg_catalog.sum({row_hash([c], 't', version=version)}), 0)::text" for c in have]
        listed = f"ARRAY[{', '.join(singles)}]::text[]" if by_column else "'{}'::text[]"
        names[name] = [column for column, _ in have] if by_column else []
        scans.append(
            f"SELECT {quote_literal(name)}, {listed}, {_sums(have, strong=strong, version=version)} FROM {source} AS t"
        )
    if not scans:
        return {}
    asked = [_set(_SETTINGS.items()), " UNION ALL ".join(scans), _set((str(n), str(v)) for n, v in settings)]
    return {
        str(name): Fingerprint(
            int(count),
            tuple(int(s) for s in sums),
            tuple(zip(names[name], map(int, values), strict=True)),
        )
        for name, values, count, *sums in fetch_all(session, asked)[1]
    }


def row_hash(columns: Iterable[tuple[str, bool]], alias: str, *, seed: int = 0, version: int = 0) -> str:
    """An SQL expression for the 64-bit hash of a row's bytes.

    :param columns: names, and whether the type's own bytes may be compared.
    :param version: ``server_version_num``; from 18 on there is a quicker way.
    """
    parts = [f"{alias}.{quote_ident(name)}" + ("" if raw else "::pg_catalog.text") for name, raw in columns]
    records = [f"ROW({', '.join(parts[i : i + _MOST])})" for i in range(0, len(parts), _MOST)] or ["ROW()"]
    sent = " || ".join(f"pg_catalog.record_send({record})" for record in records)
    if version >= 180000:
        return f"pg_catalog.hashbyteaextended({sent}, {seed})"
    return f"pg_catalog.hash_record_extended(ROW({sent}), {seed})"


def comparable_columns(session: Session, table: str) -> list[tuple[str, bool]]:
    """A table's columns by name, and whether the bytes of each may be compared (else its text); [] if there is no such table."""
    oids, found = _found(*fetch_all(session, [_oids([table]), _columns([table])]))
    return found.get(oids.get(table, 0), [])


def differences(before: Fingerprint, after: Fingerprint) -> tuple[str, ...]:
    """What differs, in plain words; names columns where both fingerprints were taken ``by_column``."""
    if (before.rows, before.sums) == (after.rows, after.sums):
        return ()
    if before.rows != after.rows:
        return (f"{before.rows} rows became {after.rows}",)
    now = dict(after.columns)
    changed = [name for name, value in before.columns if now.get(name) != value]
    if changed:
        return (f"values of {', '.join(changed)} differ",)
    return ("values belong to other rows than before",) if before.columns else ("values differ",)


def _sums(columns: Sequence[tuple[str, bool]], *, strong: bool, version: int) -> str:
    seeds = (0, 7146097132) if strong else (0,)
    sums = (f"coalesce(pg_catalog.sum({row_hash(columns, 't', seed=s, version=version)}), 0)" for s in seeds)
    return ", ".join(("pg_catalog.count(*)", *sums))


def _named(tables: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(quote_literal(name) for name in tables)}]::pg_catalog.text[]"


def _oids(tables: Sequence[str]) -> str:
    """Which of the tables exist."""
    return f"SELECT n, pg_catalog.to_regclass(n)::pg_catalog.oid::pg_catalog.int8 FROM pg_catalog.unnest({_named(tables)}) AS n"


def _columns(tables: Sequence[str]) -> str:
    return _COLUMNS.replace("%s", _named(tables))


def _found(
    oids: Iterable[tuple[Any, ...]], columns: Iterable[tuple[Any, ...]]
) -> tuple[dict[str, int], dict[int, list[tuple[str, bool]]]]:
    """OIDs by name, and columns by OID, from the rows of ``_oids`` and ``_columns``."""
    result: dict[int, list[tuple[str, bool]]] = {}
    for oid, name, raw in columns:
        result.setdefault(int(oid), []).append((str(name), bool(raw)))
    return {str(name): int(oid) for name, oid in oids if oid is not None}, result


def _set(values: Iterable[tuple[str, str]]) -> str:
    """Settings that a text depends on, fixed until they are put back by name (or by a rollback)."""
    calls = ", ".join(
        f"pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, true)" for name, value in values
    )
    return f"SELECT {calls}"


__all__ = ["Fingerprint", "comparable_columns", "differences", "fingerprints", "row_hash"]
