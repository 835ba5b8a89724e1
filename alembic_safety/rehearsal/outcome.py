"""What the trial of a revision is told, what it finds, and who may look on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_safety.rehearsal.verdict import Again, Down, Restored, Up, restored_by

if TYPE_CHECKING:
    from alembic_safety.downgrade.compare import Difference
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.activity import Activity
    from alembic_safety.rehearsal.keeping import Attempt
    from alembic_safety.rehearsal.rows.records import RowProof
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.rehearsal.touched import Touched


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a revision is to be tried."""

    #: It is only to be applied.
    only_up: bool
    #: How many rows to make for each table that it touches.
    rows: int
    seed: int
    #: What rows are there already, on which it is rehearsed in the place of made ones; '' for none.
    own: str
    #: What the revision's file says of its downgrade.
    downgrade: str


@dataclass
class Outcome:
    """What one trial found; ``after`` is the state that the database was left in (None: as before)."""

    up: Up = Up.RAN
    down: Down = Down.NOT_TRIED
    again: Again = Again.NOT_TRIED
    error: str | None = None
    #: Of the failing step, for whoever knows a remedy (a missing role, a missing extension).
    cause: BaseException | None = None
    before: Snapshot | None = None
    after: Snapshot | None = None
    left: list[Difference] = field(default_factory=list)
    again_left: list[Difference] = field(default_factory=list)
    compared: bool = False
    committed: bool = False
    #: The upgrade changed neither the catalog nor a row.
    changed_nothing: bool = False
    #: What the upgrade touched of the tables that were there; None where that could not be seen.
    touched: Touched | None = None
    #: What each statement of the upgrade locked, rewrote and read in full.
    activity: tuple[Activity, ...] = ()
    #: What the proof on rows found; None where there was none.
    rows: RowProof | None = None

    @property
    def restored(self) -> Restored:
        """The tier that the comparison after the downgrade gives."""
        return restored_by(self.left) if self.compared else Restored.NOT_TRIED


class Observer:
    """Looks at a revision while the database stands at its *after*."""

    def look(self, stage: Stage, before: Snapshot, after: Snapshot) -> None:
        """Called inside an open transaction at *after*; must leave the database so."""

    def other_downgrade(self) -> Callable[[], None] | None:
        """A downgrade that can only be proven with commits: it is run in the revision's place, then the upgrade again."""
        return None

    def rehearsed_on_rows(self, proof: RowProof) -> None:
        """Called with what a proof on rows found, of the revision's own downgrade and of ``other_downgrade``."""

    def preservations(self, touched: Touched) -> Iterable[Attempt]:
        """Ways to keep rows and give them back, each to be tried on rows; the next is asked for once one has been tried."""
        return ()

    def proven(self, outcome: Outcome) -> None:
        """Called with what the proof of ``other_downgrade`` found."""
