"""Send the statements of a text to the server, in or outside of the migration's transaction, or print them offline."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import SourceError, StatementError
from alembic_safety.postgres.session import SqlalchemySession
from alembic_safety.revisions.internals import (
    is_in_foreign_transaction,
    is_transaction_per_migration,
    version_locations,
)
from alembic_safety.revisions.script import Statement
from alembic_safety.revisions.sections import section_of
from alembic_safety.revisions.session_settings import SessionSettings, settings_in
from alembic_safety.revisions.source import calling_revision, locate, read_pinned, require_revision
from alembic_safety.revisions.split import split
from alembic_safety.revisions.transactions import Part, parts

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_EXCERPT = 400


def run_file(
    context: MigrationContext,
    path: str,
    *,
    sha256: str | None = None,
    section: str | None = None,
    transaction: bool = True,
    encoding: str = "utf-8",
) -> None:
    """Run a SQL file of the revision that is calling; see ``op.run_sql_file``."""
    _, revision_file = require_revision()
    script = context.script
    folders = version_locations(script) if script is not None else []
    found = locate(path, revision_file=revision_file, folders=folders)
    text = read_pinned(found, name=path, sha256=sha256, encoding=encoding)
    if section is not None:
        piece = section_of(text, section, file=path)
        text, transaction = piece.text, transaction and piece.transaction
    _run(context, text, path, transaction)


def run_text(context: MigrationContext, text: str, *, transaction: bool = True) -> None:
    """Run SQL text; see ``op.run_sql``."""
    caller = calling_revision()
    _run(context, text, None, transaction, place=caller[1].name if caller else None)


# Up, down and up again read the same texts.
@lru_cache(maxsize=32)
def _prepared(text: str, file: str | None, transaction: bool, shared: bool) -> tuple[list[Part], SessionSettings]:
    statements = split(text, file=file).statements
    return parts(statements, transaction=transaction, shared_transaction=shared), settings_in(statements)


def _run(context: MigrationContext, text: str, file: str | None, transaction: bool, place: str | None = None) -> None:
    shared = not is_transaction_per_migration(context)
    prepared, settings = _prepared(text, file, transaction, shared)
    target = _Offline(context) if context.as_sql else _Online(context, place)
    with target.scoped(settings):
        for part in prepared:
            if part.autocommit and not context.as_sql and is_in_foreign_transaction(context):
                raise SourceError(
                    f"has to leave the transaction ({part.place}: {part.reason}), and env.py opened it before Alembic did: "
                    "let context.begin_transaction() open it, on a connection from engine.connect()",
                    file=file or place,
                )
            with context.autocommit_block() if part.autocommit else nullcontext():
                target.run(part.statements, file)


class _Offline:
    """Print what would be run."""

    def __init__(self, context: MigrationContext) -> None:
        self.impl = context.impl

    @contextmanager
    def scoped(self, settings: SessionSettings) -> Iterator[None]:
        yield
        for statement in settings.resets():
            self.impl.static_output(statement + ";")

    def run(self, statements: tuple[Statement, ...], file: str | None) -> None:
        for statement in statements:
            block = statement.copy_block
            self.impl.static_output(statement.text + ";" + ("" if block is None else block.rstrip("\r\n")))


class _Online:
    """Run on the migration's connection."""

    def __init__(self, context: MigrationContext, place: str | None) -> None:
        self.context = context
        self.place = place

    @contextmanager
    def scoped(self, settings: SessionSettings) -> Iterator[None]:
        saved = settings.save(self._session())
        yield
        settings.restore(self._session(), saved)

    def _session(self) -> SqlalchemySession:
        connection = self.context.connection
        assert connection is not None
        return SqlalchemySession(connection)

    def run(self, statements: tuple[Statement, ...], file: str | None) -> None:
        from sqlalchemy.exc import DBAPIError

        session = self._session()
        for statement in statements:
            try:
                if statement.copy_block is not None:
                    _copy(session, statement, file)
                else:
                    session.execute(statement.text)
            except SourceError:
                raise
            except DBAPIError as error:
                raise _refusal(error, error.orig or error, statement, file or self.place, bool(file)) from error
            except Exception as error:
                if getattr(error, "sqlstate", None) is None and not hasattr(error, "pgcode"):
                    raise
                raise _refusal(error, error, statement, file or self.place, bool(file)) from error


def _copy(session: SqlalchemySession, statement: Statement, file: str | None) -> None:
    """Send the rows below COPY … FROM STDIN."""
    driver = session.connection.dialect.driver
    raw: Any = session.connection.connection.driver_connection
    if driver == "psycopg" and session.connection.dialect.is_async:
        driver = "the psycopg of an async engine"
    if driver == "psycopg":
        with raw.cursor() as cursor, cursor.copy(statement.text) as copy:
            copy.write(statement.copy_data)
    elif driver == "psycopg2":
        with raw.cursor() as cursor:
            cursor.copy_expert(statement.text, io.StringIO(statement.copy_data))
    else:
        raise SourceError(
            f"COPY … FROM STDIN can't be run by {driver}: use psycopg for migrations (postgresql+psycopg://…)",
            file=file,
            line=statement.line,
        )


def _refusal(
    error: Exception, cause: BaseException, statement: Statement, file: str | None, line_known: bool
) -> StatementError:
    line = statement.line
    diagnostics = getattr(cause, "diag", None)
    position = _number(getattr(diagnostics, "statement_position", None) or getattr(cause, "position", None))
    if position:
        line += statement.text.count("\n", 0, position - 1)
    message = getattr(diagnostics, "message_primary", None) or str(cause).strip()
    extra = "".join(
        f"\n{label}: {value}"
        for label, value in (
            ("DETAIL", getattr(diagnostics, "message_detail", None)),
            ("HINT", getattr(diagnostics, "message_hint", None)),
            ("CONTEXT", getattr(diagnostics, "context", None)),
        )
        if value
    )
    excerpt = statement.text if len(statement.text) <= _EXCERPT else statement.text[:_EXCERPT] + " …"
    indented = "\n".join("    " + row for row in excerpt.splitlines())
    sqlstate = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return StatementError(
        f"{message}{extra}\n  in the statement of line {statement.line}:\n{indented}",
        statement=statement.text,
        sqlstate=sqlstate,
        file=file,
        line=line if line_known else None,
    )


def _number(value: Any) -> int:
    return int(value) if value is not None and str(value).isdigit() else 0
