"""The steps of a trial, each run and judged by itself."""

# ruff: noqa: BLE001 - a migration may raise anything, and each is a verdict

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.compare import Tier, differences
from alembic_safety.errors import IrreversibleError
from alembic_safety.postgres.catalog.statements import NO_SUCH_STATEMENT
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.activity import noticing
from alembic_safety.rehearsal.failure import explain
from alembic_safety.rehearsal.transactions import LeftTransaction
from alembic_safety.rehearsal.verdict import Again, Down, Up
from alembic_safety.revisions.anatomy import EMPTY, MISSING, NOT_YET

if TYPE_CHECKING:
    from alembic.script import Script

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.outcome import Outcome
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.rehearsal.watch import Watch

#: SET TRANSACTION … came after a query.
HAS_TO_BE_FIRST = "25001"


def _nothing() -> None:
    """The transaction stays open."""


class Judge:
    """The steps that the transactional and the committed trial share."""

    def __init__(self, stage: Stage, script: Script, watch: Watch, downgrade: str) -> None:
        """``downgrade``: what the revision's file says of it (``Revision.downgrade``)."""
        self.stage = stage
        self.script = script
        self.watch = watch
        self.heads_before = set(stage.heads)
        #: Whether we may look at something within the transaction before the migration begins.
        self.may_ask_first = True
        #: What the revision's downgrade is: one of the states of ``revisions.anatomy``; '' where it may be there all the same.
        self.downgrade = "" if downgrade == MISSING else downgrade
        if not hasattr(script.module, "downgrade"):
            self.downgrade = MISSING

    def run(self, *, is_upgrade: bool = True) -> None:
        """The upgrade or the downgrade as it is; raises whatever it raises."""
        from alembic.runtime.migration import RevisionStep

        with self._quiet():
            self.stage.apply(RevisionStep(self._map, self.script, is_upgrade))

    def up(self, outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """The first upgrade, and ``finish`` (a COMMIT can fail like any statement). Raises LeftTransaction."""
        from alembic.runtime.migration import RevisionStep

        # The first time tells it all.
        before = None if outcome.activity or not self.may_ask_first else outcome.before
        try:
            with (
                self._quiet(),
                noticing(self.stage.connection, before, self.stage.fresh_files, self.stage.kept) as seen,
            ):
                self.stage.apply(RevisionStep(self._map, self.script, True))
                outcome.activity = outcome.activity or seen()
            finish()
            return True
        except LeftTransaction:
            raise
        except Exception as error:
            if sqlstate(error) in (HAS_TO_BE_FIRST, NO_SUCH_STATEMENT) and not outcome.committed:
                # SET TRANSACTION, before any query: we have looked around by then. Or what we keep prepared was deallocated out of sight.
                raise LeftTransaction from error
            outcome.up = Up.TIMED_OUT if self.watch.fired else Up.FAILED
            outcome.error, outcome.cause = self.watch.explain() or explain(error), error
            return False

    def down(self, outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """The downgrade. Raises LeftTransaction."""
        from alembic.runtime.migration import RevisionStep

        if self.downgrade == MISSING:
            outcome.down = Down.MISSING
            return False
        try:
            with self._quiet():
                self._end_session(outcome)
                self.stage.apply(RevisionStep(self._map, self.script, False))
            finish()
        except LeftTransaction:
            raise
        except (IrreversibleError, NotImplementedError) as error:
            if str(error).startswith(NOT_YET):
                outcome.down = Down.MISSING
            else:
                outcome.down, outcome.error, outcome.cause = Down.REFUSES, explain(error), error
            return False
        except Exception as error:
            deliberate = sqlstate(error) is None and _raises_itself(error, self.script)
            outcome.down = Down.TIMED_OUT if self.watch.fired else Down.REFUSES if deliberate else Down.FAILED
            outcome.error, outcome.cause = self.watch.explain() or explain(error), error
            return False
        outcome.down = Down.EMPTY if self.downgrade == EMPTY else Down.RAN
        return True

    def down_by(self, body: Callable[[], None], outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """Another downgrade in the place of the revision's own."""
        try:
            with self._quiet():
                self._end_session(outcome)
                body()
            self.stage.step_back(self.script)
            finish()
        except Exception as error:
            outcome.down, outcome.error, outcome.cause = Down.FAILED, explain(error), error
            return False
        outcome.down = Down.RAN
        return True

    def again(self, outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """The second upgrade. Raises LeftTransaction."""
        from alembic.runtime.migration import RevisionStep

        try:
            with self._quiet():
                self._end_session(outcome)
                self.stage.apply(RevisionStep(self._map, self.script, True))
            finish()
            return True
        except LeftTransaction:
            raise
        except Exception as error:
            outcome.again = Again.TIMED_OUT if self.watch.fired else Again.FAILED
            outcome.error, outcome.cause = self.watch.explain() or explain(error), error
            return False

    def compare_down(self, outcome: Outcome, before: Snapshot, found: Snapshot) -> None:
        """Hold the catalog after the downgrade against the one before the upgrade."""
        outcome.left = differences(before, found)
        outcome.compared = True

    def compare_again(self, outcome: Outcome, after: Snapshot, found: Snapshot) -> None:
        """Hold the catalog after the second upgrade against the one after the first."""
        outcome.again_left = differences(after, found)
        # A downgrade that could not give back the column order makes the second upgrade differ by the same.
        outcome.again_left = [d for d in outcome.again_left if d.tier is not Tier.COLUMN_ORDER]
        outcome.again = Again.DIFFERENT if outcome.again_left else Again.SAME

    def _end_session(self, outcome: Outcome) -> None:
        """A step in a transaction of its own begins without temporary tables anyway, and may want to be the first to ask anything."""
        if not outcome.committed:
            self.stage.end_session()

    @property
    def _map(self) -> Any:
        assert self.stage.context.script is not None
        return self.stage.context.script.revision_map

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        from alembic.operations import Operations

        with Operations.context(self.stage.context):
            yield


def _raises_itself(error: BaseException, script: Script) -> bool:
    """Whether the revision's own text raised it: the innermost frame is in the revision file."""
    traceback = error.__traceback__
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback.tb_frame.f_code.co_filename != str(script.path):
        return False
    return not isinstance(error, (NameError, AttributeError, TypeError, KeyError, IndexError, ImportError))
