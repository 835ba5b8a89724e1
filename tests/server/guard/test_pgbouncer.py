"""Through a real PgBouncer; where it is not installed, these tests say so and are skipped."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.server import Server, throwaway_server
from tests.conftest import ScratchDatabase
from tests.server.guard.test_run import upgrade
from tests.support.cli import alembic
from tests.support.pooler import PGBOUNCER, pooler
from tests.support.project import Project

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed: apt-get install pgbouncer"),
]


@pytest.fixture(scope="module")
def pg_server(any_binaries: Binaries) -> Iterator[Server]:
    """Of one version: what a pooler does to a session is no version's."""
    with throwaway_server(pg_bin=any_binaries.bindir) as server:
        yield server


@pytest.fixture(params=["transaction", "session"])
def behind(request: pytest.FixtureRequest, database: ScratchDatabase) -> Iterator[tuple[str, str]]:
    """``-x url=…`` of the test's database behind PgBouncer."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        pooler(Path(folder) / "pgbouncer", database.url, request.param) as url,
    ):
        yield ("-x", f"url={url.render_as_string(hide_password=False)}")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """More revisions than a driver needs to begin to prepare statements, and an index that waits for old snapshots."""
    project = Project.new(tmp_path / "project")
    for number in range(1, 8):
        project.sql(f"a{number}", f"create table t{number} (id int)", f"drop table t{number}")
    project.sql("a8", "create index concurrently t1_id on t1 (id)", "drop index t1_id")
    return project


def test_up_and_down(project: Project, behind: tuple[str, str], database: ScratchDatabase) -> None:
    certify(project, database)
    upgraded = alembic(*behind, "upgrade", "head", cwd=project.folder)
    assert upgraded.status == 0, upgraded.err
    assert "upgrade  done" in alembic(*behind, "safety-history", cwd=project.folder).out
    assert alembic(*behind, "downgrade", "-2", cwd=project.folder).status == 0
    assert alembic(*behind, "safety-rollback", "--stored", "--to", "a4", cwd=project.folder).status == 0
    assert alembic(*behind, "upgrade", "head", cwd=project.folder).status == 0


def test_one_of_ten_migrates(project: Project, behind: tuple[str, str], database: ScratchDatabase) -> None:
    project.sql("a9", "select pg_sleep(0.5); create table once (id int); insert into once values (1)")
    running = [upgrade(project, *behind) for _ in range(10)]
    for one in running:
        out, _ = one.communicate(timeout=240)
        assert one.returncode == 0, out
    with database.connect() as connection:
        assert connection.execute("select count(*) from once").fetchone() == (1,)
        assert connection.execute("select count(*) from alembic_safety.run").fetchone() == (1,)


def certify(project: Project, database: ScratchDatabase) -> None:
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder).status in (0, 1)
