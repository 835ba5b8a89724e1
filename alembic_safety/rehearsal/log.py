"""Where we say things while Alembic is running."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


def awake(name: str) -> logging.Logger:
    """A logger of ours, as talkative as Alembic's; ``fileConfig()`` in an env.py switches off those that were there before it."""
    logger = logging.getLogger(name)
    logger.disabled = False
    if logger.level == logging.NOTSET:
        # An alembic.ini names Alembic's loggers and not ours: whoever is told of revisions is told of what we find too.
        logger.setLevel(logging.getLogger("alembic").getEffectiveLevel())
    return logger


@contextmanager
def quiet_driver() -> Iterator[None]:
    """Within the block psycopg says nothing of a batch of rows that failed: its error is raised, and many are tried that don't fit."""
    logger = logging.getLogger("psycopg")

    def is_told(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("error ignored terminating")

    logger.addFilter(is_told)
    try:
        yield
    finally:
        logger.removeFilter(is_told)
