"""Run stored downgrades on the project's own database, through its own env.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError
from alembic_safety.guard.past import ROLLBACK
from alembic_safety.guard.stored import Stored, take_back
from alembic_safety.guard.transactions import leaving_no_transaction
from alembic_safety.guard.turn import our_turn
from alembic_safety.settings import load_settings

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    from alembic_safety.guard.journal import Journal
    from alembic_safety.settings import Settings


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

    def back(context: MigrationContext, journal: Journal | None) -> None:
        done.extend(
            take_back(context, to, accept_loss=accept_loss, on_conflict=on_conflict, dry_run=dry_run, journal=journal)
        )

    def in_transaction(context: MigrationContext, journal: Journal | None) -> None:
        connection = context.connection
        assert connection is not None
        if context._transaction is not None:  # noqa: SLF001 - env.py's own, which commits at its end
            return back(context, journal)
        if connection.in_transaction() and not context._in_external_transaction:  # noqa: SLF001
            connection.commit()
        with nullcontext() if connection.in_transaction() else connection.begin():
            return back(context, journal)

    def work(_heads: Any, context: MigrationContext) -> list[Any]:
        if context.connection is None or context.as_sql:
            raise GuardError("safety-rollback needs a connection to the database")
        settings = load_settings(config)
        if dry_run or not settings.enabled:
            in_transaction(context, None)
        else:
            _journalled(context, settings, in_transaction)
        return []

    with EnvironmentContext(config, script, fn=work, as_sql=False):
        script.run_env()
    return done


def _journalled(
    context: MigrationContext, settings: Settings, work: Callable[[MigrationContext, Journal | None], None]
) -> None:
    """Take revisions back as the only one who migrates, and write down that it was done."""
    assert context.connection is not None
    with our_turn(context, settings) as (_, journal):
        with leaving_no_transaction(context.connection):
            heads = context.get_current_heads()
        journal.begin(ROLLBACK, heads)
        try:
            work(context, journal)
        except BaseException as error:
            journal.end(error)
            raise
        journal.end(None)
