"""Where the guard says things while Alembic is running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_safety.rehearsal.log import awake

if TYPE_CHECKING:
    import logging


def log() -> logging.Logger:
    """The guard's logger."""
    return awake("alembic_safety.guard")
