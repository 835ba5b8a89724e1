"""Whether a report can be written is known before the work, not after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_safety.errors import UsageError
from alembic_safety.report import check_report_files


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("nowhere/x.json", "there is no folder 'nowhere'"),
        (".", "it is a folder"),
        ("-", "takes the name of a file"),
    ],
)
def test_what_cannot_be_written_is_named_before(
    file: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=says):
        check_report_files({"junit": None, "json": file})


def test_what_can_be_written_is_left_alone(tmp_path: Path) -> None:
    check_report_files({"json": str(tmp_path / "x.json"), "html": None})
    assert list(tmp_path.iterdir()) == []
