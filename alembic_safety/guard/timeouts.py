"""Timeouts of a migration's transactions: local to each, so that nothing outside of them ever has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_safety.postgres.session import Session

if TYPE_CHECKING:
    from alembic_safety.settings import Settings

_PRESENT = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'"


def timeouts(session: Session, settings: Settings) -> tuple[str, ...]:
    """Statements for the start of each transaction.

    A lock timeout that the role, the database or the connection brings along wins over our default, not over what somebody
    wrote into the settings.
    """
    wanted = []
    if settings.lock_timeout is not None and (
        "lock_timeout" in settings.origins or session.fetch(_PRESENT)[0][0] == "0"
    ):
        wanted.append(("lock_timeout", settings.lock_timeout))
    if settings.statement_timeout is not None:
        wanted.append(("statement_timeout", settings.statement_timeout))
    return tuple(f"SET LOCAL {name} = {max(int(value * 1000), 1)}" for name, value in wanted)
