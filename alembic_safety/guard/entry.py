"""``hooks.run(context)``: whether there is anything to guard, and the lock around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_safety.guard.command import migrating_command
from alembic_safety.guard.past import is_unfinished
from alembic_safety.guard.transactions import leaving_no_transaction, plainly
from alembic_safety.postgres.identifiers import qualified
from alembic_safety.postgres.session import SqlalchemySession
from alembic_safety.revisions.internals import steps_of
from alembic_safety.settings import load_settings

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, RevisionStep


def run(context: EnvironmentContext, **arguments: Any) -> None:
    """Run the migrations that the command asked for, guarded; every other command passes through as it is.

    :raises GuardError: nothing was begun, or what was begun is rolled back; the message says which.
    """
    migration: MigrationContext = context.get_context()
    config = migration.config
    command = migrating_command(migration)
    if command is None or config is None:
        return plainly(context, arguments)
    settings = load_settings(config)
    if not settings.enabled or not (_steps(migration) or _was_interrupted(migration)):
        return plainly(context, arguments)
    # Imported where there is something to do: most calls find nothing.
    from alembic_safety.guard.offline import ARGUMENTS
    from alembic_safety.guard.run import Run
    from alembic_safety.guard.turn import our_turn

    migration.opts[ARGUMENTS] = arguments
    with our_turn(migration, settings) as (lock, journal):
        # Whoever had the lock before us may have done it all.
        steps = _steps(migration)
        if steps:
            Run(context, migration, settings, lock, journal, steps, arguments, command=command).run()
        else:
            plainly(context, arguments)
    return None


def _steps(migration: MigrationContext) -> list[RevisionStep]:
    """What is to be done from where the database stands."""
    assert migration.connection is not None
    with leaving_no_transaction(migration.connection):
        return steps_of(migration, migration.get_current_heads())


def _was_interrupted(migration: MigrationContext) -> bool:
    """Whether the journal knows of a run that never came to its end, or is at work now."""
    assert migration.connection is not None
    with leaving_no_transaction(migration.connection):
        return is_unfinished(
            SqlalchemySession(migration.connection),
            qualified(migration.version_table_schema, migration.version_table),
        )
