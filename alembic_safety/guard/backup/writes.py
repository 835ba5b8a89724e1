"""How much was written to each table since a backup, by the server's own counters: what a restore would lose."""

from __future__ import annotations

import time
from collections.abc import Mapping

from alembic_safety.errors import SafetyError
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.endpoint import Endpoint
from alembic_safety.postgres.identifiers import qualified

#: Seconds after which the statistics collector of 14 has written down what it was told.
_COLLECTED = 0.6
Counts = Mapping[str, tuple[int, int, int]]
_VERBS = ("inserted", "updated", "deleted")


def count_writes(endpoint: Endpoint) -> Counts:
    """Rows inserted, updated and deleted by table, since the server began to count. Raises ServerError."""
    with endpoint.connect() as connection:
        if connection.info.server_version < 150000:
            time.sleep(_COLLECTED)
        rows = connection.execute(
            "SELECT schemaname, relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_catalog.pg_stat_user_tables "
            "WHERE schemaname <> %s",
            [own_schema.NAME],
        ).fetchall()
    return {qualified(row[0], row[1]): (row[2] or 0, row[3] or 0, row[4] or 0) for row in rows}


def written_since(endpoint: Endpoint, before: Counts) -> list[str]:
    """What was written to each table since, a line each; empty where the server can't be asked."""
    try:
        now = count_writes(endpoint)
    except SafetyError:
        return []
    lines = []
    for name, counts in sorted(now.items()):
        changed = [n - b for n, b in zip(counts, before.get(name, (0, 0, 0)), strict=True)]
        words = [f"{n} rows {verb}" for n, verb in zip(changed, _VERBS, strict=True) if n > 0]
        if words:
            lines.append(f"{name}: {', '.join(words)}")
    return lines
