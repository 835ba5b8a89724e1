"""JSON: the records as they are, with a version of the format."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import Enum
from typing import Any, TextIO

from alembic_safety.model.finding import Finding
from alembic_safety.report.records import Report, Row

#: Raised when a key changes its meaning or goes away; new keys may come at any time.
FORMAT = 1


def write_json(report: Report, stream: TextIO) -> None:
    """Write a report as JSON."""
    json.dump(as_json(report), stream, indent=2, ensure_ascii=False)
    stream.write("\n")


def as_json(report: Report) -> dict[str, Any]:
    """A report as JSON values."""
    return {
        "format": FORMAT,
        "command": report.command,
        "title": report.title,
        "holds": report.holds,
        "summary": report.summary,
        "duration": report.duration,
        "facts": dict(report.facts),
        "notes": list(report.notes),
        "rows": [_row(report, row) for row in report.rows],
        "findings": [finding_as_json(finding) for finding in report.findings],
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON values, without what it does not have."""
    values = ((f.name, getattr(finding, f.name)) for f in fields(finding))
    return {name: _plain(value) for name, value in values if value is not None and value != ()}


def _row(report: Report, row: Row) -> dict[str, Any]:
    cells = {column: cell.text for column, cell in zip(report.columns, row.cells, strict=True)}
    result: dict[str, Any] = {"key": row.key, "outcome": row.outcome.value, "cells": cells}
    if row.detail:
        result["detail"] = list(row.detail)
    if row.duration is not None:
        result["duration"] = round(row.duration, 4)
    if row.file is not None:
        result["file"] = row.file
    return result | dict(row.data)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value
