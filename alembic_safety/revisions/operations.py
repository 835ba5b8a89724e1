"""Our Alembic operations: ``op.run_sql_file``, ``op.run_sql``, ``op.refresh_materialized_view``, ``op.irreversible``, ``op.preserve_*`` and ``op.restore_*``.

Imported by the plugin in the middle of ``import alembic``, for every ``alembic`` call: nothing but ``alembic.operations`` at
the top, the work is in ``revisions.execute``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import MigrateOperation, Operations


@Operations.register_operation("run_sql_file")
class RunSqlFileOp(MigrateOperation):
    """Run the statements of a SQL file beside the revision."""

    def __init__(self, path: str, *, sha256: str | None, section: str | None, transaction: bool, encoding: str) -> None:
        self.path = path
        self.sha256 = sha256
        self.section = section
        self.transaction = transaction
        self.encoding = encoding

    @classmethod
    def run_sql_file(
        cls,
        operations: Operations,
        path: str,
        *,
        sha256: str | None = None,
        section: str | None = None,
        transaction: bool = True,
        encoding: str = "utf-8",
    ) -> None:
        """Run the statements of a SQL file, each as written.

        :param path: the file, relative to the revision's own folder.
        :param sha256: hash of the file's bytes that it must have.
        :param section: "up" or "down" in a file that holds both between markers (dbmate, goose, sql-migrate).
        :param transaction: False runs every statement outside of a transaction.
        :raises SourceError: the file is missing, outside the revisions' folders, changed, or not readable as SQL.
        :raises StatementError: the server refused a statement; names file, line and statement.
        """
        operations.invoke(cls(path, sha256=sha256, section=section, transaction=transaction, encoding=encoding))


@Operations.register_operation("run_sql")
class RunSqlOp(MigrateOperation):
    """Run SQL text."""

    def __init__(self, text: str, *, transaction: bool) -> None:
        self.text = text
        self.transaction = transaction

    @classmethod
    def run_sql(cls, operations: Operations, text: str, *, transaction: bool = True) -> None:
        """Run one or more statements exactly as written: ``:name``, ``%`` and backslashes mean nothing to us.

        :param transaction: False runs every statement outside of a transaction.
        :raises StatementError: the server refused a statement.
        """
        operations.invoke(cls(text, transaction=transaction))


@Operations.register_operation("refresh_materialized_view")
class RefreshMaterializedViewOp(MigrateOperation):
    """Fill a materialized view that came back."""

    def __init__(self, view: str) -> None:
        self.view = view

    @classmethod
    def refresh_materialized_view(cls, operations: Operations, view: str) -> None:
        """Fill a materialized view; where the rows that are there do not let it be built, warn and leave it empty.

        :param view: with its schema, as SQL writes it.
        """
        operations.invoke(cls(view))


@Operations.register_operation("irreversible")
class IrreversibleOp(MigrateOperation):
    """Refuse a downgrade."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    @classmethod
    def irreversible(cls, operations: Operations, reason: str) -> None:
        """Refuse to downgrade, with the reason.

        :raises IrreversibleError: always.
        """
        operations.invoke(cls(reason))


@Operations.register_operation("preserve_table")
@Operations.register_operation("preserve_columns")
@Operations.register_operation("preserve_rows")
@Operations.register_operation("preserve_sequence")
@Operations.register_operation("expect_writes")
@Operations.register_operation("expect_commits")
class PreserveOp(MigrateOperation):
    """Keep what the upgrade is about to change, in schema ``alembic_safety``; stands at the start of ``upgrade()``."""

    def __init__(self, function: str, *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments

    @classmethod
    def preserve_table(
        cls, operations: Operations, table: str, *, key: Sequence[str] | None = None, replaced: bool = False
    ) -> None:
        """Keep all rows of a table: it is dropped, emptied or replaced, or it has no key to tell changed rows by.

        :param table: with its schema, as SQL writes it: ``public.orders``, ``"My Schema"."t"``.
        :param key: columns that tell rows apart; by default the primary key, else a unique key without NULL.
        :param replaced: a new table takes its name, and the downgrade turns that one into what this was (``restore_rows``).
        :raises UsageError: the name has no schema, or the call stands outside of a revision.
        """
        operations.invoke(cls("preserve", "table", table, None, key, replaced))

    @classmethod
    def preserve_columns(
        cls, operations: Operations, table: str, columns: Sequence[str], *, key: Sequence[str] | None = None
    ) -> None:
        """Keep some columns of all rows: they are dropped, or their type changes.

        :param table: with its schema, as SQL writes it.
        :param columns: their plain names.
        :param key: as for ``preserve_table``.
        """
        operations.invoke(cls("preserve", "columns", table, columns, key, False))

    @classmethod
    def preserve_rows(
        cls, operations: Operations, table: str, *, key: Sequence[str] | None = None, rewritten: bool = False
    ) -> None:
        """Keep the old rows of whatever this upgrade inserts, updates, deletes or truncates from here on.

        :param table: with its schema, as SQL writes it.
        :param key: as for ``preserve_table``.
        :param rewritten: the upgrade is expected to rewrite the table's file (a new column with a volatile default).
        """
        operations.invoke(cls("preserve", "rows", table, None, key, rewritten))

    @classmethod
    def preserve_sequence(cls, operations: Operations, sequence: str) -> None:
        """Keep the position of a sequence that is dropped or moved."""
        operations.invoke(cls("preserve_sequence", sequence))

    @classmethod
    def expect_writes(cls, operations: Operations, *tables: str) -> None:
        """Name tables that the upgrade writes without changing anything that was there: only columns that it adds."""
        operations.invoke(cls("expect_writes", list(tables)))

    @classmethod
    def expect_commits(cls, operations: Operations) -> None:
        """Say that the upgrade commits before its end; comes first, so that what others write in between is noted."""
        operations.invoke(cls("expect_commits"))


@Operations.register_operation("begin_restore")
@Operations.register_operation("restore_table")
@Operations.register_operation("restore_columns")
@Operations.register_operation("restore_rows")
@Operations.register_operation("restore_sequence")
@Operations.register_operation("end_restore")
class RestoreOp(MigrateOperation):
    """Give back what the upgrade of this revision kept; stands in ``downgrade()``."""

    def __init__(self, function: str, *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments

    @classmethod
    def begin_restore(cls, operations: Operations, *, clear: bool = False) -> None:
        """Find what the upgrade kept, and which rows were changed since; comes before anything is changed.

        Refuses where nothing was kept, unless the loss is accepted (``-x safety.accept_loss=on``).

        :param clear: take values of retyped columns away that will get their old values, since the old type may not hold them.
        """
        operations.invoke(cls("begin_restore", clear))

    @classmethod
    def restore_table(cls, operations: Operations, *tables: str) -> None:
        """Give tables their rows back, parents before children, as far as nobody changed them since."""
        operations.invoke(cls("restore", list(tables)))

    @classmethod
    def restore_columns(cls, operations: Operations, table: str, columns: Sequence[str]) -> None:
        """Give columns their values back where nobody changed them since.

        :param columns: which were kept, for the reader.
        """
        del columns
        operations.invoke(cls("restore", [table]))

    @classmethod
    def restore_rows(cls, operations: Operations, *tables: str) -> None:
        """Take back what the upgrade did to rows that nobody changed since, in tables that refer to each other together."""
        operations.invoke(cls("restore", list(tables)))

    @classmethod
    def restore_sequence(cls, operations: Operations, sequence: str) -> None:
        """Put a sequence where it was, or further where rows need it."""
        operations.invoke(cls("restore_sequence", sequence))

    @classmethod
    def end_restore(cls, operations: Operations) -> None:
        """Comes last: sequences are not behind their rows, and what was kept counts as given back."""
        operations.invoke(cls("end_restore"))


@Operations.implementation_for(RunSqlFileOp)
def _run_sql_file(operations: Operations, operation: RunSqlFileOp) -> None:
    from alembic_safety.revisions.execute import run_file

    run_file(
        operations.get_context(),
        operation.path,
        sha256=operation.sha256,
        section=operation.section,
        transaction=operation.transaction,
        encoding=operation.encoding,
    )


@Operations.implementation_for(RunSqlOp)
def _run_sql(operations: Operations, operation: RunSqlOp) -> None:
    from alembic_safety.revisions.execute import run_text

    run_text(operations.get_context(), operation.text, transaction=operation.transaction)


@Operations.implementation_for(RefreshMaterializedViewOp)
def _refresh_materialized_view(operations: Operations, operation: RefreshMaterializedViewOp) -> None:
    from alembic_safety.revisions.refresh import refresh

    refresh(operations.get_context(), operation.view)


@Operations.implementation_for(IrreversibleOp)
def _irreversible(operations: Operations, operation: IrreversibleOp) -> None:
    from alembic_safety.errors import IrreversibleError

    raise IrreversibleError(operation.reason)


@Operations.implementation_for(PreserveOp)
def _preserve(operations: Operations, operation: PreserveOp) -> None:
    from alembic_safety.revisions.preserve import preserve

    preserve(operations.get_context(), operation.function, operation.arguments)


@Operations.implementation_for(RestoreOp)
def _restore(operations: Operations, operation: RestoreOp) -> None:
    from alembic_safety.revisions.preserve import restore

    restore(operations.get_context(), operation.function, operation.arguments)
