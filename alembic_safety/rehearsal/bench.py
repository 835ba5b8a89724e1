"""The workbench of synthesis: a stage that stands at *after*, where statements can be tried and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.stage import Stage


class StageBench:
    """A ``downgrade.synthesize.Workbench`` inside the open transaction of a stage."""

    def __init__(self, stage: Stage, after: Snapshot) -> None:
        self._stage = stage
        #: The last state that was read, at each depth of savepoints: the next reading starts from it.
        self._known = after
        self._numbers = count(1)
        #: Who runs the statements, and so owns what they create.
        self.role = str(stage.session.fetch("SELECT current_user::pg_catalog.text")[0][0])

    def execute(self, sql: str) -> None:
        """Run statements exactly as written. Raises the driver's error."""
        self._stage.session.execute(sql)

    def snapshot(self) -> Snapshot:
        """The catalog as it is now."""
        self._known = self._stage.snapshot(self._known)
        return self._known

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Whatever happens inside is taken back at the end."""
        known = self._known
        try:
            with self._stage.scratch(f"alembic_safety_bench_{next(self._numbers)}"):
                yield
        finally:
            self._known = known
