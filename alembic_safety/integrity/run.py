"""A whole database verified: the catalog triaged, the work shared out, records streaming in.

One connection holds a read-only transaction and exports its snapshot; the workers' transactions, one a task, all see that
same moment and hold no lock longer than their task.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import SafetyError, ServerError, UsageError
from alembic_safety.integrity.attempt import REPLAYED, Failure, attempt
from alembic_safety.integrity.checks import CHECKS
from alembic_safety.integrity.connections import Connect, connector, reading
from alembic_safety.integrity.options import Options
from alembic_safety.integrity.queue import Turn, WorkQueue
from alembic_safety.integrity.records import Record, Result, not_checked
from alembic_safety.integrity.scope import Scope, open_scope
from alembic_safety.integrity.work import Check, Task, failure_finding
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session, sqlstate

if TYPE_CHECKING:
    import psycopg

#: How often the main thread looks at the clock while nothing comes in.
_TICK = 0.1
#: How often a task is begun when the replay of a standby cuts it off.
_TRIALS = 5
#: What importing a snapshot raises when its transaction is gone (undefined_object from 16 on, invalid_parameter_value before).
_NO_SNAPSHOT = frozenset({"42704", "22023"})
#: Seconds after which the estimate of what remains has something to go by.
_KNOWN_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a verification is."""

    done: int
    planned: int
    elapsed: float
    #: Estimated seconds until the end; None at the very beginning.
    remaining: float | None
    #: What is being read.
    subjects: tuple[str, ...]


class Verification:
    """One run: iterate over it for its records as they come; afterwards, or when stopped, ``result`` has them all.

    :param url: the database; see :func:`alembic_safety.integrity.connections.connector`.
    :param on_progress: called several times a second, on the caller's thread.
    """

    def __init__(
        self, url: str | Connect, options: Options, *, on_progress: Callable[[Progress], None] | None = None
    ) -> None:
        self._connect = connector(url) if isinstance(url, str) else url
        self.options = options
        self.result = Result()
        self._on_progress = on_progress
        self._events: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._connections: list[psycopg.Connection[Any]] = []
        self._lock = threading.Lock()
        self._subjects: dict[int, str] = {}
        self._failures: list[BaseException] = []
        self._cut_off: list[Task] = []
        self._stopping = threading.Event()
        #: The snapshot that all read; None where it was lost.
        self._snapshot: str | None = None
        self._in_recovery = False

    def __iter__(self) -> Generator[Record, None, None]:
        """Run, and yield each record as it is found.

        Leaving the loop early (Ctrl-C included) cancels what is running on the server.

        :raises ServerError: when there is no connection.
        :raises UsageError: when the options name something that does not exist.
        """
        started = time.monotonic()
        try:
            with self._connect() as keeper, reading(keeper, self.options) as session:
                scope = open_scope(session, self.options)
                self.result.server_version = scope.version
                tasks, early = self._plan(session, scope)
                for record in early:
                    self.result.add(record)
                    yield record
                self._snapshot = str(session.fetch("SELECT pg_catalog.pg_export_snapshot()")[0][0])
                self._in_recovery = scope.in_recovery
                allowed = int(session.fetch("SELECT current_setting('max_parallel_workers_per_gather')::int")[0][0])
                work = WorkQueue(tasks, max(self.options.max_parallel, 1), allowed)
                self.result.tasks_planned = work.planned
                yield from self._run(work, started)
        finally:
            self.result.seconds = time.monotonic() - started

    def run(self) -> Result:
        """Run to the end and give the result; see :meth:`__iter__` for what it raises."""
        for _ in self:
            pass
        return self.result

    def _plan(self, session: Session, scope: Scope) -> tuple[list[Task], list[Record]]:
        tasks: list[Task] = []
        early: list[Record] = []
        self.result.tables = int(
            session.fetch(scope.query("SELECT count(*) FROM scope WHERE relkind IN ('r', 'p', 'm')"))[0][0]
        )
        for check in wanted(scope):
            outcome = attempt(session, lambda check=check: list(check.plan(session, scope)))  # type: ignore[misc]
            if isinstance(outcome, Failure):
                early.append(failure_finding(outcome, None, f"everything under {check.name!r}"))
            else:
                tasks.extend(outcome.value)
        return tasks, early

    def _run(self, work: WorkQueue, started: float) -> Iterator[Record]:
        count = min(max(self.options.max_parallel, 1), max(work.planned, 1))
        threads = [
            threading.Thread(target=self._work, args=(number, work), name=f"verify-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        alive = count
        completed = False
        try:
            while alive:
                try:
                    record = self._events.get(timeout=_TICK)
                except queue.Empty:
                    self._watch(work, started)
                    continue
                if record is None:
                    alive -= 1
                    continue
                self.result.add(record)
                yield record
                self._watch(work, started, only_clock=True)
            completed = True
        finally:
            if not completed and self.result.stopped is None:
                self.result.stopped = "interrupted"
            self._stop(work)
            # A task may go on with its next statement after the one that was cancelled.
            while any(thread.is_alive() for thread in threads):
                threads[0].join(_TICK / 2)
                self._cancel()
                threads = [thread for thread in threads if thread.is_alive()] or threads
            self.result.tasks_done = work.planned - len(work.left) - len(self._cut_off)
        yield from self._account(work)

    def _account(self, work: WorkQueue) -> Iterator[Record]:
        """Say what was left undone, or raise where nothing could be done."""
        left = self._cut_off + work.left
        if left and self.result.stopped is None and self._failures:
            failure = self._failures[0]
            if isinstance(failure, SafetyError):
                raise failure
            raise ServerError(f"The verification lost its connections: {failure}") from failure
        if left:
            for check in dict.fromkeys(task.check for task in left):
                subjects = [task.subject for task in left if task.check == check]
                named = ", ".join(subjects[:5]) + (f" and {len(subjects) - 5} more" if len(subjects) > 5 else "")
                record = not_checked(None, f"{self.result.stopped or 'stopped'} ({named})", what=f"part of {check!r}")
                self.result.add(record)
                yield record

    def _watch(self, work: WorkQueue, started: float, *, only_clock: bool = False) -> None:
        elapsed = time.monotonic() - started
        limit = self.options.time_limit
        if limit is not None and elapsed > limit and self.result.stopped is None:
            self.result.stopped = "time limit"
            self._stop(work)
        if self._stopping.is_set():
            self._cancel()
        if only_clock or self._on_progress is None:
            return
        remaining = work.remaining() if elapsed > _KNOWN_AFTER else None
        with self._lock:
            subjects = tuple(self._subjects.values())
        self._on_progress(Progress(work.done, work.planned, elapsed, remaining, subjects))

    def _stop(self, work: WorkQueue) -> None:
        work.stop()
        self._stopping.set()
        self._cancel()

    def _cancel(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            if not connection.closed:
                # It may just have ended by itself: then there is nothing left to cancel.
                with suppress(Exception):
                    connection.cancel()

    # -- on a worker's thread -----------------------------------------------------------------------------------------

    def _work(self, number: int, work: WorkQueue) -> None:
        connection: psycopg.Connection[Any] | None = None
        try:
            while (turn := work.take()) is not None:
                try:
                    for trial in range(1, _TRIALS + 1):
                        if connection is None or connection.closed:
                            connection = self._open()
                        if self._do(number, connection, turn, last=trial == _TRIALS):
                            break
                finally:
                    work.finish(turn)
        except BaseException as error:  # noqa: BLE001 - a thread must not end silently: the main one decides
            self._failures.append(error)
            if turn is not None and not self._stopping.is_set():
                self._events.put(
                    not_checked(turn.task.subject, str(error).strip() or repr(error), what=turn.task.check)
                )
        finally:
            if connection is not None:
                with self._lock:
                    self._connections.remove(connection)
                connection.close()
            self._events.put(None)

    def _open(self) -> psycopg.Connection[Any]:
        connection = self._connect()
        with self._lock:
            self._connections = [other for other in self._connections if not other.closed]
            self._connections.append(connection)
        return connection

    def _do(self, number: int, connection: psycopg.Connection[Any], turn: Turn, *, last: bool) -> bool:
        """Do a task, and say whether it is settled; if not, it was cut off and is worth another trial, but for the ``last``."""
        task, snapshot = turn.task, self._snapshot
        # What is cut off and begun again would be told twice.
        kept: list[Record] = []
        with self._lock:
            self._subjects[number] = task.subject
        try:
            with reading(connection, self.options, snapshot=snapshot, workers=turn.workers) as session:
                for record in task.run(session):
                    if self._stopping.is_set():
                        break
                    if self._in_recovery:
                        kept.append(record)
                    else:
                        self._events.put(record)
            if self._stopping.is_set():
                self._cut_off.append(task)
        except Exception as error:
            if self._stopping.is_set():
                self._cut_off.append(task)
                return True
            state = sqlstate(error)
            if state is None and not connection.closed:
                raise  # a defect of ours
            if snapshot is not None and state in _NO_SNAPSHOT:
                self._lose_snapshot()
                return self._do(number, connection, turn, last=last)
            if self._in_recovery and not last and (state == REPLAYED or connection.closed):
                return False
            reason = Failure(state or "08006", str(error)).reason
            kept = [not_checked(task.subject, reason, what=task.check)]
        finally:
            with self._lock:
                self._subjects.pop(number, None)
        for record in kept:
            self._events.put(record)
        return True

    def _lose_snapshot(self) -> None:
        """The transaction that held it is gone: what follows is read as it is then, each task for itself."""
        with self._lock:
            first, self._snapshot = self._snapshot is not None, None
        if first:
            self._events.put(
                Finding(
                    code="snapshot-lost",
                    severity=Severity.INFO,
                    message="the server ended the transaction that held the common snapshot: what was read since is of later moments",
                )
            )


def wanted(scope: Scope) -> list[Check]:
    """The checks that the options ask for.

    :raises UsageError: for a name that no check has.
    """
    options = scope.options
    names = {check.name for check in CHECKS}
    for name in (*options.only, *options.skip):
        if name not in names:
            raise UsageError(f"There is no check {name!r}; choose from {', '.join(check.name for check in CHECKS)}")
    if options.only:
        return [check for check in CHECKS if check.name in options.only and check.name not in options.skip]
    return [check for check in CHECKS if check.wanted(scope) and check.name not in options.skip]


def verify(url: str | Connect, options: Options | None = None) -> Result:
    """Verify a database and give what was found; see :class:`Verification` for what it raises."""
    return Verification(url, options or Options()).run()
