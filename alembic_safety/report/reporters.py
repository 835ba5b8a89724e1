"""The formats by name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from alembic_safety.errors import UsageError
from alembic_safety.report.records import Report
from alembic_safety.report.to_html import write_html
from alembic_safety.report.to_json import write_json
from alembic_safety.report.to_junit import write_junit
from alembic_safety.report.to_markdown import write_markdown
from alembic_safety.report.to_sarif import write_sarif
from alembic_safety.report.to_text import write_text

Reporter = Callable[[Report, TextIO], None]

REPORTERS: Mapping[str, Reporter] = {
    "text": write_text,
    "json": write_json,
    "junit": write_junit,
    "sarif": write_sarif,
    "markdown": write_markdown,
    "html": write_html,
}


def write_report(report: Report, name: str, stream: TextIO) -> None:
    """Write a report in the format of that name.

    :raises UsageError: for a name that is not in ``REPORTERS``.
    """
    try:
        reporter = REPORTERS[name]
    except KeyError:
        raise UsageError(f"Unknown report format {name!r}; choose one of {', '.join(REPORTERS)}") from None
    reporter(report, stream)


def check_report_files(files: Mapping[str, str | None]) -> None:
    """See to it before the work that reports can be written, format by format, as far as that can be known.

    :raises UsageError: for a file that could not be written.
    """
    for name, file in files.items():
        if file is None:
            continue
        _refuse_standard_output(name, file)
        target = Path(file)
        trouble = ""
        if target.is_dir():
            trouble = "it is a folder"
        elif not target.parent.is_dir():
            trouble = f"there is no folder {str(target.parent)!r}"
        elif not os.access(target.parent, os.W_OK | os.X_OK):
            trouble = f"the folder {str(target.parent)!r} is closed to you"
        if trouble:
            raise UsageError(f"Cannot write the {name} report to {file!r}: {trouble}")


def write_report_files(report: Report, files: Mapping[str, str | None]) -> None:
    """Write a report to files, format by format; a file name of None is passed over.

    Each file appears complete or not at all.

    :raises UsageError: for a file that cannot be written.
    """
    for name, file in files.items():
        if file is None:
            continue
        _refuse_standard_output(name, file)
        target = Path(file)
        try:
            _write_atomically(report, name, target)
        except OSError as error:
            raise UsageError(f"Cannot write the {name} report to {file!r}: {error.strerror or error}") from error


def _refuse_standard_output(name: str, file: str) -> None:
    if file == "-":
        raise UsageError(f"--{name} takes the name of a file: standard output has the table")


def _write_atomically(report: Report, name: str, target: Path) -> None:
    descriptor, unfinished = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            write_report(report, name, stream)
        os.chmod(unfinished, 0o666 & ~_umask())
        os.replace(unfinished, target)
    except BaseException:
        os.unlink(unfinished)
        raise


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    current = os.umask(0o077)
    os.umask(current)
    return current
