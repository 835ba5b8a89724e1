"""The journal: truthful after every kind of interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server
#: A statement that gives the test time to strike.
PAUSE = "select pg_sleep(20)"


@pytest.fixture
def url(database: ScratchDatabase) -> tuple[str, str]:
    return ("-x", f"url={database.url_text}")


def project_pausing(folder: Path, where: str) -> Project:
    """Three revisions, the second of which pauses before, within or after what it does."""
    project = Project.new(folder)
    project.sql("a1", "create table t (id int)", "drop table t")
    body = {
        "before": [PAUSE, "create table u (id int)"],
        "after": ["create table u (id int); insert into u values (1)", PAUSE],
        "outside": ["create index concurrently t_id on t (id)", PAUSE],
    }[where]
    project.sql("a2", "; ".join(body), "drop table if exists u; drop index if exists t_id")
    project.sql("a3", "create table w ()", "drop table w")
    return project


@pytest.mark.parametrize("where", ["before", "after", "outside"])
@pytest.mark.parametrize("how", ["kill", "terminate", "terminate all"])
def test_an_interrupted_run_is_told_of_truthfully(
    tmp_path: Path,
    database: ScratchDatabase,
    url: tuple[str, str],
    where: str,
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    project = project_pausing(tmp_path / "p", where)
    running = subprocess.Popen(
        [sys.executable, "-m", "alembic", *url, "upgrade", "head"],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    with database.connect(autocommit=True) as connection:
        for _ in range(2000):
            if connection.execute(
                "select 1 from pg_stat_activity where query ~ 'pg_sleep.20' and state = 'active' and pid <> pg_backend_pid()"
            ).fetchall():
                break
            time.sleep(0.05)
        if how == "kill":
            running.send_signal(signal.SIGKILL)
            running.wait(30)
            # The server notices when the statement ends; here it is ended.
        everybody = "" if how == "terminate all" else "and query ~ 'pg_sleep.20'"
        connection.execute(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() {everybody} and pid <> pg_backend_pid()"
        )
        assert running.wait(30) != 0
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a1",)]
        assert connection.execute("select to_regclass('u')").fetchone() == (None,)
        left = connection.execute("select to_regclass('t_id') is not null").fetchone() == (True,)
    assert left == (where == "outside")
    for path in (project.folder / "versions").glob("a2.py"):
        text = path.read_text().replace(PAUSE, "select 1").replace("concurrently", "concurrently if not exists")
        path.write_text(text)
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    shown = alembic(*url, "safety-history", cwd=project.folder).out
    told = "committed: a1; " + (
        "partly committed, by statements outside of a transaction: a2" if where == "outside" else "rolled back: a2"
    )
    assert told in shown
    interrupted = "interrupted" in shown
    assert interrupted == ("was interrupted; " + told in caplog.text)
    # A run that lost all its connections may still manage to connect again and write down itself how it ended.
    assert interrupted == (how == "kill") or how == "terminate all"
    assert "committed: a2, a3" in shown


def test_runs_are_kept_in_the_database_and_in_a_file(
    tmp_path: Path, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    project = Project.new(tmp_path / "p")
    assert alembic(*url, "safety-history", cwd=project.folder).out.strip() == "no run is in the journal"
    project.sql("a1", "create table t (id int)", "drop table t")
    file = tmp_path / "logs/journal.jsonl"
    option = ("-x", f"safety.journal={file}")
    assert alembic(*url, *option, "upgrade", "head", cwd=project.folder).status == 0
    assert alembic(*url, *option, "downgrade", "base", cwd=project.folder).status == 0
    project.sql("a2", "select 1/0")
    assert alembic(*url, *option, "upgrade", "head", cwd=project.folder).status != 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        *["begin", "step", "end"] * 2,
        *["begin", "step", "step", "end", "after failure"],
    ]
    assert file.stat().st_mode & 0o777 == 0o600
    shown = alembic(*url, "safety-history", cwd=project.folder).out
    assert "upgrade  done" in shown
    assert "downgrade  done" in shown
    assert "upgrade  failed" in shown
    assert "division by zero" in shown
    told = json.loads(alembic(*url, "safety-history", "--json", cwd=project.folder).out)
    assert [(run["command"], run["outcome"]) for run in told] == [
        ("upgrade", "done"),
        ("downgrade", "done"),
        ("upgrade", "failed"),
    ]
    assert told[0]["steps"][0]["revision"] == "a1"
    assert told[0]["steps"][0]["seconds"] >= 0
    assert told[0]["tool"]


def test_a_role_that_may_not_make_a_schema_migrates_without_a_journal(
    tmp_path: Path, database: ScratchDatabase
) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("a1", "create table app.t (id int); insert into app.t values (1)", "drop table app.t")
    database.run(
        "create role alembic_safety_test_small login; create schema app authorization alembic_safety_test_small; "
        "create table alembic_version (version_num varchar(32) primary key); grant all on alembic_version to alembic_safety_test_small"
    )
    try:
        url = database.url.set(username="alembic_safety_test_small").render_as_string(hide_password=False)
        for step in (("upgrade", "head"), ("downgrade", "base"), ("safety-history",)):
            done = alembic("-x", f"url={url}", *step, cwd=project.folder)
            assert done.status == 0, done.err + done.out
    finally:
        database.run("drop owned by alembic_safety_test_small; drop role alembic_safety_test_small")


@pytest.mark.parametrize("moment", ["before the first", "between", "after the last"])
def test_a_revision_that_left_its_transaction_goes_on(
    tmp_path: Path, database: ScratchDatabase, url: tuple[str, str], moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("a1", "create table t (id int, n int); insert into t values (1, 1), (2, 2)")
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    pause = {"before the first": 0, "between": 1, "after the last": 2}[moment]
    statements = ["create index concurrently t_id on t (id)", "create index concurrently t_n on t (n)"]
    statements.insert(pause, PAUSE)
    path = project.sql("a2", "create table u (id int); insert into u values (1); " + "; ".join(statements))
    killed = _killed_at_pause(project, url, database)
    assert killed.returncode == -signal.SIGKILL
    path.write_text(path.read_text().replace(PAUSE, "select 1"))
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    told = "rolled back: a2" if moment == "before the first" else "revision a2 goes on after the"
    assert told in caplog.text
    with database.connect() as connection:
        assert connection.execute("select count(*) from u").fetchone() == (1,)
        valid = "select relname from pg_class join pg_index on indexrelid = oid where indisvalid and relname like 't\\_%' order by 1"
        assert connection.execute(valid).fetchall() == [("t_id",), ("t_n",)]


def _killed_at_pause(project: Project, url: tuple[str, str], database: ScratchDatabase) -> subprocess.Popen[bytes]:
    running = subprocess.Popen(
        [sys.executable, "-m", "alembic", *url, "upgrade", "head"],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    query = (
        "select 1 from pg_stat_activity where query ~ 'pg_sleep.20' and state = 'active' and pid <> pg_backend_pid()"
    )
    with database.connect(autocommit=True) as connection:
        for _ in range(2000):
            if connection.execute(query).fetchall():
                break
            time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait(30)
    return running


@pytest.mark.parametrize("failing", ["first", "second"])
def test_a_file_with_transactions_of_its_own_goes_on_after_the_last_that_was_committed(
    tmp_path: Path, database: ScratchDatabase, url: tuple[str, str], failing: str
) -> None:
    stop = "DO $$ BEGIN IF EXISTS (SELECT FROM t) THEN RAISE 'in the way'; END IF; END $$"
    first, second = (stop, "SELECT 1") if failing == "first" else ("SELECT 1", stop)
    project = Project.new(tmp_path / "p")
    project.sql("a1", "CREATE TABLE t (id int); CREATE TABLE done (what text)", None)
    (project.folder / "versions" / "a2.sql").write_text(
        f"BEGIN;\nCREATE TABLE x ();\nINSERT INTO done VALUES ('first');\n{first};\nCOMMIT;\n"
        f"BEGIN;\nINSERT INTO done VALUES ('second');\n{second};\nCREATE TABLE y ();\nCOMMIT;\n"
    )
    project.add("a2", 'op.run_sql_file("a2.sql")', None)
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    database.run("INSERT INTO t VALUES (1)")
    for _ in range(2):
        refused = alembic(*url, "upgrade", "head", cwd=project.folder)
        assert refused.status != 0
        assert "in the way" in refused.out + refused.err
    database.run("DELETE FROM t")
    done = alembic(*url, "upgrade", "head", cwd=project.folder)
    assert done.status == 0, done.out + done.err
    with database.connect() as connection:
        assert connection.execute("SELECT what FROM done ORDER BY what").fetchall() == [("first",), ("second",)]
        assert connection.execute("SELECT FROM x, y").fetchall() == []
