"""The catalog reader: an open transaction → a Snapshot, in whole or only what changed."""

from alembic_safety.postgres.catalog.delta import read_delta
from alembic_safety.postgres.catalog.drift import undrift, without_storage_parameters
from alembic_safety.postgres.catalog.moment import Start
from alembic_safety.postgres.catalog.reader import Exclusions, read_snapshot
from alembic_safety.postgres.catalog.start import read_start
from alembic_safety.postgres.catalog.statements import Call, kept_rows, kept_statements

__all__ = [
    "Call",
    "Exclusions",
    "Start",
    "kept_rows",
    "kept_statements",
    "read_delta",
    "read_snapshot",
    "read_start",
    "undrift",
    "without_storage_parameters",
]
