from __future__ import annotations

from datetime import date

import pytest

from alembic_safety.errors import UsageError
from alembic_safety.integrity.baseline import read_baseline, write_baseline
from alembic_safety.model.finding import Finding, Severity

TODAY = date(2030, 6, 1)


def finding(code="orphan-rows", subject='public."Order".fk', count=3, severity=Severity.ERROR):
    return Finding(code=code, severity=severity, message="m", subject=subject, count=count)


def baseline(tmp_path, text):
    file = tmp_path / "baseline.toml"
    file.write_text(text, "utf-8")
    return read_baseline(str(file))


ENTRY = """[[accept]]
code = "orphan-rows"
subject = 'public."Order".fk'
count = 3
reason = "old system"
expires = 2030-06-01
"""


def test_a_known_finding_is_accepted_until_its_last_day(tmp_path):
    known = baseline(tmp_path, ENTRY)
    assert known.judge(finding(), TODAY) is None
    assert known.judge(finding(count=2), TODAY) is None
    assert [entry.reason for _, entry in known.met] == ["old system", "old system"]
    assert known.remarks() == []


def test_more_rows_another_object_and_an_expired_entry_fail(tmp_path):
    known = baseline(tmp_path, ENTRY)
    assert known.judge(finding(count=4), TODAY) is not None
    assert known.judge(finding(subject="public.other.fk"), TODAY) is not None
    assert known.judge(finding(code="check-violated"), TODAY) is not None
    assert known.judge(finding(), date(2030, 6, 2)) is not None
    assert [remark.code for remark in known.remarks()] == ["baseline-expired"]


def test_an_entry_that_met_nothing_is_mentioned(tmp_path):
    assert [r.code for r in baseline(tmp_path, ENTRY).remarks()] == ["baseline-unused"]


def test_a_star_stands_for_anything_and_no_other_character_is_special(tmp_path):
    known = baseline(
        tmp_path, ENTRY.replace("'public.\"Order\".fk'", "'legacy.f(integer[])*'").replace("count = 3\n", "")
    )
    assert known.judge(finding(subject="legacy.f(integer[]).x", count=10**9), TODAY) is None
    assert known.judge(finding(subject="legacyXf(integer[])"), TODAY) is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accept = 1\n", "is no table"),
        ("[[accept]]\ncode = 'x'\nexpires = 2030-01-01\n", "has no reason"),
        ("[[accept]]\ncode = 'x'\nreason = ' '\nexpires = 2030-01-01\n", "has no reason"),
        ("[[accept]]\ncode = 'x'\nreason = 'y'\n", "has no end"),
        ("[[accept]]\ncode = 'x'\nreason = 'y'\nexpires = '2030-01-01'\n", "has no end"),
        ("[[accept]]\ncode = 'x'\nreason = 'y'\nexpires = 2030-01-01\nuntil = 3\n", "has 'until'"),
        ("[[ignore]]\n", "has 'ignore'"),
        ("nonsense", "is not TOML"),
    ],
)
def test_a_baseline_without_reason_or_end_is_refused(tmp_path, text, message):
    with pytest.raises(UsageError, match=message):
        baseline(tmp_path, text)


def test_what_is_written_is_read_and_accepts_exactly_that(tmp_path):
    file = tmp_path / "b.toml"
    odd = finding(subject='public."a\\b ""c"" é\t".x', count=None)
    info = finding(code="undeclared-reference", severity=Severity.INFO)
    assert write_baseline(str(file), [odd, finding(), finding(), info], reason='they said "fine"', expires=TODAY) == 2
    known = read_baseline(str(file))
    assert known.judge(odd, TODAY) is None
    assert known.judge(finding(), TODAY) is None
    assert known.judge(info, TODAY) is not None


def test_no_baseline_without_a_reason(tmp_path):
    with pytest.raises(UsageError, match="reason"):
        write_baseline(str(tmp_path / "b"), [], reason=" ", expires=TODAY)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="Can't read the baseline"):
        read_baseline(str(tmp_path / "missing"))
