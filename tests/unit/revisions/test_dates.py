"""Dates of different length in the names of migrations."""

from __future__ import annotations

from pathlib import Path

from alembic_safety.revisions.layouts.collect import collect


def test_a_day_comes_among_the_times_of_its_neighbours(tmp_path: Path) -> None:
    names = ["20230518120000_a", "20250625_b", "20250625083000_c", "20260101000000_d"]
    for name in reversed(names):
        (tmp_path / name).mkdir()
        (tmp_path / name / "migration.sql").write_text("select 1;")
    found = [m.up.path.parent.name for m in collect([tmp_path], encoding="utf-8").migrations]
    assert found == names


def test_short_numbers_stay_numbers(tmp_path: Path) -> None:
    for name in ("10_b.sql", "9_a.sql", "20231_c.sql"):
        (tmp_path / name).write_text("select 1;")
    found = [m.up.path.name for m in collect([tmp_path], encoding="utf-8").migrations]
    assert found == ["9_a.sql", "10_b.sql", "20231_c.sql"]
