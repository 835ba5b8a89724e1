"""A database to try statements on: it stands at *after*, inside a transaction, and is put back each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


class KeepingWorkbench(Workbench, Protocol):
    """A database in use, where what was found to work stays."""

    def keep(self) -> None:
        """What is done within the savepoint that is open is not rolled back at its end, unless that raises."""


class SessionWorkbench:
    """A workbench on a session whose transaction is open."""

    def __init__(
        self, session: Session, known: Snapshot | None = None, read: Callable[[Snapshot], Snapshot] | None = None
    ) -> None:
        """:param read: the catalog as it is, from an earlier state that was not rolled back, the first of which is ``known``.

        None: all of it is read each time.
        """
        self.session = session
        self.known = known
        self._read = read
        self._depth = 0
        self._is_kept = False
        self.role = str(session.fetch("SELECT current_user::text")[0][0])

    def execute(self, sql: str) -> None:
        """See :meth:`Workbench.execute`."""
        self.session.execute(sql)

    def snapshot(self) -> Snapshot:
        """See :meth:`Workbench.snapshot`."""
        from alembic_safety.postgres.catalog import read_snapshot

        if self._read is None or self.known is None:
            return read_snapshot(self.session)
        self.known = self._read(self.known)
        return self.known

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See :meth:`Workbench.savepoint`."""
        name = f"alembic_safety_bench_{self._depth}"
        self._depth += 1
        self.session.execute(f"SAVEPOINT {name}")
        self._is_kept = False
        known = self.known
        try:
            yield
        except BaseException:
            self._is_kept = False
            raise
        finally:
            self._depth -= 1
            back = "" if self._is_kept else f"ROLLBACK TO SAVEPOINT {name}; "
            self.known = self.known if self._is_kept else known
            self._is_kept = False
            self.session.execute(f"{back}RELEASE SAVEPOINT {name}")

    def keep(self) -> None:
        """See :meth:`KeepingWorkbench.keep`."""
        self._is_kept = True
