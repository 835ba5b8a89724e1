"""Where we say things while Alembic is running."""

from __future__ import annotations

import logging


def awake(name: str) -> logging.Logger:
    """A logger of ours, as talkative as Alembic's; ``fileConfig()`` in an env.py switches off those that were there before it."""
    logger = logging.getLogger(name)
    logger.disabled = False
    if logger.level == logging.NOTSET:
        # An alembic.ini names Alembic's loggers and not ours: whoever is told of revisions is told of what we find too.
        logger.setLevel(logging.getLogger("alembic").getEffectiveLevel())
    return logger
