"""Standbys that lag, and slots that keep the server's WAL, before a migration that writes much of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line
from alembic_safety.guard.preflight.work import bytes_written
from alembic_safety.settings.values import shown_size

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

#: Bytes from which a standby is behind, and from which a slot holds much.
_BEHIND = 256 * 1024**2
_KEPT = 1024**3
_LAG = """
SELECT application_name, coalesce(client_addr::pg_catalog.text, 'local'),
  pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::pg_catalog.int8
FROM pg_catalog.pg_stat_replication WHERE replay_lsn IS NOT NULL
"""
_SLOTS = """
SELECT slot_name, pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)::pg_catalog.int8, wal_status
FROM pg_catalog.pg_replication_slots WHERE NOT active AND restart_lsn IS NOT NULL
"""


def look(target: Target) -> Iterator[Line]:
    """How far standbys are behind, what inactive slots hold, and how much there is to come."""
    if target.session.fetch("SELECT pg_catalog.pg_is_in_recovery()")[0][0]:
        return
    written = bytes_written(target)
    standbys = target.session.fetch(_LAG)
    for name, address, behind in standbys:
        if behind is not None and int(behind) > _BEHIND:
            yield Line(
                text=f"standby {name} ({address}) is {shown_size(int(behind))} behind",
                remedy="wait until it has caught up, so that the migration does not reach it late",
            )
    for name, kept, status in target.session.fetch(_SLOTS):
        if status != "lost" and int(kept) + written > _KEPT:
            yield Line(
                text=f"replication slot {name} is not in use and keeps {shown_size(int(kept))} of WAL",
                remedy=f"drop it if nobody comes back for it: SELECT pg_drop_replication_slot('{name}')",
            )
    if standbys and written > _BEHIND:
        yield Line(
            text=f"about {shown_size(written)} of WAL will go to {len(standbys)} standby{'s' if len(standbys) > 1 else ''}",
            note=True,
        )
