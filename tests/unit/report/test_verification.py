"""What was found stands before what was looked at, and each table says what it has to do with it."""

from __future__ import annotations

import io

import pytest

from alembic_safety.integrity.baseline import Baseline
from alembic_safety.integrity.records import Result, RowCount
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.report.records import Outcome
from alembic_safety.report.reporters import REPORTERS
from alembic_safety.report.verification import verification_report


def finding(code, severity, subject, **more):
    return Finding(code=code, severity=severity, message=f"{subject} is wrong", subject=subject, **more)


@pytest.fixture
def report():
    result = Result(server_version=180000, tables=3)
    for name, rows in (("public.a", 3), ('public."b.c"', 0), ("public.d", 7)):
        result.add(RowCount(name, rows, name != "public.d"))
    findings = [
        finding("orphan-rows", Severity.ERROR, "public.a.a_fkey"),
        finding("constraint-not-valid", Severity.WARNING, "public.a.a_fkey"),
        finding("duplicate-keys", Severity.ERROR, "public.b_key", table='public."b.c"'),
        finding("broken-routine", Severity.ERROR, "public.f()"),
        finding("undeclared-reference", Severity.INFO, "public.d.x"),
    ]
    return verification_report(result, findings, Baseline())


def test_tables_with_what_was_found_in_them(report):
    rows = {row.key: (row.outcome, row.cells[1].text, row.cells[2].text) for row in report.rows}
    assert rows == {
        "public.a": (Outcome.FAILED, "3", "1 error, 1 warning"),
        'public."b.c"': (Outcome.FAILED, "0", "1 error"),
        "public.d": (Outcome.PASSED, "about 7", ""),
    }
    assert not report.holds


@pytest.mark.parametrize("format", ["markdown", "html"])
def test_findings_come_first(report, format):
    stream = io.StringIO()
    REPORTERS[format](report, stream)
    text = stream.getvalue()
    assert text.index("orphan-rows") < text.index("about 7")
