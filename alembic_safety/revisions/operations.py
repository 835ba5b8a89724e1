"""Our Alembic operations: ``op.run_sql_file``, ``op.run_sql`` and ``op.irreversible``.

Imported by the plugin in the middle of ``import alembic``, for every ``alembic`` call: nothing but ``alembic.operations`` at
the top, the work is in ``revisions.execute``.
"""

from __future__ import annotations

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


@Operations.implementation_for(IrreversibleOp)
def _irreversible(operations: Operations, operation: IrreversibleOp) -> None:
    from alembic_safety.errors import IrreversibleError

    raise IrreversibleError(operation.reason)
