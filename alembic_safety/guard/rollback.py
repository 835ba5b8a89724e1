"""Run stored downgrades on the project's own database, through its own env.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError
from alembic_safety.guard.stored import Stored, take_back

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext


def roll_back(
    config: Config,
    to: str | None,
    *,
    accept_loss: bool = False,
    on_conflict: str = "stop",
    dry_run: bool = False,
) -> list[Stored]:
    """Take revisions back, in one transaction with the version table.

    :param to: as in ``guard.stored.take_back``.
    :param on_conflict: ``stop``, or ``keep`` rows that can't be given back in a table of their own.
    :param dry_run: only find out what would be run.
    :raises GuardError: it can't be done; nothing has happened then.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    done: list[Stored] = []

    def back(context: MigrationContext) -> list[Stored]:
        return take_back(context, to, accept_loss=accept_loss, on_conflict=on_conflict, dry_run=dry_run)

    def work(_heads: Any, context: MigrationContext) -> list[Any]:
        connection = context.connection
        if connection is None or context.as_sql:
            raise GuardError("safety-rollback needs a connection to the database")
        if context._transaction is not None:  # noqa: SLF001 - env.py's own, which commits at its end
            done.extend(back(context))
            return []
        if connection.in_transaction() and not context._in_external_transaction:  # noqa: SLF001
            connection.commit()
        if connection.in_transaction():
            done.extend(back(context))
        else:
            with connection.begin():
                done.extend(back(context))
        return []

    with EnvironmentContext(config, script, fn=work, as_sql=False):
        script.run_env()
    return done
