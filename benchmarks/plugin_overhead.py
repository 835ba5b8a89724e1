"""What our plugin costs the other commands of Alembic: the same calls with our wheel installed and without, in turn.

``python benchmarks/plugin_overhead.py [--rounds 15]``; CPU seconds of the child processes, because they are less disturbed
than the clock, and ratios of the medians. The limit is 1.05.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.wheel import build, environment

LIMIT = 1.05
MIGRATION = """
from alembic import op
revision, down_revision, branch_labels, depends_on = {revision!r}, {down!r}, None, None
def upgrade():
    op.execute("CREATE TABLE t{revision} (id integer)")
def downgrade():
    op.execute("DROP TABLE t{revision}")
"""
CALLS = {
    "upgrade head, 20 revisions": ["upgrade", "head"],
    "heads": ["heads"],
    "--help": ["--help"],
}


def project(folder: Path, python: Path) -> None:
    folder.mkdir()
    subprocess.run([python, "-m", "alembic", "init", "migrations"], cwd=folder, check=True, capture_output=True)
    ini = (folder / "alembic.ini").read_text()
    url = next(line for line in ini.splitlines() if line.startswith("sqlalchemy.url"))
    (folder / "alembic.ini").write_text(ini.replace(url, "sqlalchemy.url = sqlite://"))
    down = None
    for number in range(20):
        revision = f"{number:04}"
        text = MIGRATION.format(revision=revision, down=down)
        (folder / "migrations" / "versions" / f"{revision}.py").write_text(text)
        down = revision


def cpu(python: Path, arguments: list[str], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, "-m", "alembic", *arguments], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        without = environment(folder / "without")
        with_it = environment(folder / "with", build(folder / "build"))
        project(folder / "project", without)
        print(f"{'call':<28} {'without':>9} {'with':>9} {'ratio':>6}")
        for call, arguments in CALLS.items():
            times: dict[Path, list[float]] = {without: [], with_it: []}
            for number in range(rounds + 1):
                for python in (without, with_it) if number % 2 else (with_it, without):
                    spent = cpu(python, arguments, folder / "project")
                    if number:  # the first round compiles
                        times[python].append(spent)
            base, ours = (statistics.median(times[python]) for python in (without, with_it))
            print(f"{call:<28} {base * 1000:>6.0f} ms {ours * 1000:>6.0f} ms {ours / base:>6.3f}")
            if call.startswith("upgrade"):
                worst = ours / base
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
