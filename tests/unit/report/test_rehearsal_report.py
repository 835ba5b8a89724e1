"""From verdicts to the report of ``safety-test``."""

from __future__ import annotations

import pytest

from alembic_safety.rehearsal.verdict import Again, Down, Rehearsal, Restored, Up, Verdict
from alembic_safety.report import Outcome, rehearsal_report
from alembic_safety.report.rehearsal import SHORTFALLS, shortfall

GOOD = {"up": Up.RAN, "down": Down.RAN, "restored": Restored.IDENTICAL, "again": Again.SAME}


def verdict(revision="a1", **values):
    return Verdict(revision=revision, **GOOD | values)


def report_of(*verdicts, **values):
    return rehearsal_report(Rehearsal(verdicts=verdicts, **values))


def test_every_result_that_can_fall_short_has_a_name():
    results = {*Up, *Down, *Restored, *Again}
    fine = {Up.RAN, Down.RAN, Restored.IDENTICAL, Restored.COLUMN_ORDER, Again.SAME}
    assert set(SHORTFALLS) == results - fine


@pytest.mark.parametrize(
    ("values", "step", "outcome"),
    [
        ({}, None, Outcome.PASSED),
        ({"restored": Restored.COLUMN_ORDER}, None, Outcome.PASSED),
        ({"down": Down.EMPTY}, None, Outcome.PASSED),
        ({"down": Down.EMPTY, "restored": Restored.DIFFERENT}, Down.EMPTY, Outcome.FAILED),
        ({"down": Down.MISSING, "restored": Restored.NOT_TRIED}, Down.MISSING, Outcome.FAILED),
        ({"down": Down.REFUSES, "restored": Restored.NOT_TRIED}, Down.REFUSES, Outcome.FAILED),
        ({"restored": Restored.DIFFERENT, "again": Again.FAILED}, Restored.DIFFERENT, Outcome.FAILED),
        ({"again": Again.DIFFERENT}, Again.DIFFERENT, Outcome.FAILED),
        ({"up": Up.FAILED, "down": Down.NOT_TRIED}, Up.FAILED, Outcome.FAILED),
        ({"up": Up.UNAVAILABLE}, Up.UNAVAILABLE, Outcome.ERROR),
        ({"up": Up.NOT_REACHED, "culprit": "z9"}, Up.NOT_REACHED, Outcome.SKIPPED),
    ],
)
def test_the_first_step_that_falls_short_names_the_row(values, step, outcome):
    one = verdict(**values)
    row = report_of(one).rows[0]
    assert shortfall(one) is step
    assert (row.outcome, row.code) == (outcome, SHORTFALLS[step][0] if step else "")


def test_a_report_holds_exactly_when_the_rehearsal_does():
    for verdicts in ([verdict()], [verdict(), verdict("b", again=Again.DIFFERENT)], [verdict(up=Up.NOT_REACHED)]):
        rehearsal = Rehearsal(verdicts=tuple(verdicts))
        assert rehearsal_report(rehearsal).holds is rehearsal.holds


def test_the_summary_counts_by_shortfall():
    report = report_of(
        verdict(),
        verdict("b", down=Down.MISSING),
        verdict("c", down=Down.MISSING),
        verdict("d", up=Up.FAILED),
        seconds=2.04,
    )
    assert report.summary == "1 of 4 revisions go up, down and up again; 1 failed to upgrade, 2 without a downgrade"


def test_the_summary_tells_what_was_known_and_what_differs_in_column_order_only():
    summary = report_of(verdict(cached=True), verdict(restored=Restored.COLUMN_ORDER)).summary
    assert summary == (
        "2 of 2 revisions go up, down and up again (1 of them restored up to physical column order); "
        "1 known from an earlier run"
    )


def test_details_are_in_plain_words():
    row = report_of(
        verdict(
            restored=Restored.DIFFERENT, differences=("index i was left behind",), again_differences=("view v differs",)
        )
    ).rows[0]
    assert row.detail == (
        "index i was left behind",
        "after the second upgrade, against after the first:",
        "view v differs",
    )


def test_revisions_before_the_range_are_shown_only_when_they_could_not_be_applied():
    report = report_of(
        verdict("a", applied_only=True), verdict("b", applied_only=True, up=Up.FAILED, error="no"), verdict("c")
    )
    assert [row.key for row in report.rows] == ["b", "c"]


def test_what_is_not_compared_is_named_once():
    report = report_of(verdict("a", unmodelled=("thing x",)), verdict("b", unmodelled=("thing x", "thing y")))
    assert [(f.subject, f.revision) for f in report.findings] == [("thing x", "a"), ("thing y", "b")]
    assert report.holds


def test_rows_carry_the_whole_verdict_for_machines():
    one = verdict(title="t", file="versions/a1.py", seconds=0.5)
    assert Verdict.from_json(report_of(one).rows[0].data) == one
