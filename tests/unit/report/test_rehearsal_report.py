"""From verdicts to the report of ``safety-test``."""

from __future__ import annotations

import pytest

from alembic_safety.rehearsal.verdict import Again, Down, Rehearsal, Restored, Up, Verdict
from alembic_safety.report import Outcome, rehearsal, rehearsal_report
from alembic_safety.report.rehearsal import SHORTFALLS

GOOD = {"up": Up.RAN, "down": Down.RAN, "restored": Restored.IDENTICAL, "again": Again.SAME}


def verdict(revision="a1", **values):
    return Verdict(revision=revision, **GOOD | values)


def report_of(*verdicts, **values):
    return rehearsal_report(Rehearsal(verdicts=verdicts, **values))


def test_every_result_that_can_fall_short_has_a_name_of_its_own():
    for table, results, fine in (
        (rehearsal._UP, Up, {Up.RAN}),
        (rehearsal._DOWN, Down, {Down.RAN}),
        (rehearsal._RESTORED, Restored, {Restored.IDENTICAL, Restored.COLUMN_ORDER}),
        (rehearsal._AGAIN, Again, {Again.SAME}),
    ):
        assert set(table) == set(results) - fine
    assert len({short.code for short in SHORTFALLS}) == len(SHORTFALLS) == 16


@pytest.mark.parametrize(
    ("values", "code", "outcome"),
    [
        ({}, "", Outcome.PASSED),
        ({"restored": Restored.COLUMN_ORDER}, "", Outcome.PASSED),
        ({"down": Down.EMPTY}, "", Outcome.PASSED),
        ({"down": Down.EMPTY, "restored": Restored.DIFFERENT}, "downgrade-empty", Outcome.FAILED),
        ({"down": Down.MISSING, "restored": Restored.NOT_TRIED}, "downgrade-missing", Outcome.FAILED),
        ({"down": Down.REFUSES, "restored": Restored.NOT_TRIED}, "downgrade-refuses", Outcome.FAILED),
        ({"down": Down.FAILED, "restored": Restored.NOT_TRIED}, "downgrade-failed", Outcome.FAILED),
        ({"restored": Restored.DIFFERENT, "again": Again.FAILED}, "schema-not-restored", Outcome.FAILED),
        ({"again": Again.DIFFERENT}, "second-upgrade-different", Outcome.FAILED),
        ({"again": Again.FAILED}, "second-upgrade-failed", Outcome.FAILED),
        ({"up": Up.FAILED, "down": Down.NOT_TRIED}, "upgrade-failed", Outcome.FAILED),
        ({"up": Up.UNAVAILABLE}, "extension-missing", Outcome.ERROR),
        ({"up": Up.NOT_REACHED, "culprit": "z9"}, "not-reached", Outcome.SKIPPED),
    ],
)
def test_the_first_step_that_falls_short_names_the_row(values, code, outcome):
    row = report_of(verdict(**values)).rows[0]
    assert (row.outcome, row.code) == (outcome, code)


def test_a_report_holds_exactly_when_the_rehearsal_does():
    for verdicts in ([verdict()], [verdict(), verdict("b", again=Again.DIFFERENT)], [verdict(up=Up.NOT_REACHED)]):
        whole = Rehearsal(verdicts=tuple(verdicts))
        assert rehearsal_report(whole).holds is whole.holds


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
