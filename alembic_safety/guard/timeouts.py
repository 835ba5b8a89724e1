"""Timeouts of a migration's transactions: local to each, so that nothing outside of them ever has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_safety.postgres.session import Session

if TYPE_CHECKING:
    from alembic_safety.settings import Settings


def set_timeouts(session: Session, settings: Settings) -> int:
    """Set what the settings ask for in the transaction that is open; gives the server's process.

    A lock timeout that the role, the database or the connection brings along wins over our default, not over what somebody
    wrote into the settings.
    """
    pid, present = session.fetch(
        "SELECT pg_catalog.pg_backend_pid(), (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'lock_timeout')"
    )[0]
    wanted = []
    if settings.lock_timeout is not None and (present == "0" or "lock_timeout" in settings.origins):
        wanted.append(("lock_timeout", settings.lock_timeout))
    if settings.statement_timeout is not None:
        wanted.append(("statement_timeout", settings.statement_timeout))
    if wanted:
        session.execute("; ".join(f"SET LOCAL {name} = {max(int(value * 1000), 1)}" for name, value in wanted))
    return int(pid)
