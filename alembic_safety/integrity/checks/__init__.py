"""Every check, in the order in which their findings come for small databases: the catalog first, then rows."""

from __future__ import annotations

from alembic_safety.integrity.checks import (
    amcheck,
    checksums,
    collations,
    constraints,
    defaults,
    exclusions,
    foreign_keys,
    identity,
    indexes,
    inferred,
    large_objects,
    partitions,
    primary_keys,
    readable,
    routines,
    row_security,
    sequences,
    table_scan,
    triggers,
    types,
    uniqueness,
    views,
)
from alembic_safety.integrity.work import Check

CHECKS: tuple[Check, ...] = (
    readable.CHECK,
    indexes.CHECK,
    constraints.CHECK,
    triggers.CHECK,
    partitions.CHECK,
    identity.CHECK,
    defaults.CHECK,
    collations.CHECK,
    types.CHECK,
    row_security.CHECK,
    primary_keys.CHECK,
    routines.CHECK,
    views.CHECK,
    sequences.CHECK,
    table_scan.CHECK,
    foreign_keys.CHECK,
    inferred.CHECK,
    uniqueness.CHECK,
    exclusions.CHECK,
    large_objects.CHECK,
    amcheck.CHECK,
    checksums.CHECK,
)
