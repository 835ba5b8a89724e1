"""How far a run has come: which of its steps are in the database, told by the version table itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep


class Progress:
    """The steps of a run, and how many of them are committed."""

    def __init__(self, migration: MigrationContext, steps: list[RevisionStep]) -> None:
        self._bodies: dict[str, Callable[..., Any]] = {step.revision.revision: step.migration_fn for step in steps}
        self._steps = steps
        self._start = 0
        #: The version table's rows after each step of this attempt.
        self._heads: list[frozenset[str]] = []
        self._current: RevisionStep | None = None
        self._half_done: RevisionStep | None = None

    def remaining(self) -> list[RevisionStep]:
        """The steps that are not committed; an attempt begins with them."""
        self._heads = []
        return self.remaining_at_start

    @property
    def remaining_at_start(self) -> list[RevisionStep]:
        """The steps of this attempt."""
        return self._steps[self._start :]

    def body(self, step: RevisionStep) -> Callable[..., Any]:
        """The revision's own ``upgrade()`` or ``downgrade()``."""
        return self._bodies[step.revision.revision]

    def begin(self, step: RevisionStep) -> None:
        """A step begins."""
        self._current = step
        self._half_done = None

    def applied(self, heads: frozenset[str]) -> None:
        """A step is done, within its transaction."""
        self._heads.append(heads)

    def left_transaction(self) -> None:
        """The current step leaves its transaction: what it does from there on cannot be taken back by ROLLBACK."""
        self._half_done = self._current

    @property
    def current_step(self) -> RevisionStep:
        """The step that was begun last. Only while one is running."""
        assert self._current is not None
        return self._current

    @property
    def current(self) -> str:
        """The revision that was begun last."""
        return self._current.revision.revision if self._current is not None else ""

    @property
    def half_done(self) -> RevisionStep | None:
        """The step that was begun last, where it committed a part of itself and not all."""
        return None if self._half_done in self.committed else self._half_done

    def part_is_undone(self) -> None:
        """What the step that was begun last had committed is no longer there."""
        self._half_done = None

    def in_transaction(self) -> list[RevisionStep]:
        """The steps of this attempt that were begun."""
        steps = self.remaining_at_start
        return steps[: steps.index(self._current) + 1] if self._current in steps else []

    @property
    def is_last(self) -> bool:
        """Whether the step that is running is the last one."""
        return bool(self._steps) and self._current is self._steps[-1]

    @property
    def committed(self) -> list[RevisionStep]:
        """The steps that are known to be committed (see ``settle``)."""
        return self._steps[: self._start]

    def settle(self, heads: Iterable[str]) -> None:
        """After a failure: find out by the version table what was committed."""
        now = frozenset(heads)
        done = max((i for i, after in enumerate(self._heads, start=1) if after == now), default=0)
        self._start += done
        self._heads = []
