"""Each format shows the same records, and survives what is in them."""

from __future__ import annotations

import io
import json
import os
import stat
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from alembic_safety.errors import UsageError
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.report import REPORTERS, Cell, Mark, Outcome, Report, Row, write_report, write_report_files


def written(report, name):
    stream = io.StringIO()
    write_report(report, name, stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", [*REPORTERS])
def test_every_format_names_every_row_finding_and_the_summary(report, name):
    text = written(report, name)
    wanted = ["c3", "d4", "orphan-rows", "downgrade-left-behind"] + (["a1", "e5"] if name != "sarif" else [])
    for part in wanted:
        assert part in text
    if name != "junit":
        assert report.summary in text


@pytest.mark.parametrize("name", [*REPORTERS])
def test_every_format_can_write_a_report_without_rows(empty, name):
    assert written(empty, name).endswith("\n")


def test_an_unknown_format_lists_those_that_exist(empty):
    with pytest.raises(UsageError, match="choose one of text, json, junit, sarif, markdown, html"):
        written(empty, "pdf")


def test_a_report_holds_only_when_every_row_passed_and_no_finding_is_an_error(report, empty):
    assert empty.holds
    assert not report.holds


def test_a_row_that_does_not_fit_the_columns_is_refused():
    row = Row(key="x", outcome=Outcome.PASSED, cells=(Cell("x"),))
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Report(command="c", title="t", summary="s", columns=("a", "b"), rows=(row,))


class TestJson:
    def test_rows_have_their_cells_by_column_and_their_own_data(self, report):
        rows = {row["key"]: row for row in json.loads(written(report, "json"))["rows"]}
        assert rows["c3"]["restored"] == "different"
        assert rows["c3"]["cells"]["Schema"] == "different"
        assert rows["b2"]["duration"] == 0.25

    def test_findings_leave_out_what_they_do_not_have(self, report):
        finding = json.loads(written(report, "json"))["findings"][1]
        assert finding["severity"] == "warning"
        assert finding["examples"] == ["17", "19"]
        assert "file" not in finding


class TestJunit:
    def test_counts_and_outcomes(self, report):
        suite = ET.fromstring(written(report, "junit")).find("testsuite")
        counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
        # five rows, and the finding that belongs to none of them
        assert counts == {"tests": "6", "failures": "1", "errors": "1", "skipped": "1"}

    def test_a_row_that_went_well_fails_by_an_error_about_it_and_shows_a_warning(self, report):
        first, second = report.rows[:2]
        findings = (
            Finding(
                code="fails-on-rows", severity=Severity.ERROR, message="it runs on empty tables only", revision="a1"
            ),
            Finding(code="index-locks", severity=Severity.WARNING, message="nobody can write", revision="c1"),
        )
        rows = (first, replace(second, key="c1", detail=()))
        suite = ET.fromstring(written(replace(report, rows=rows, findings=findings), "junit")).find("testsuite")
        assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
        failure, said = suite.find(".//failure"), suite.find(".//system-out")
        assert (failure.get("type"), failure.get("message")) == ("fails-on-rows", "it runs on empty tables only")
        assert "[index-locks] nobody can write" in said.text

    def test_control_characters_do_not_make_it_unreadable(self, report):
        failure = ET.fromstring(written(report, "junit")).find(".//failure")
        assert failure.get("message") == 'index public."orders\ufffd_idx" was left behind'


class TestSarif:
    def run(self, report):
        return json.loads(written(report, "sarif"))["runs"][0]

    def test_a_finding_has_a_place_with_a_proper_uri(self, report):
        location = self.run(report)["results"][0]["locations"][0]
        assert location["physicalLocation"] == {
            "artifactLocation": {"uri": "versions/c3%20index.py"},
            "region": {"startLine": 14},
        }

    def test_a_row_that_fell_short_without_a_finding_becomes_a_result(self, report):
        results = self.run(report)["results"]
        assert [r["ruleId"] for r in results] == ["downgrade-left-behind", "orphan-rows", "safety-test-error"]
        assert results[2]["message"]["text"] == "versions/d4.sql:12: syntax error"

    def test_a_row_is_told_unless_an_error_tells_of_it(self, report):
        short = [row for row in report.rows if row.outcome is Outcome.FAILED]
        said = Finding(code="index-locks", severity=Severity.WARNING, message="nobody can write", revision="c3")
        results = self.run(replace(report, rows=tuple(short), findings=(said,)))["results"]
        assert [r["ruleId"] for r in results] == ["index-locks", "safety-test-failed"]
        table = replace(short[0], key="public.orders")
        part = replace(said, severity=Severity.ERROR, revision=None, subject="public.orders.orders_user_fkey")
        for told in (part, replace(part, subject="s.other", table="public.orders")):
            results = self.run(replace(report, rows=(table,), findings=(told,)))["results"]
            assert [r["ruleId"] for r in results] == ["index-locks"]

    def test_every_result_refers_to_its_rule(self, report):
        run = self.run(report)
        rules = run["tool"]["driver"]["rules"]
        assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])

    def test_a_finding_is_the_same_finding_wherever_its_line_moves(self, report):
        moved = replace(report, findings=(replace(report.findings[0], line=99), *report.findings[1:]))
        assert (
            self.run(moved)["results"][0]["partialFingerprints"]
            == self.run(report)["results"][0]["partialFingerprints"]
        )


class TestMarkdown:
    def test_cells_cannot_break_the_table(self, report):
        lines = written(report, "markdown").splitlines()
        row = next(line for line in lines if line.startswith("| b2"))
        assert row.replace("\\|", "").count("|") == len(report.columns) + 1
        assert "\\<b\\>orders" in row


class Tags(HTMLParser):
    """Checks that tags are balanced, and collects what refers to other files."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self):
        super().__init__()
        self.open, self.external, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.external += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


class TestHtml:
    def test_it_is_one_balanced_page_that_needs_no_other_file(self, report):
        page = Tags()
        page.feed(written(report, "html"))
        assert page.open == []
        assert page.external == []
        assert "url(" not in written(report, "html")

    def test_what_the_database_says_is_text_never_markup(self, report):
        text = written(report, "html")
        assert "<b>orders</b>" not in text
        assert "&lt;b&gt;orders&lt;/b&gt; &amp; | totals" in text

    def test_headers_have_a_scope_and_colour_is_never_alone(self, report):
        text = written(report, "html")
        assert text.count('scope="col"') == len(report.columns)
        assert text.count('scope="row"') == len(report.rows)
        marked = sum(cell.mark is not Mark.PLAIN for row in report.rows for cell in row.cells)
        assert text.count('<span class="sign"') == marked


class TestText:
    def test_without_a_terminal_there_is_no_escape_code_and_nothing_is_cut(self, report):
        text = written(report, "text")
        assert "\x1b" not in text
        assert "<b>orders</b> & | totals" in text
        assert all(len(line) <= 140 for line in text.splitlines())

    def test_a_terminal_without_unicode_gets_question_marks(self, report):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        write_report(report, "text", stream)
        stream.flush()
        assert b"? Drop it in downgrade()" in stream.buffer.getvalue()

    def test_columns_in_the_environment_set_the_width(self, report, monkeypatch):
        monkeypatch.setenv("COLUMNS", "60")
        table = [line for line in written(report, "text").splitlines() if "|" in line or "-+-" in line]
        assert table
        assert all(len(line) <= 60 for line in table)

    def test_a_terminal_gets_colours(self, report, monkeypatch):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)

        class Terminal(io.StringIO):
            def isatty(self):
                return True

        stream = Terminal()
        write_report(report, "text", stream)
        assert "\x1b[" in stream.getvalue()

    def test_a_flood_of_one_code_is_cut_and_counted(self, report):
        from dataclasses import replace

        flood = tuple(replace(report.findings[1], subject=f"t{i}", message=f"orphan {i}.") for i in range(50))
        text = written(replace(report, findings=(*flood, report.findings[0])), "text")
        assert "orphan 19." in text
        assert "orphan 20." not in text
        assert "… and 30 more [orphan-rows]" in text
        assert "downgrade-left-behind" in text

    def test_detail_of_what_fell_short_is_shown_and_of_what_passed_is_not(self, report):
        text = written(report, "text")
        assert "not reached: the upgrade of d4 failed" in text
        assert "identical up to column order" not in text


class TestFiles:
    def test_files_are_written_by_format(self, report, tmp_path):
        write_report_files(report, {"json": str(tmp_path / "r.json"), "html": None})
        assert json.loads((tmp_path / "r.json").read_text())["command"] == "safety-test"
        assert [p.name for p in tmp_path.iterdir()] == ["r.json"]

    def test_a_new_file_has_the_mode_that_any_new_file_has(self, report, tmp_path):
        (tmp_path / "plain").touch()
        write_report_files(report, {"json": str(tmp_path / "r.json")})
        modes = [stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("plain", "r.json")]
        assert modes[0] == modes[1]

    def test_a_file_that_cannot_be_written_is_one_clear_error(self, report, tmp_path):
        with pytest.raises(UsageError, match=r"Cannot write the json report to '.*/nowhere/r.json': No such file"):
            write_report_files(report, {"json": str(tmp_path / "nowhere" / "r.json")})

    def test_standard_output_is_no_file(self, report):
        with pytest.raises(UsageError, match="takes the name of a file"):
            write_report_files(report, {"json": "-"})

    def test_a_report_that_fails_half_way_leaves_the_old_file(self, report, tmp_path, monkeypatch):
        file = tmp_path / "r.json"
        file.write_text("old")
        monkeypatch.setattr("alembic_safety.report.to_json.as_json", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_report_files(report, {"json": str(file)})
        assert (file.read_text(), [p.name for p in tmp_path.iterdir()]) == ("old", ["r.json"])
