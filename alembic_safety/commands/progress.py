"""Progress on standard error: a line that is rewritten on a terminal, nothing elsewhere unless it takes long."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.rehearsal.verdict import Verdict
    from alembic_safety.revisions.chain import Revision

#: Seconds between two lines where there is no terminal (logs of continuous integration).
_QUIET = 10.0
_REDRAW = 0.1


class Progress:
    """Shows how far a run is; used as ``with``. ``alembic --quiet`` silences it."""

    def __init__(self, config: Config, stream: TextIO) -> None:
        self._stream = stream
        self._silent = bool(getattr(config.cmd_opts, "quiet", False))
        self._terminal = stream.isatty()
        self._last = time.monotonic()
        self._width = 0

    def __enter__(self) -> Progress:  # noqa: PYI034 - typing.Self is not in 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.clear()

    def revision(self, done: int, total: int, revision: Revision, verdict: Verdict | None) -> None:
        """Before (verdict None) and after each revision."""
        self.sometimes(f"{done}/{total} revisions rehearsed, now {revision.id} {revision.title}".rstrip())

    def sometimes(self, text: str) -> None:
        """Show one line in place of the last, unless one was shown just before (on a terminal: a moment, else: 10 s)."""
        now = time.monotonic()
        if self._silent or now - self._last < (_REDRAW if self._terminal else _QUIET):
            return
        self._last = now
        self.line(text)

    def line(self, text: str) -> None:
        """Show one line in place of the last."""
        if self._silent:
            return
        if self._terminal:
            import shutil

            text = text[: max(shutil.get_terminal_size().columns - 1, 20)]
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def tell(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        self._stream.write(text + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        if self._terminal and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0
