"""Whether this is a database that can be written to, and whether its COMMIT would ever return."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

_QUERY = """
SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only') = 'on',
  pg_catalog.current_setting('synchronous_standby_names') <> ''
    AND pg_catalog.current_setting('synchronous_commit') NOT IN ('off', 'local'),
  pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))
"""


def look(target: Target) -> Iterator[Line]:
    """A standby, a read-only default, or a synchronous standby that is not there."""
    standby, read_only, synchronous, sees, standbys = target.session.fetch(_QUERY)[0]
    if standby:
        yield Line(
            text="this server is a standby, which nobody can change",
            remedy="connect to the primary (target_session_attrs=read-write finds it)",
            sure=True,
            final=True,
        )
    elif read_only:
        yield Line(
            text="transactions of this role are read-only by default (default_transaction_read_only)",
            remedy="migrate as another role, or set it to off for this one",
            sure=True,
        )
    if synchronous and sees and not standbys:
        yield Line(
            text="synchronous_standby_names names a standby, and none is connected: COMMIT would wait without end",
            remedy="bring the standby back, or SET synchronous_commit = local for the migration",
            sure=True,
        )
