"""Stop a revision that takes too long: cancel what it runs, and what other connections of its hold against it."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds from one attempt to stop a revision to the next.
_AGAIN = 1.0
#: Attempts to cancel the migration's statements, before its own code is interrupted.
_PATIENCE = 3


class Watcher:
    """A time limit for each revision in turn, kept by one thread for the whole run.

    Cancelling comes from another connection, so that a migration's own ``SET statement_timeout`` does not matter. A second
    connection that the migration itself opened, and whose lock it waits for, is ended after that.

    :param seconds: the limit; None is none.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._watch: Watch | None = None
        self._over = False

    @contextmanager
    def watching(self, stop: Callable[[], None]) -> Iterator[Watch]:
        """The limit counts within the block.

        :param stop: called from the watching thread at the limit, and again every second until the block ends; never afterwards.
        """
        watch = Watch(self._seconds, stop)
        if self._seconds is None:
            yield watch
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(self._seconds,), daemon=True)
            self._thread.start()
        alarm = Alarm()
        watch.begin(alarm)
        with self._changed:
            self._watch = watch
        try:
            yield watch
        finally:
            alarm.silence()
            with self._changed:
                self._watch = None
            alarm.give_back()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self, seconds: float) -> None:
        with self._changed:
            while not self._over:
                # Nobody wakes it for a new revision: that one's limit is not before this wait ends.
                self._changed.wait(seconds if self._watch is None else max(self._watch.until - time.monotonic(), 0))
                if self._watch is not None and time.monotonic() >= self._watch.until:
                    self._watch.fire()


class Watch:
    """The limit of one revision."""

    def __init__(self, seconds: float | None, stop: Callable[[], None]) -> None:
        self.fired = False
        #: When it is to fire next, as ``time.monotonic`` tells.
        self.until = 0.0
        self._seconds = seconds
        self._stop = stop
        self._times = 0
        self._alarm: Alarm | None = None

    def begin(self, alarm: Alarm) -> None:
        """The limit counts from now."""
        self._alarm = alarm
        self.until = time.monotonic() + (self._seconds or 0)

    def fire(self) -> None:
        """Stop the revision, once more where it did not stop."""
        self.fired = True
        self._stop()
        self._times += 1
        self.until = time.monotonic() + _AGAIN
        if self._times > _PATIENCE and self._alarm is not None:
            self._alarm.ring()

    def explain(self) -> str | None:
        """What to say of a failure that this watch caused."""
        if not self.fired:
            return None
        return f"it was stopped after {self._seconds:g} s (--timeout)"


class Alarm:
    """Interrupts Python code of the main thread by TimeoutError, where the system and the program leave us SIGALRM."""

    def __init__(self) -> None:
        self._over = False
        self._set = (
            hasattr(signal, "SIGALRM")
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
        )
        if self._set:
            signal.signal(signal.SIGALRM, self._raise)

    def ring(self) -> None:
        """From another thread: raise in the main one, also out of a ``sleep``."""
        main = threading.main_thread().ident
        if self._set and not self._over and main is not None:
            signal.pthread_kill(main, signal.SIGALRM)

    def silence(self) -> None:
        """From now on nothing is raised, whatever rings."""
        self._over = True

    def give_back(self) -> None:
        """Leave the signal as it was found; nothing may ring any more."""
        if self._set:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _raise(self, _number: int, _frame: object) -> None:
        if not self._over:
            raise TimeoutError("the migration takes too long")
