"""A database to try statements on: it stands at *after*, inside a transaction, and is put back each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.session import Session


class Workbench(Protocol):
    """What synthesis needs of a throwaway database."""

    @property
    def role(self) -> str:
        """The role that runs the statements."""

    def execute(self, sql: str) -> None:
        """Run one statement. Raises the driver's own error."""

    def snapshot(self) -> Snapshot:
        """The catalog as it is at the moment."""

    def savepoint(self) -> AbstractContextManager[None]:
        """A context at whose end everything done inside it is rolled back, whatever happened."""


class SessionWorkbench:
    """A workbench on a session whose transaction is open."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._depth = 0
        self.role = str(session.fetch("SELECT current_user::text")[0][0])

    def execute(self, sql: str) -> None:
        """See :meth:`Workbench.execute`."""
        self.session.execute(sql)

    def snapshot(self) -> Snapshot:
        """See :meth:`Workbench.snapshot`."""
        from alembic_safety.postgres.catalog import read_snapshot

        return read_snapshot(self.session)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See :meth:`Workbench.savepoint`."""
        name = f"alembic_safety_bench_{self._depth}"
        self._depth += 1
        self.session.execute(f"SAVEPOINT {name}")
        try:
            yield
        finally:
            self._depth -= 1
            self.session.execute(f"ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}")
