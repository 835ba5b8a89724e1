"""Whether there are connections left for the backup and the migration beside those that the application has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

#: Where the setting does not say how many tables are dumped at once.
_JOBS = 4
_QUERY = """
SELECT
  pg_catalog.current_setting('max_connections')::pg_catalog.int4
    - CASE WHEN (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN 0
           ELSE pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
                + coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4 END
    - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
       WHERE backend_type IS NULL OR backend_type IN ('client backend')),
  r.rolconnlimit, (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usename = session_user),
  d.datconnlimit, (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datname = d.datname), d.datname
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname = session_user AND d.datname = pg_catalog.current_database()
"""


def look(target: Target) -> Iterator[Line]:
    """Few connections left on the server, for the role, or for the database, beside the two that are open already."""
    backs_up = target.settings.backup not in {"none", "off", "command"}
    needed = 1 + (1 + (target.settings.backup_jobs or _JOBS) if backs_up else 0)
    free, role_limit, of_role, database_limit, of_database, name = target.session.fetch(_QUERY)[0]
    places = [("the server has", int(free))]
    if role_limit >= 0:
        places.append(("the role's CONNECTION LIMIT leaves", role_limit - of_role))
    if database_limit >= 0:
        places.append((f"the CONNECTION LIMIT of database {name} leaves", database_limit - of_database))
    for where, left in places:
        if left < needed:
            yield Line(
                text=f"{where} {max(left, 0)} free connection{'' if left == 1 else 's'}, and up to {needed} are needed",
                remedy="end idle ones, or raise the limit",
            )
