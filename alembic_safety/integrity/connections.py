"""Connections for reading: short read-only transactions on one exported snapshot, with limits, harmless behind a pooler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import ServerError
from alembic_safety.integrity.options import Options
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import PsycopgSession

if TYPE_CHECKING:
    import psycopg

#: Opens one more connection to the same database, in autocommit mode, that never prepares statements.
Connect = Callable[[], "psycopg.Connection[Any]"]


def connector(url: str) -> Connect:
    """A function that connects to ``url``: libpq's URI or keywords, or a URL of SQLAlchemy whatever its driver.

    Statements are never prepared: a cached plan would outlive the planner settings that it was made under.
    """
    conninfo = as_conninfo(url)

    def connect() -> psycopg.Connection[Any]:
        import psycopg

        try:
            return psycopg.connect(
                conninfo, autocommit=True, prepare_threshold=None, fallback_application_name="alembic safety"
            )
        except psycopg.Error as error:
            raise ServerError(f"Can't connect to the database to be verified: {str(error).strip()}") from error

    return connect


def as_conninfo(url: str) -> str:
    """What libpq understands, of a URL that may name a driver of SQLAlchemy."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme in {"postgresql", "postgres"}:
        return url
    from sqlalchemy import make_url

    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def begin(options: Options, *, snapshot: str | None = None, workers: int | None = None) -> str:
    """The statements that open a read-only transaction with all limits; every setting ends with it."""
    statements = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"]
    if snapshot is not None:
        statements.append(f"SET TRANSACTION SNAPSHOT {quote_literal(snapshot)}")
    timeout = int((options.statement_timeout or 0) * 1000)
    settings = {
        "statement_timeout": str(timeout),
        "lock_timeout": str(int(options.lock_timeout * 1000)),
        # The first transaction holds the snapshot, idle, for as long as it takes.
        "idle_in_transaction_session_timeout": "0",
        # Rather an error than a row that a policy hides.
        "row_security": "off",
        # A condition must never be taken for granted because a constraint says so.
        "constraint_exclusion": "off",
        # Compiling hundreds of conditions costs more than it saves.
        "jit": "off",
        "check_function_bodies": "on",
        "extra_float_digits": "1",
    }
    if options.work_mem is not None:
        settings["work_mem"] = options.work_mem
    if workers is not None:
        settings["max_parallel_workers_per_gather"] = str(workers)
    statements += [f"SET LOCAL {name} = {quote_literal(value)}" for name, value in settings.items()]
    return "; ".join(statements)


@contextmanager
def reading(
    connection: psycopg.Connection[Any], options: Options, *, snapshot: str | None = None, workers: int | None = None
) -> Iterator[PsycopgSession]:
    """A session in a read-only transaction, which is rolled back at the end: locks go, and every setting."""
    import psycopg

    session = PsycopgSession(connection)
    try:
        session.execute(begin(options, snapshot=snapshot, workers=workers))
        yield session
    finally:
        try:
            session.execute("ROLLBACK")
        except psycopg.OperationalError:
            if not connection.closed:  # a server that ended the session says so only when it is asked for something
                raise
