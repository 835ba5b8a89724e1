"""What was kept of the rows that a transaction wrote, handed to the verification before COMMIT: then it need not look for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.own_schema import NAME as OWN

if TYPE_CHECKING:
    from alembic_safety.integrity.touched import Touched
    from alembic_safety.postgres.session import Session

# Kept without a doubt in this very transaction, of a table by itself whose file was left alone, by its primary key. Values that
# are kept as text, or under another collation, are nothing to compare with.
_CAPTURES = f"""
SELECT q.relation::int8, q.number, q.key, k.names, CASE WHEN NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_constraint con, unnest(con.confkey) AS referred
        WHERE con.contype = 'f' AND con.confrelid = q.relation AND NOT coalesce((
            SELECT q.typed[u.i] AND q.suffixes[u.i] = '' FROM unnest(q.numbers) WITH ORDINALITY AS u (number, i) WHERE u.number = referred), false))
    THEN (SELECT array_agg(CASE WHEN q.typed[u.i] AND q.suffixes[u.i] = '' THEN u.name END ORDER BY u.i)
          FROM unnest(q.after_columns) WITH ORDINALITY AS u (name, i)) END,
    ARRAY[pg_catalog.pg_stat_get_xact_tuples_inserted(q.relation), pg_catalog.pg_stat_get_xact_tuples_updated(q.relation),
          pg_catalog.pg_stat_get_xact_tuples_deleted(q.relation)]
FROM {OWN}.quarantine q JOIN {OWN}.preservation p ON p.number = q.preservation
CROSS JOIN LATERAL (SELECT array_agg(q.after_columns[u.p]::text ORDER BY u.j) AS names, bool_and(q.typed[u.p] AND q.suffixes[u.p] = '') AS plain
    FROM unnest(q.key) WITH ORDINALITY AS u (p, j)) k
WHERE p.opened_in = pg_catalog.pg_current_xact_id_if_assigned()::text AND p.finished IS NOT NULL AND p.doubts = '{{}}'
  AND q.strategy = 'rows' AND q.made AND q.alone AND k.plain AND pg_catalog.pg_relation_filenode(q.relation) = q.file
  AND (SELECT array_agg(name ORDER BY name) FROM unnest(k.names) AS name) = (
    SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = q.relation AND i.indisprimary)
"""


def with_captures(session: Session, touched: Sequence[Touched]) -> list[Touched]:
    """The same tables, with the rows that were captured where these are certainly all that the transaction wrote to them."""
    outcome = attempt(session, lambda: _captures(session))
    found = {} if isinstance(outcome, Failure) else outcome.value
    return [replace(one, **found[one.oid]) if one.oid in found else one for one in touched]


def _captures(session: Session) -> dict[int, dict[str, Any]]:
    """By table, what is known of it, as fields of ``Touched``."""
    if not session.fetch(f"SELECT pg_catalog.to_regclass('{OWN}.quarantine') IS NOT NULL")[0][0]:
        return {}
    found: dict[int, dict[str, Any]] = {}
    several: set[int] = set()
    for oid, number, places, key, columns, written in session.fetch(_CAPTURES):
        old, made = f"{OWN}.q{int(number)}_old", f"{OWN}.q{int(number)}_made"
        same = " AND ".join(f"o.c{place} = m.k{n}" for n, place in enumerate(places, 1))
        keys = ", ".join(f"k{n} AS {quote_ident(name)}" for n, name in enumerate(key, 1))
        captured = session.fetch(
            f"SELECT (SELECT count(*) FROM {made} m WHERE NOT EXISTS (SELECT 1 FROM {old} o WHERE {same})), "
            f"(SELECT count(*) FROM {old} o WHERE EXISTS (SELECT 1 FROM {made} m WHERE {same})), "
            f"(SELECT count(*) FROM {old} o WHERE NOT EXISTS (SELECT 1 FROM {made} m WHERE {same}))"
        )
        # A captured row was written at least once. Where the server counts as many updates as rows are there before and after, no
        # key was changed, so that each of the others was inserted or deleted: as many of these leave no room for one that is missing.
        if list(captured[0]) != list(written) or oid in several:
            found.pop(oid, None)
        else:
            before = {name: f"c{n}" for n, name in enumerate(columns or (), 1) if name is not None}
            rows = ", ".join(f"{place} AS {quote_ident(name)}" for name, place in before.items())
            inserted, _, deleted = written
            only_updates = before and not inserted and not deleted and before.keys() >= set(key)
            found[oid] = {
                "written_keys": f"SELECT {keys} FROM {made}",
                "removed_rows": f"SELECT {rows} FROM {old}" if before else None,
                "compared": frozenset(before) if only_updates else None,
            }
        several.add(oid)
    return found
