"""SARIF 2.1.0, as code hosting services read it: each finding a result, each code a rule."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import Any, TextIO
from urllib.parse import quote

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.report.records import Outcome, Report

_LEVEL = {Severity.INFO: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def write_sarif(report: Report, stream: TextIO) -> None:
    """Write a report's findings as SARIF; a row that fell short, and of which no error tells, becomes one."""
    findings = (*report.findings, *_unexplained(report))
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "alembic-safety",
        "version": version("alembic-safety"),
        "rules": [{"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": all(row.outcome is not Outcome.ERROR for row in report.rows)}],
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
        "properties": {"summary": report.summary, **report.facts},
    }
    json.dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, stream, indent=2, ensure_ascii=False)
    stream.write("\n")


def _unexplained(report: Report) -> list[Finding]:
    errors = [f for f in report.findings if f.severity is Severity.ERROR]
    return [
        Finding(
            code=row.code or f"{report.command}-{row.outcome.value}",
            severity=Severity.ERROR,
            message="; ".join(line.strip(" -") for line in row.detail) or f"{row.key} {row.outcome.value}",
            revision=row.key,
            file=row.file,
        )
        for row in report.rows
        if row.outcome in (Outcome.FAILED, Outcome.ERROR) and not any(_tells_of(f, row.key) for f in errors)
    ]


def _tells_of(finding: Finding, key: str) -> bool:
    """Whether a finding is about a row: its revision, its table, or a part of the table."""
    return key in (finding.revision, finding.table) or f"{finding.subject or ''}.".startswith(f"{key}.")


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.message}. {finding.remedy}" if finding.remedy else finding.message},
        # what makes two findings of two runs the same finding: not its line
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
    }
    location: dict[str, Any] = {}
    if finding.file is not None:
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(finding.file.replace("\\", "/"))}}
        if finding.line is not None:
            location["physicalLocation"]["region"] = {"startLine": finding.line}
    if finding.subject is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.subject, "kind": finding.kind or "object"}]
    if location:
        result["locations"] = [location]
    return result


def _fingerprint(finding: Finding) -> str:
    parts = (finding.code, finding.revision or "", finding.file or "", finding.subject or "")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
