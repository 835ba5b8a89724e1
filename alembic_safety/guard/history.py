"""Read the journal of the project's own database, through its own env.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError
from alembic_safety.guard.past import PastRun, read_journal
from alembic_safety.postgres.identifiers import qualified
from alembic_safety.postgres.session import SqlalchemySession

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext


def history(config: Config, limit: int) -> list[PastRun]:
    """The newest runs, the oldest of them first.

    :raises GuardError: env.py gives no connection.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    found: list[PastRun] = []

    def work(_heads: Any, context: MigrationContext) -> list[Any]:
        if context.connection is None:
            raise GuardError("safety-history needs a connection to the database")
        table = qualified(context.version_table_schema, context.version_table)
        found.extend(read_journal(SqlalchemySession(context.connection), table, limit=limit))
        return []

    with EnvironmentContext(config, script, fn=work, as_sql=False, dont_mutate=True):
        script.run_env()
    return found
