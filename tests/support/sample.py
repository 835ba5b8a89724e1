"""What a rehearsal of the sample has to come to: ``python -m tests.support.sample REPORT`` fails where it does not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "versions"
#: Revisions whose downgrade gives all back but the order of columns.
_OUT_OF_ORDER = frozenset({"028", "040", "060", "075", "076"})


def up_files() -> list[Path]:
    """The SQL files of the sample's upgrades, in order."""
    return sorted(path for path in VERSIONS.glob("*.sql") if not path.name.endswith(".down.sql"))


def check(report: Path) -> None:
    """Raise AssertionError unless each revision went up, down and up again."""
    rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
    assert len(rows) == len(up_files())
    assert all(row["holds"] for row in rows)
    assert {row["key"] for row in rows if row["restored"] != "identical"} <= _OUT_OF_ORDER


if __name__ == "__main__":
    check(Path(sys.argv[1]))
