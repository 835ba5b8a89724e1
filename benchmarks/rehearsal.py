"""A full rehearsal (up, down, up, compared each time) against other ways to try migrations: ratios in one run on one server.

    python benchmarks/rehearsal.py [--revisions 100] [--scales 50 200 1000] [--rounds 3] [--sample] [--mrt FOLDER]

Half of the revisions create a table with an index, half add a column to one; raw SQL, Alembic's generic env.py. Every contestant is
a process of its own with a fresh database on the same throwaway server, with byte code that an unmeasured round has compiled, as an
installed package has. CPU is the process's and the server's together (Linux
only: it is read from ``/proc``), so the ratios hold on a busy machine too. ``--mrt`` names a folder with pytest-mrt in it
(``pip install --target FOLDER pytest-mrt``).
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic_safety.postgres.server import Server, throwaway_server

MIGRATION = """
from alembic import op
revision, down_revision, branch_labels, depends_on = {revision!r}, {down!r}, None, None
def upgrade():
    op.execute({up!r})
def downgrade():
    op.execute({undo!r})
"""
REHEARSE = """
import sys
from pathlib import Path
from alembic.config import Config
from alembic_safety.rehearsal.options import Options
from alembic_safety.rehearsal.runner import rehearse
found = rehearse(Config("alembic.ini"), Options(server=sys.argv[1], cache=False, rows=0))
assert found.holds and len(found.verdicts) == int(sys.argv[2]), found
"""
CONFTEST = """
import os
import pytest
import sqlalchemy
@pytest.fixture
def alembic_config():
    return {"file": "alembic.ini"}
@pytest.fixture
def alembic_engine():
    return sqlalchemy.create_engine(os.environ["BENCHMARK_URL"])
"""
TEST = "from pytest_alembic.tests import test_up_down_consistency\n"
MRT = """
import os
from pytest_mrt import MRTConfig
def pytest_configure(config):
    config._mrt_config = MRTConfig(alembic_ini="alembic.ini", db_url=os.environ["BENCHMARK_URL"])
"""
BYTE_CODE = Path(tempfile.gettempdir(), f"alembic-safety-benchmark-{os.getpid()}")
SAMPLE = Path(__file__).parents[1]
MRT_TEST = "def test_all(mrt):\n    mrt.assert_all_reversible()\n"


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float


def project(folder: Path, count: int) -> None:
    """Write a project of ``count`` revisions."""
    subprocess.run([sys.executable, "-m", "alembic", "init", "migrations"], cwd=folder, check=True, capture_output=True)
    down: str | None = None
    for number in range(count):
        table = f"t{number // 2}"
        if number % 2:
            up, undo = f"ALTER TABLE {table} ADD COLUMN note text", f"ALTER TABLE {table} DROP COLUMN note"
        else:
            up = f"CREATE TABLE {table} (id integer PRIMARY KEY, name text NOT NULL); CREATE INDEX ON {table} (name)"
            undo = f"DROP TABLE {table}"
        revision = f"{number:04}"
        text = MIGRATION.format(revision=revision, down=down, up=up, undo=undo)
        (folder / "migrations" / "versions" / f"{revision}.py").write_text(text)
        down = revision


def server_cpu(server: Server) -> float:
    """CPU seconds of the server and of all its backends that have ended."""
    with server.connect("postgres") as connection:
        postmaster = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()[1]
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def run(server: Server, folder: Path, command: Sequence[str], url: str, *, path: str = "") -> Cost:
    """Run one contestant; raises CalledProcessError where it fails."""
    root = str(Path(__file__).parents[1])
    environment = os.environ | {
        "BENCHMARK_URL": url,
        "PYTHONPATH": os.pathsep.join(p for p in (root, path) if p),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(BYTE_CODE),
    }
    before, server_before, start = resource.getrusage(resource.RUSAGE_CHILDREN), server_cpu(server), time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=folder, check=True, env=environment, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, own + server_cpu(server) - server_before)


class Contest:
    """The contestants on one project."""

    def __init__(self, server: Server, folder: Path, count: int, mrt: str | None) -> None:
        self.server = server
        self.folder = folder
        self.count = count
        self.mrt = mrt
        project(folder, count)
        (folder / "rehearse.py").write_text(REHEARSE)
        for name, conftest, test in (("pa", CONFTEST, TEST), ("mrt", MRT, MRT_TEST)):
            (folder / name).mkdir()
            (folder / name / "conftest.py").write_text(conftest)
            (folder / name / "test_it.py").write_text(test)
        self._ini = (folder / "alembic.ini").read_text()
        self._line = next(line for line in self._ini.splitlines() if line.startswith("sqlalchemy.url"))

    def one(self, name: str) -> Cost:
        """Run one contestant on a fresh database."""
        server = self.server
        if name == "rehearsal":
            url = server.url("postgres").render_as_string(hide_password=False)
            return run(server, self.folder, ["rehearse.py", url, str(self.count)], url)
        database = server.create_database()
        url = database.url.render_as_string(hide_password=False).replace(
            "%2F", "/"
        )  # not everybody escapes for alembic.ini
        (self.folder / "alembic.ini").write_text(
            self._ini.replace(self._line, "sqlalchemy.url = " + url.replace("%", "%%"))
        )
        pytest = ["-m", "pytest", "-q", "--rootdir=.", "-p", "no:cacheprovider"]
        commands = {
            "upgrade head": ["-m", "alembic", "upgrade", "head"],
            "pytest-alembic": [*pytest, "pa"],
            "pytest-mrt": [*pytest, "-p", "no:pytest_alembic", "-o", "mrt_default_tests=false", "mrt"],
        }
        try:
            return run(server, self.folder, commands[name], url, path=self.mrt or "" if name == "pytest-mrt" else "")
        finally:
            server.drop_database(database)


def report(name: str, costs: list[Cost], anchor: Cost | None) -> Cost:
    """Print one line; the medians."""
    middle = Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))
    ratio = (
        ""
        if anchor is None
        else f"  = {middle.cpu / anchor.cpu:.2f} x cpu, {middle.wall / anchor.wall:.2f} x wall of pytest-alembic"
    )
    print(f"{name:32} cpu {middle.cpu:6.2f} s  wall {middle.wall:6.2f} s{ratio}", flush=True)
    return middle


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--revisions", type=int, default=100)
    parser.add_argument("--scales", type=int, nargs="*", default=[50, 200, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mrt", metavar="FOLDER")
    parser.add_argument(
        "--sample", action="store_true", help="also the project's own sample, with the default settings"
    )
    parser.add_argument("--pg-version")
    parser.add_argument("--only", nargs="+", help="contestants to run")
    options = parser.parse_args()
    names = options.only or ["pytest-alembic", "rehearsal", "upgrade head", *(["pytest-mrt"] if options.mrt else [])]
    with throwaway_server(pg_version=options.pg_version) as server, tempfile.TemporaryDirectory() as temporary:
        print(
            f"PostgreSQL {server.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {options.revisions} revisions"
        )
        first = Path(temporary, "first")
        first.mkdir()
        contest = Contest(server, first, options.revisions, options.mrt)
        costs: dict[str, list[Cost]] = {name: [] for name in names}
        for name in names:
            contest.one(name)
        for _ in range(options.rounds):
            for name in names:
                costs[name].append(contest.one(name))
        anchor: Cost | None = None
        for name in names:
            middle = report(name, costs[name], anchor)
            anchor = middle if name == "pytest-alembic" else anchor
        for scale in options.scales:
            folder = Path(temporary, str(scale))
            folder.mkdir()
            middle = report(
                f"rehearsal of {scale} revisions", [Contest(server, folder, scale, None).one("rehearsal")], None
            )
            print(f"{'':32} {middle.cpu / scale * 1e3:.1f} ms of cpu a revision")
        for command in (["safety-test"], ["safety-downgrade", "--dry-run", "--force"]) if options.sample else ():
            cache = ["-x", f"safety.cache_dir={temporary}/cache"]
            cost = run(server, SAMPLE, ["-m", "alembic_safety", *cache, *command], "")
            report(f"{command[0]} of the sample", [cost], None)
    shutil.rmtree(BYTE_CODE, ignore_errors=True)


if __name__ == "__main__":
    main()
