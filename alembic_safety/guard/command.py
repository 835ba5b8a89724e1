"""Which command of Alembic runs env.py: told by its work function, so that a programmatic call is known as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

#: The commands that run revisions.
MIGRATING = ("upgrade", "downgrade")


def migrating_command(context: MigrationContext) -> str | None:
    """``upgrade`` or ``downgrade``; None for every other command, for offline mode, and for other databases."""
    if context.as_sql or context.connection is None or context.dialect.name != "postgresql":
        return None
    work = context.opts.get("fn")
    if getattr(work, "__module__", "") != "alembic.command":
        return None
    name = str(getattr(work, "__qualname__", "")).partition(".")[0]
    return name if name in MIGRATING else None


def is_enabled(context: MigrationContext) -> bool:
    """What the setting ``enabled`` says, asked once."""
    from alembic_safety.settings import load_settings

    if "alembic_safety_enabled" not in context.opts:
        config = context.config
        context.opts["alembic_safety_enabled"] = config is None or load_settings(config).enabled
    return bool(context.opts["alembic_safety_enabled"])
