"""The order of work: the catalog first, then the largest task, and never more server processes than allowed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from alembic_safety.integrity.work import Task


class Turn(NamedTuple):
    """A task that a connection may do now, and how many parallel workers it may use."""

    task: Task
    workers: int


class WorkQueue:
    """Hands out tasks to connections; a connection counts as one process, each parallel worker as another."""

    def __init__(self, tasks: Iterable[Task], processes: int, workers_allowed: int) -> None:
        ordered = sorted(tasks, key=lambda task: (task.seconds > 0, -task.seconds))
        self._pending = deque(ordered)
        self._processes = processes
        self._workers_allowed = workers_allowed
        self._busy = 0
        self._waiting_seconds = sum(task.seconds for task in ordered)
        self._done_seconds = 0.0
        self._condition = threading.Condition()
        self._stopped = False
        self.planned = len(ordered)
        self.done = 0
        self.total_seconds = self._waiting_seconds

    def take(self) -> Turn | None:
        """The next task, as soon as there is room for it; None when nothing is left."""
        with self._condition:
            while True:
                if self._stopped or not self._pending:
                    return None
                workers = self._workers(self._pending[0])
                if self._busy + 1 + workers <= self._processes:
                    task = self._pending.popleft()
                    self._waiting_seconds -= task.seconds
                    self._busy += 1 + workers
                    return Turn(task, workers)
                self._condition.wait()

    def finish(self, turn: Turn) -> None:
        """A task is done, well or not."""
        with self._condition:
            self._busy -= 1 + turn.workers
            self.done += 1
            self._done_seconds += turn.task.seconds
            self._condition.notify_all()

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()

    @property
    def left(self) -> list[Task]:
        """What was never handed out."""
        with self._condition:
            return list(self._pending)

    @property
    def fraction(self) -> float:
        """How much of the estimated work is done, from 0 to 1."""
        if self.total_seconds <= 0:
            return self.done / max(self.planned, 1)
        return min(self._done_seconds / self.total_seconds, 1.0)

    def _workers(self, task: Task) -> int:
        """Workers for a task that would otherwise still run when all others are done."""
        if not task.parallel or task.seconds < 0.2 or self._processes < 2:
            return 0
        if task.seconds * self._processes <= self._waiting_seconds:
            return 0
        return min(self._processes - 1, self._workers_allowed)
