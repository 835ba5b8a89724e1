"""What of a database can be dumped: its tables with sizes and whether we may read them, its sequences, its own properties."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic_safety.postgres.catalog.quiet import canonical_names
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.session import Session

#: How many tables are counted in one round trip.
_BATCH = 50

# Members of extensions are made by CREATE EXTENSION, except for the configuration tables that pg_dump takes all the same.
_TABLES = """
WITH RECURSIVE up(leaf, relation) AS (
  SELECT oid, oid FROM pg_catalog.pg_class WHERE relkind = 'r' AND relispartition
  UNION ALL
  SELECT up.leaf, i.inhparent FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.relation
), roots AS (
  SELECT up.leaf, pg_catalog.min(up.relation) FILTER (WHERE NOT c.relispartition) AS root
  FROM up JOIN pg_catalog.pg_class c ON c.oid = up.relation GROUP BY up.leaf
), locked AS MATERIALIZED (
  -- What others lock exclusively is estimated by its pages: pg_table_size would wait for the end of their transaction.
  SELECT l.relation FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
    AND l.pid <> pg_catalog.pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
)
SELECT n.nspname::text, c.relname::text, c.relkind::text,
  CASE WHEN c.oid IN (SELECT relation FROM locked) THEN c.relpages * pg_catalog.current_setting('block_size')::pg_catalog.int8
    ELSE pg_catalog.pg_table_size(c.oid) END,
  rn.nspname::text, r.relname::text,
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
    AND NOT (c.relkind = 'r' AND pg_catalog.row_security_active(c.oid)),
  tn.nspname::text, t.relname::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN roots ON roots.leaf = c.oid
LEFT JOIN pg_catalog.pg_class r ON r.oid = roots.root
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_depend o ON c.relkind = 'S' AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND o.objid = c.oid AND o.refclassid = o.classid AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_class t ON t.oid = o.refobjid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE c.relkind IN ('r', 'S', 'm', 'p') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig))
    OR NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'))
ORDER BY 1, 2
"""

_COLUMNS = """
SELECT n.nspname::text, c.relname::text,
  pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
    ORDER BY a.attnum)::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY 1, 2
"""

_DATABASE = """
SELECT pg_catalog.row_to_json(d)::text FROM (
  SELECT d.datname AS name, pg_catalog.pg_get_userbyid(d.datdba) AS owner, d.datacl::text[] AS acl,
    pg_catalog.pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collate, d.datctype AS ctype,
    pg_catalog.to_jsonb(d) ->> 'datlocprovider' AS provider,
    coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale') AS locale,
    pg_catalog.to_jsonb(d) ->> 'daticurules' AS icu_rules,
    (SELECT spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = d.dattablespace) AS tablespace,
    d.datconnlimit AS connection_limit, pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(coalesce(pg_catalog.pg_get_userbyid(nullif(s.setrole, 0)), ''),
        s.setconfig) ORDER BY s.setrole) FROM pg_catalog.pg_db_role_setting s WHERE s.setdatabase = d.oid) AS settings
  FROM pg_catalog.pg_database d WHERE d.datname = %s) d
"""


@dataclass(frozen=True)
class Relation:
    """A table, partitioned table, materialized view or sequence."""

    schema: str
    name: str
    #: r | p | m | S, as pg_class has it.
    kind: str
    #: Bytes of heap and TOAST.
    size: int
    #: What it is a partition of in the end, as SQL writes it; '' for what is no partition.
    root: str
    #: Whether pg_dump may read it as we are: by its privileges, and with no policy that hides rows.
    readable: bool
    #: The table whose column a sequence belongs to, as SQL writes it; '' for none.
    owner: str = ""

    @property
    def identity(self) -> str:
        """Its name as SQL writes it."""
        return qualified(self.schema, self.name)

    @property
    def pattern(self) -> str:
        """Its name as the options of pg_dump take it: nothing in it is a wildcard."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.name))


def relations(session: Session) -> list[Relation]:
    """Everything with rows or a state that pg_dump would dump, by name."""
    return [
        Relation(
            row[0],
            row[1],
            row[2],
            int(row[3] or 0),
            qualified(row[4], row[5]) if row[5] else "",
            bool(row[6]),
            qualified(row[7], row[8]) if row[8] else "",
        )
        for row in session.fetch(_TABLES)
    ]


def column_types(session: Session) -> dict[str, list[tuple[str, str]]]:
    """By table (as SQL writes it): its columns that hold values of their own, with their types, every name qualified.

    Needs an open transaction.
    """
    with canonical_names(session):
        rows = session.fetch(_COLUMNS)
    return {qualified(row[0], row[1]): [(c[0], c[1]) for c in json.loads(row[2])] for row in rows}


def row_counts(session: Session, tables: Sequence[str]) -> dict[str, int]:
    """How many rows each table holds by itself, without those of its children."""
    found: dict[str, int] = {}
    for start in range(0, len(tables), _BATCH):
        counts = (
            f"SELECT {quote_literal(name)}, pg_catalog.count(*) FROM ONLY {name}"
            for name in tables[start : start + _BATCH]
        )
        found.update({str(row[0]): int(row[1]) for row in session.fetch(" UNION ALL ".join(counts))})
    return found


def sequence_states(session: Session, sequences: Sequence[str]) -> dict[str, list[Any]]:
    """By sequence: its last value, and whether that was handed out."""
    found: dict[str, list[Any]] = {}
    for start in range(0, len(sequences), _BATCH):
        states = (
            f"SELECT {quote_literal(name)}, last_value, is_called FROM {name}"
            for name in sequences[start : start + _BATCH]
        )
        found.update({str(row[0]): [int(row[1]), bool(row[2])] for row in session.fetch(" UNION ALL ".join(states))})
    return found


def database_properties(session: Session, dbname: str) -> dict[str, Any]:
    """What belongs to the database itself and is in no dump of its contents: owner, grants, settings, locale, comment."""
    found: dict[str, Any] = json.loads(session.fetch(_DATABASE, [dbname])[0][0])
    return found
