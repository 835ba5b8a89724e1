"""Where the guard says things while Alembic is running."""

from __future__ import annotations

import logging


def log() -> logging.Logger:
    """The guard's logger, as talkative as Alembic's; ``fileConfig()`` in an env.py switches off those that were there before it."""
    logger = logging.getLogger("alembic_safety.guard")
    logger.disabled = False
    if logger.level == logging.NOTSET:
        # An alembic.ini names Alembic's loggers and not ours: whoever is told of revisions is told of their backup too.
        logger.setLevel(logging.getLogger("alembic").getEffectiveLevel())
    return logger
