"""What the hooks add to ``alembic upgrade head``: 100 revisions on a schema of 300 tables, with hooks and without, in turn.

``python benchmarks/guard_overhead.py [--rounds 3]``; CPU seconds of the child process and of the whole call by the clock, backups
off, certificates valid. The limits are 10 % and 0.5 s.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from alembic_safety.postgres.server import throwaway_server
from tests.support.project import Project

TABLES, REVISIONS = 300, 100


def project(folder: Path) -> Project:
    """A first revision with all tables, and the ones that are measured."""
    made = Project.new(folder)
    made.sql(
        "r000",
        "; ".join(
            f"create table t{n} (id int primary key, a text, b int, c timestamptz default now()); create index on t{n} (b)"
            for n in range(TABLES)
        ),
    )
    for number in range(1, REVISIONS + 1):
        made.sql(f"r{number:03}", f"alter table t{number} add column d int; create index t{number}_d on t{number} (d)")
    return made


def main() -> int:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the project and its certificates there, for another time")
    parser.add_argument("--uncertified", action="store_true", help="without certificates (default: with them)")
    chosen = parser.parse_args()
    spent: dict[str, list[tuple[float, float]]] = {"on": [], "off": []}
    with tempfile.TemporaryDirectory() as name, throwaway_server() as server:
        folder = chosen.folder or Path(name) / "project"
        is_new = not folder.exists()
        made = project(folder) if is_new else Project(folder)
        base = server.create_database()

        def alembic(url: str, *arguments: str) -> None:
            environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(Path(__file__).parents[1])}
            done = subprocess.run(
                [sys.executable, "-m", "alembic", *arguments],
                cwd=made.folder,
                check=False,
                capture_output=True,
                text=True,
                env=environment,
            )
            if done.returncode:
                sys.exit(done.stdout + done.stderr)

        url = server.url().render_as_string(hide_password=False)
        if is_new and not chosen.uncertified:
            alembic("", "-x", "safety.verify=off", "safety-downgrade", "--force", "--server", url)
        alembic(base.url.render_as_string(hide_password=False), "upgrade", "r000")
        for _ in range(chosen.rounds):
            for enabled, figures in spent.items():
                copy = server.create_database(base)
                before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
                address = copy.url.render_as_string(hide_password=False)
                alembic(address, "-x", f"safety.enabled={enabled}", "-x", "safety.backup=none", "upgrade", "head")
                after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
                figures.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, took))
                server.drop_database(copy)
    (on, on_clock), (off, off_clock) = (
        [statistics.median(each) for each in zip(*spent[way], strict=True)] for way in ("on", "off")
    )
    print(
        f"without {off:.2f} s CPU, {off_clock:.2f} s; with {on:.2f} s CPU, {on_clock:.2f} s; CPU x{on / off:.2f}, +{on - off:.2f} s"
    )
    return int(on > off * 1.1 or on - off > 0.5)


if __name__ == "__main__":
    sys.exit(main())
