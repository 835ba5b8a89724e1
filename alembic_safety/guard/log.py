"""Where the guard says things while Alembic is running."""

from __future__ import annotations

import logging


def log() -> logging.Logger:
    """The guard's logger; ``fileConfig()`` in an env.py switches off those that were there before it."""
    logger = logging.getLogger("alembic_safety.guard")
    logger.disabled = False
    return logger
