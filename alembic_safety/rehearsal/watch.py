"""Stop a revision that takes too long: cancel what it runs, and what other connections of its hold against it."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


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

    def __enter__(self) -> Watch:  # noqa: PYI034 - typing.Self is not in 3.10
        if self.seconds is not None:
            self._thread = threading.Thread(target=self._wait, args=(self.seconds,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def explain(self) -> str | None:
        """What to say of a failure that this watch caused."""
        if not self.fired:
            return None
        return f"it was stopped after {self.seconds:g} s (--timeout)"

    def _wait(self, seconds: float) -> None:
        wait = seconds
        while not self._done.wait(wait):
            self.fired = True
            self._stop()
            wait = 1.0
