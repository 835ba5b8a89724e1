"""Reports: a command fills in the records, and every format is a view of them, one a file."""

from alembic_safety.report.coverage import coverage_report
from alembic_safety.report.records import Cell, Mark, Outcome, Report, Row
from alembic_safety.report.rehearsal import rehearsal_report
from alembic_safety.report.reporters import REPORTERS, check_report_files, write_report, write_report_files

__all__ = [
    "REPORTERS",
    "Cell",
    "Mark",
    "Outcome",
    "Report",
    "Row",
    "check_report_files",
    "coverage_report",
    "rehearsal_report",
    "write_report",
    "write_report_files",
]
