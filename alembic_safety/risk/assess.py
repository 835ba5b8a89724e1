"""All rules, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.risk.rules import (
    all_rows_written,
    cascade,
    check_validated,
    dropped_in_use,
    enum_value_in_transaction,
    foreign_key_validated,
    index_not_concurrent,
    lock_upgraded,
    many_tables_locked,
    not_null_scan,
    renamed,
    strong_lock,
    table_rewritten,
    unique_builds_index,
    validate_in_same_transaction,
    work_under_lock,
)
from alembic_safety.risk.subject import Subject

RULES: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    all_rows_written.look,
    cascade.look,
    check_validated.look,
    dropped_in_use.look,
    enum_value_in_transaction.look,
    foreign_key_validated.look,
    index_not_concurrent.look,
    lock_upgraded.look,
    many_tables_locked.look,
    not_null_scan.look,
    renamed.look,
    strong_lock.look,
    table_rewritten.look,
    unique_builds_index.look,
    validate_in_same_transaction.look,
    work_under_lock.look,
)


def assess(subject: Subject) -> list[Finding]:
    """What every rule finds, the weightiest first."""
    found = [finding for rule in RULES for finding in rule(subject)]
    return sorted(found, key=lambda finding: finding.severity is not Severity.WARNING)


def level_of(findings: Iterable[Finding]) -> str:
    """``HIGH`` where one is a warning, ``MEDIUM`` where one is worth knowing, else ``LOW``."""
    severities = {finding.severity for finding in findings}
    return "HIGH" if severities - {Severity.INFO} else "MEDIUM" if severities else "LOW"
