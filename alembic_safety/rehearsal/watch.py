"""Stop a revision that takes too long: cancel what it runs, and what other connections of its hold against it."""

from __future__ import annotations

import signal
import threading
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that a cancelled statement has to end the migration, before its own code is interrupted.
_PATIENCE = 3


class Watch:
    """A time limit for one revision; used as ``with``.

    Cancelling comes from another connection, so that a migration's own ``SET statement_timeout`` does not matter. A second
    connection that the migration itself opened, and whose lock it waits for, is ended after that.

    :param seconds: the limit; None is none.
    :param stop: called from the watching thread at the limit, and again every second until the revision ends.
    """

    def __init__(self, seconds: float | None, stop: Callable[[], None]) -> None:
        self.seconds = seconds
        self.fired = False
        self._stop = stop
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._alarm: Alarm | None = None

    def __enter__(self) -> Watch:  # noqa: PYI034 - typing.Self is not in 3.10
        if self.seconds is not None:
            self._alarm = Alarm()
            self._thread = threading.Thread(target=self._wait, args=(self.seconds,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._done.set()
        if self._alarm is not None:
            self._alarm.silence()
        if self._thread is not None:
            self._thread.join()
        if self._alarm is not None:
            self._alarm.give_back()

    def explain(self) -> str | None:
        """What to say of a failure that this watch caused."""
        if not self.fired:
            return None
        return f"it was stopped after {self.seconds:g} s (--timeout)"

    def _wait(self, seconds: float) -> None:
        wait, times = seconds, 0
        while not self._done.wait(wait):
            self.fired = True
            self._stop()
            wait, times = 1.0, times + 1
            if times > _PATIENCE and self._alarm is not None:
                self._alarm.ring()


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
