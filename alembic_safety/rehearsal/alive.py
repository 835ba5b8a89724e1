"""A migration that ends the process ends only itself: the others are still to be judged, and a server is to be stopped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from alembic_safety.errors import RehearsalError
from alembic_safety.postgres.server import Terminated


@contextmanager
def staying_alive() -> Iterator[None]:
    """Inside, ``sys.exit()`` and ``os._exit()`` raise RehearsalError; a signal that ends us, and Ctrl-C, still do."""
    maker, leave = os.getpid(), os._exit

    def refuse(status: Any = 0) -> NoReturn:
        if os.getpid() != maker:
            leave(status)  # a process that the migration forked
        raise RehearsalError(f"it ends the process: os._exit({status})")

    os._exit = refuse
    try:
        yield
    except Terminated:
        raise
    except SystemExit as end:
        raise RehearsalError(f"it ends the process: sys.exit({end.code!r})") from end
    finally:
        os._exit = leave
