"""JUnit XML, as continuous integration servers read it: a test case for each row, and for each finding without one."""

from __future__ import annotations

import re
from typing import TextIO
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.report.records import Outcome, Report, Row

#: What XML 1.0 cannot hold, in any spelling.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_junit(report: Report, stream: TextIO) -> None:
    """Write a report as JUnit XML."""
    suites = Element("testsuites", name="alembic-safety")
    suite = SubElement(suites, "testsuite", name=_xml(report.command))
    properties = SubElement(suite, "properties")
    for name, value in (*report.facts.items(), *(("note", note) for note in report.notes)):
        SubElement(properties, "property", name=_xml(name), value=_xml(value))
    keys = {row.key for row in report.rows}
    for row in report.rows:
        _case(suite, report, row)
    loose = [f for f in report.findings if f.revision not in keys and f.subject not in keys]
    for finding in loose:
        _finding_case(suite, report, finding)
    _count(suite, suites)
    if report.duration is not None:
        suite.set("time", f"{report.duration:.3f}")
    indent(suites)
    ElementTree(suites).write(stream, encoding="unicode", xml_declaration=True)
    stream.write("\n")


def _case(suite: Element, report: Report, row: Row) -> None:
    case = SubElement(suite, "testcase", classname=_xml(report.command), name=_xml(row.key))
    if row.file is not None:
        case.set("file", _xml(row.file))
    if row.duration is not None:
        case.set("time", f"{row.duration:.3f}")
    cells = ", ".join(f"{c}: {cell.text}" for c, cell in zip(report.columns, row.cells, strict=True) if cell.text)
    message = _xml(row.detail[0] if row.detail else cells)
    own = [f for f in report.findings if row.key in (f.revision, f.subject)]
    wrong = next((f for f in own if f.severity is Severity.ERROR), None)
    body = _xml("\n".join((cells, *row.detail, *(f"[{f.code}] {f.message}" for f in own))))
    if row.outcome is Outcome.SKIPPED:
        SubElement(case, "skipped", message=message)
    elif row.outcome is not Outcome.PASSED:
        tag = "failure" if row.outcome is Outcome.FAILED else "error"
        SubElement(case, tag, message=message, type=row.code or row.outcome.value).text = body
    elif wrong is not None:  # the steps went well, and yet the report does not hold
        SubElement(case, "failure", message=_xml(wrong.message), type=_xml(wrong.code)).text = body
    elif row.detail or own:
        SubElement(case, "system-out").text = body


def _finding_case(suite: Element, report: Report, finding: Finding) -> None:
    name = f"{finding.code}: {finding.subject or finding.revision or finding.file or 'all'}"
    case = SubElement(suite, "testcase", classname=_xml(report.command), name=_xml(name))
    lines = [finding.message, *finding.examples, finding.query or "", finding.remedy or ""]
    text = _xml("\n".join(line for line in lines if line))
    if finding.severity is Severity.ERROR:
        SubElement(case, "failure", message=_xml(finding.message), type=_xml(finding.code)).text = text
    else:
        SubElement(case, "system-out").text = text


def _count(suite: Element, suites: Element) -> None:
    cases = list(suite.iter("testcase"))
    for element in (suite, suites):
        element.set("tests", str(len(cases)))
        for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(plural, str(sum(case.find(tag) is not None for case in cases)))


def _xml(text: str) -> str:
    """Text with what XML cannot hold replaced, rather than a report that no server can read."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
