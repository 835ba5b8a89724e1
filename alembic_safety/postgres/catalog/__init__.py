"""The catalog reader: an open transaction → a Snapshot, in whole or only what changed."""

from alembic_safety.postgres.catalog.delta import read_delta
from alembic_safety.postgres.catalog.drift import undrift
from alembic_safety.postgres.catalog.reader import Exclusions, read_snapshot

__all__ = ["Exclusions", "read_delta", "read_snapshot", "undrift"]
