"""HTML: one file that needs nothing else, readable in light and dark, by eye and by screen reader, and on paper."""

from __future__ import annotations

from importlib.resources import files
from typing import TextIO

from alembic_safety.report.records import Mark, Outcome, Report

#: A sign beside each colour, because colour alone does not reach everybody.
SIGNS = {Mark.GOOD: "✓", Mark.WARN: "!", Mark.BAD: "✗", Mark.PLAIN: ""}


def write_html(report: Report, stream: TextIO) -> None:
    """Write a report as a self-contained page."""
    from mako.template import Template

    source = files("alembic_safety.report").joinpath("report.mako").read_text("utf-8")
    template = Template(source, default_filters=["h"], strict_undefined=True)  # noqa: S702 - "h" escapes every expression
    stream.write(template.render(report=report, signs=SIGNS, outcomes=[(o, report.count(o)) for o in Outcome]))
