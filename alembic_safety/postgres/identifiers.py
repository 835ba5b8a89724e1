"""Names and literals as PostgreSQL itself would write them (``quote_ident`` and ``quote_literal``, without a server)."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")

# What pg_get_keywords() calls reserved, reserved-but-function-or-type, or column-name-only, in any of PostgreSQL 14 to 18:
# quote_ident() quotes all but the unreserved ones. The union: needless quotes do no harm, missing ones do.
KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
    cast char character check coalesce collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
    decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze
    from full grant greatest group grouping having ilike in initially inner inout int integer intersect interval
    into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime localtimestamp
    merge_action national natural nchar none normalize not notnull null nullif numeric offset on only or order out
    outer overlaps overlay placing position precision primary real references returning right row select
    session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp
    to trailing treat trim true union unique user using values varchar variadic verbose when where window with
    xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize
    xmltable
    """.split()  # noqa: SIM905
)


def quote_ident(name: str) -> str:
    """``name`` as SQL: quoted only when PostgreSQL's own ``quote_ident`` of some supported version would.

    Raises ValueError for an empty name or one with a NUL character, which no identifier can be.
    """
    if not name or "\0" in name:
        raise ValueError(f"{name!r} can't be an identifier")
    if _PLAIN.match(name) and name not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str | None, name: str) -> str:
    """``schema.name`` as SQL, each part quoted where needed; without a schema only the name."""
    return f"{quote_ident(schema)}.{quote_ident(name)}" if schema else quote_ident(name)


def quote_literal(text: str) -> str:
    """``text`` as a string literal that means the same whatever ``standard_conforming_strings`` is.

    Raises ValueError for a NUL character, which no PostgreSQL text can hold.
    """
    if "\0" in text:
        raise ValueError("a PostgreSQL text can't hold a NUL character")
    doubled = text.replace("'", "''")
    if "\\" in text:
        return "E'" + doubled.replace("\\", "\\\\") + "'"
    return f"'{doubled}'"


def folded(written: str) -> str:
    """The name that PostgreSQL makes of one as it is written in SQL: in lower case, unless it is quoted."""
    if len(written) > 1 and written[0] == written[-1] == '"':
        return written[1:-1].replace('""', '"')
    return written.lower()


def schema_of(identity: str) -> str:
    """The schema's bare name, of ``public.t`` or ``"My schema".t``."""
    if identity.startswith('"'):
        found = re.match(r'"((?:[^"]|"")*)"', identity)
        return found[1].replace('""', '"') if found else identity
    return identity.partition(".")[0]
