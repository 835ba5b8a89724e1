"""Positions of sequences, which no rollback gives back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from alembic_safety.postgres.catalog.batch import fetch_all

if TYPE_CHECKING:
    from alembic_safety.postgres.session import Session

_POSITIONS = """
SELECT seqrelid::pg_catalog.int8, pg_catalog.pg_sequence_last_value(seqrelid::pg_catalog.oid), seqstart FROM pg_catalog.pg_sequence
WHERE seqrelid >= 16384 AND pg_catalog.has_sequence_privilege(seqrelid, 'UPDATE') AND NOT pg_catalog.pg_is_other_temp_schema(
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = seqrelid))
"""
#: OID to the last value that was given out (None: none yet), and the first.
Positions = Mapping[int, tuple[int | None, int]]


def positions(session: Session, only: Collection[int] | None = None) -> dict[int, tuple[int | None, int]]:
    """Where each sequence stands (or each of those with the OIDs ``only``)."""
    some = "" if only is None else f"AND seqrelid = ANY ('{{{','.join(map(str, sorted(only)))}}}'::pg_catalog.oid[])"
    return {
        int(oid): (None if last is None else int(last), int(start))
        for oid, last, start in fetch_all(session, [_POSITIONS + some])[0]
    }


def set_positions(session: Session, wanted: Positions) -> None:
    """Move the sequences that stand elsewhere, so that a migration is given the same values as the first time."""
    now = positions(session)
    moved = [(oid, *wanted[oid]) for oid in now if oid in wanted and now[oid] != wanted[oid]]
    for oid, last, start in moved:
        value, called = (start, "false") if last is None else (last, "true")
        session.fetch(f"SELECT pg_catalog.setval({oid}::pg_catalog.regclass, {value}, {called})")
