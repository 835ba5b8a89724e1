"""The order of work: the catalog first, then the largest task, and never more server processes than allowed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from alembic_safety.integrity.work import Task

#: Estimated seconds that must be done until they count as much as the estimate itself.
_TRUST = 0.3


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
        self._done_estimated = self._done_spent = 0.0
        self._running: dict[Task, float] = {}
        self._condition = threading.Condition()
        self._stopped = False
        self.planned = len(ordered)
        self.done = 0

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
                    self._running[task] = time.monotonic()
                    return Turn(task, workers)
                self._condition.wait()

    def finish(self, turn: Turn) -> None:
        """A task is done, well or not."""
        with self._condition:
            self._busy -= 1 + turn.workers
            self.done += 1
            self._done_estimated += turn.task.seconds
            self._done_spent += time.monotonic() - self._running.pop(turn.task)
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

    def remaining(self) -> float:
        """Seconds until the end: what was estimated, at the pace of what is done, and not less than what runs has shown to take."""
        with self._condition:
            pace = (self._done_spent + _TRUST) / (self._done_estimated + _TRUST)
            now = time.monotonic()
            running = [(task.seconds, now - started) for task, started in self._running.items()]
            pace = max([pace, *(spent / estimated for estimated, spent in running if estimated > _TRUST)])
            left = [max(estimated * pace - spent, 0.0) for estimated, spent in running]
            together = sum(left) + self._waiting_seconds * pace
            return max([together / self._processes, *left])

    def _workers(self, task: Task) -> int:
        """Workers for a task that would otherwise still run when all others are done."""
        if not task.parallel or task.seconds < 0.2 or self._processes < 2:
            return 0
        if task.seconds * self._processes <= self._waiting_seconds:
            return 0
        return min(self._processes - 1, self._workers_allowed)
