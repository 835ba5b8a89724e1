"""The database that the commands about backups work on: the project's own, through its env.py, or one that is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import BackupError, ServerError, UsageError
from alembic_safety.guard.backup.take import Where
from alembic_safety.guard.side import backend_pid, driver_pid
from alembic_safety.postgres.endpoint import Endpoint, endpoint_of, of_libpq
from alembic_safety.postgres.identifiers import qualified
from alembic_safety.postgres.session import SqlalchemySession

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Engine


def project_database(config: Config) -> Where:
    """The project's database, and what stands in its version table.

    :raises BackupError: env.py gives no connection to a PostgreSQL.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.exc import DBAPIError

    script = ScriptDirectory.from_config(config)
    found: list[Where] = []
    engines: list[Engine] = []

    def work(_heads: Any, context: MigrationContext) -> list[Any]:
        found.append(where_of(context))
        if context.connection is not None and not context.connection.dialect.is_async:
            engines.append(context.connection.engine)
        return []

    try:
        with EnvironmentContext(config, script, fn=work, as_sql=False, dont_mutate=True):
            script.run_env()
    except DBAPIError as error:
        raise BackupError(
            f"the project's database can't be asked: {str(error.orig).strip().splitlines()[0]}; name it, or another one of its "
            "server, with --url where the command takes it"
        ) from error
    for engine in engines:
        engine.dispose()  # what env.py's pool keeps open would be in the way of a restore
    if not found:
        raise BackupError("env.py of this project gives no connection to a database")
    return found[0]


def where_of(context: MigrationContext, pending: tuple[str, ...] = ()) -> Where:
    """What a migration's connection says of its database. Raises BackupError where nothing can be known from it."""
    if context.connection is None or context.dialect.name != "postgresql":
        raise BackupError("only a PostgreSQL database can be backed up, and env.py gives no connection to one")
    current, login = SqlalchemySession(context.connection).fetch("SELECT current_user::text, session_user::text")[0]
    try:
        endpoint = endpoint_of(context.connection)
    except ServerError as error:
        raise BackupError(str(error)) from error
    is_shared = driver_pid(context.connection) != backend_pid(SqlalchemySession(context.connection))
    return Where(
        endpoint=replace(endpoint, is_shared=is_shared),
        role=current if current != login else "",
        version_table=qualified(context.version_table_schema, context.version_table),
        heads=tuple(context.get_current_heads()),
        pending=pending,
    )


def named_database(url: str) -> Endpoint:
    """A database by its URL or libpq connection string.

    :raises UsageError: it is neither, or nobody answers there.
    """
    import psycopg

    if "://" in url:
        scheme, _, rest = url.partition("://")
        url = f"{scheme.partition('+')[0]}://{rest}"
    try:
        with psycopg.connect(url) as connection:
            return of_libpq(connection.info, connection.info.get_parameters())
    except psycopg.ProgrammingError as error:
        raise UsageError("--url: that is neither a PostgreSQL URL nor a libpq connection string") from error
    except psycopg.OperationalError as error:
        raise UsageError(f"--url: no connection: {str(error).strip().splitlines()[0]}") from error
