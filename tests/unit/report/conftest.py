"""A report with every outcome, severity and awkward character."""

from __future__ import annotations

import pytest

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.report import Cell, Mark, Outcome, Report, Row


@pytest.fixture
def report():
    ran = Cell("ran", Mark.GOOD)
    return Report(
        command="safety-test",
        title="Rehearsal of 5 revisions",
        summary="2 of 5 revisions hold",
        columns=("Revision", "Title", "Upgrade", "Downgrade", "Schema"),
        rows=(
            Row(
                key="a1",
                outcome=Outcome.PASSED,
                cells=(Cell("a1"), Cell("users"), ran, ran, Cell("identical", Mark.GOOD)),
            ),
            Row(
                key="b2",
                outcome=Outcome.PASSED,
                cells=(Cell("b2"), Cell("<b>orders</b> & | totals"), ran, ran, Cell("column order", Mark.WARN)),
                detail=("identical up to column order: public.orders.total",),
                duration=0.25,
                file="versions/b2_orders.py",
            ),
            Row(
                key="c3",
                outcome=Outcome.FAILED,
                cells=(Cell("c3"), Cell("index"), ran, ran, Cell("different", Mark.BAD)),
                detail=('index public."orders\x01_idx" was left behind',),
                file="versions/c3_index.py",
                data={"restored": "different"},
            ),
            Row(
                key="d4",
                outcome=Outcome.ERROR,
                cells=(Cell("d4"), Cell("broken"), Cell("failed", Mark.BAD), Cell(""), Cell("")),
                detail=("versions/d4.sql:12: syntax error",),
            ),
            Row(
                key="e5",
                outcome=Outcome.SKIPPED,
                cells=(Cell("e5"), Cell("after"), Cell("not reached", Mark.WARN), Cell(""), Cell("")),
                detail=("not reached: the upgrade of d4 failed",),
            ),
        ),
        findings=(
            Finding(
                code="downgrade-left-behind",
                severity=Severity.ERROR,
                message="index public.orders_idx was left behind",
                kind="index",
                subject="public.orders_idx",
                revision="c3",
                file="versions/c3 index.py",
                line=14,
                remedy="Drop it in downgrade()",
            ),
            Finding(
                code="orphan-rows",
                severity=Severity.WARNING,
                message="3 rows of public.orders refer to no public.users",
                subject="public.orders",
                count=3,
                examples=("17", "19"),
                query="SELECT o.id\nFROM public.orders o",
            ),
        ),
        facts={"server": "PostgreSQL 18"},
        notes=("Role <app> was created as a stand-in",),
        duration=1.5,
    )


@pytest.fixture
def empty():
    return Report(command="safety-verify", title="Nothing", summary="Everything holds")
