"""What a failed run committed is taken back where that is proven to give everything back, and else it stays and is told of."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from alembic.runtime.migration import RevisionStep

from alembic_safety.guard.run import Run
from tests.conftest import ScratchDatabase
from tests.support.cli import Result, alembic
from tests.support.project import Project

pytestmark = pytest.mark.server
_OURS = ("-N", "alembic_safety", "-T", "alembic_version")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.new(tmp_path / "project")
    first = (
        "create type mood as enum ('sad'); create table t (id int primary key, n int, mood mood); insert into t values (1, 1);"
        "create table gone (n int)"
    )
    project.sql("a1", first, "drop table t, gone; drop type mood")
    project.sql("a2", "create table u (id int); alter type mood add value 'glad'; drop table gone", None)
    project.sql(
        "a3",
        "alter table t add column m int default 7; create index t_n on t (n)",
        "drop index t_n; alter table t drop column m",
    )
    return project


def certified(project: Project, database: ScratchDatabase, *options: str) -> None:
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic(*options, "safety-downgrade", "--force", "--server", server, cwd=project.folder).status in (0, 1)


def up(project: Project, database: ScratchDatabase, *options: str, to: str = "head") -> Result:
    # What the rows are in the way of is told beforehand; here the upgrade goes on and fails.
    settings = ("-x", f"url={database.url_text}", "-x", "safety.backup=none", "-x", "safety.checks=rows=warn")
    return alembic(
        *settings, *(part for option in options for part in ("-x", option)), "upgrade", to, cwd=project.folder
    )


def heads(database: ScratchDatabase) -> list[str]:
    with database.connect() as connection:
        return [row[0] for row in connection.execute("select version_num from alembic_version").fetchall()]


def failing(project: Project, database: ScratchDatabase, after: str = "", *options: str) -> None:
    """A last revision that passes the rehearsal, and fails on the rows of the real database."""
    # No probe foresees it.
    twice = "do $$ begin if (select count(*) > count(distinct n) from t) then raise exception 'twice'; end if; end $$"
    project.sql("a4", f"{after or 'select 1'}; {twice}", "select 1")
    certified(project, database, *options)
    assert up(project, database, to="a1").status == 0
    database.run("insert into t values (2, 1)")


def test_what_was_committed_before_a_failure_is_taken_back(
    project: Project, database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    failing(project, database)
    # What no rehearsal knew of: it hangs on what the way back builds anew, or makes again.
    database.run(
        "create schema second; create table second.t (id int primary key, m mood default 'sad'); insert into second.t values (1);"
        "create view second.v as select m from second.t; create index by_hand on gone (n); comment on table gone is 'by hand'"
    )
    before = database.dump_schema(*_OURS)
    assert up(project, database).status != 0
    assert "revision a3, a2 was taken back; the database is at a1 and verified to be as it was before" in caplog.text
    assert heads(database) == ["a1"]
    assert database.dump_schema(*_OURS) == before
    shown = alembic("-x", f"url={database.url_text}", "safety-history", cwd=project.folder).out
    assert "committed: a2, a3; rolled back: a4" in shown
    assert "taken back: a3, a2" in shown
    database.run("delete from t where id = 2")
    assert up(project, database).status == 0
    assert heads(database) == ["a4"]


def test_it_stays_where_the_settings_say_so(
    project: Project, database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    failing(project, database)
    assert up(project, database, "safety.on_failure=stop").status != 0
    assert "revision a2, a3 stays as it is; the database is at a3" in caplog.text
    assert heads(database) == ["a3"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("insert into u values (1)", "1 row in public.u"),
        ("update t set m = 8", "2 rows in public.t.m"),
        ("update t set n = n", ""),
    ],
)
def test_rows_that_others_wrote_since_are_not_dropped(
    project: Project, database: ScratchDatabase, caplog: pytest.LogCaptureFixture, written: str, told: str
) -> None:
    # The others write as soon as they see the last of what is taken back, while a4 is at work.
    failing(project, database)
    others = threading.Thread(target=write_when_it_is_there, args=(database, written))
    others.start()
    path = project.folder / "versions/a4.py"
    path.write_text(path.read_text().replace("select 1;", "select pg_sleep(1);"))
    assert up(project, database, "safety.certificates=warn").status != 0
    others.join(30)
    if told:
        assert f"would lose what others wrote since: {told}" in caplog.text
        assert heads(database) == (["a3"] if "t.m" in told else ["a2"])
    else:
        assert "was taken back" in caplog.text
        assert heads(database) == ["a1"]


@pytest.mark.parametrize(
    ("written", "told", "stays_at"),
    [
        ("update t set n = 1", "", "b0"),
        (
            "insert into u values (9, 9); update t set c = 5 where id = 1",
            "1 row in public.u, 1 row in public.t.c",
            "b1",
        ),
    ],
)
def test_what_later_revisions_wrote_over_is_told_from_what_others_wrote(
    tmp_path: Path,
    database: ScratchDatabase,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    told: str,
    stays_at: str,
) -> None:
    def in_savepoint(statement: str) -> str:
        return f"do $$ begin begin {statement}; exception when others then raise; end; end $$"

    project = Project.new(tmp_path / "project")
    project.sql("b0", "create table t (n int, id int primary key)", "drop table t")
    added = "alter table t add column c int default 0"
    project.sql(
        "b1", f"{added}; create table u (id int, v int); {in_savepoint('insert into u values (1, 1)')}", "drop table u"
    )
    project.sql("b2", f"alter table u alter v type bigint; {in_savepoint('update u set v = v + 1')}", None)
    project.sql(
        "b3",
        f"alter table u add column w text; update u set w = 'x'; {in_savepoint('update t set c = 7')}; alter table t alter c set not null",
        None,
    )
    project.sql("b4", "create unique index t_unique on t (n)", "drop index t_unique")
    certified(project, database)
    assert up(project, database, to="b0").status == 0
    database.run("insert into t values (1, 1), (1, 2)")
    before = database.dump_schema(*_OURS)
    begins = Run._transaction_begins

    def with_others(run: Run, step: RevisionStep) -> None:
        if step.revision.revision == "b2" and step.is_upgrade and written:
            database.run(written)
        begins(run, step)

    monkeypatch.setattr(Run, "_transaction_begins", with_others)
    assert up(project, database).status != 0
    assert heads(database) == [stays_at]
    if told:
        assert f"taking back revision b1 would lose what others wrote since: {told};" in caplog.text
    else:
        assert (
            "revision b3, b2, b1 was taken back; the database is at b0 and verified to be as it was before"
            in caplog.text
        )
        assert database.dump_schema(*_OURS) == before


def test_what_is_not_exact_stays_and_why_is_told(
    project: Project, database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    path = project.folder / "versions/a3.py"
    path.write_text(path.read_text().replace("alter table t add column m int default 7", "update t set n = n + 1"))
    failing(project, database, "", "-x", "safety.preserve=schema")
    assert up(project, database).status != 0
    assert "revision a2, a3 stays committed" in caplog.text
    assert "a3 is schema-exact" in caplog.text
    assert heads(database) == ["a3"]


def write_when_it_is_there(database: ScratchDatabase, statement: str) -> None:
    with database.connect(autocommit=True) as connection:
        for _ in range(500):
            if connection.execute("select 1 from pg_class where relname = 't_n'").fetchall():
                break
            time.sleep(0.01)
        connection.execute(statement)


class _Health(BaseHTTPRequestHandler):
    status = 200
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_failed_health_check_has_the_same_consequences(
    project: Project, database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    certified(project, database)
    _Health.status, _Health.asked = 200, 0
    server = HTTPServer(("127.0.0.1", 0), _Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/health?password=hidden"
    try:
        assert up(project, database, f"safety.health_check={url}", to="a1").status == 0
        _Health.status = 503
        done = up(project, database, f"safety.health_check={url}", "safety.health_timeout=1500ms")
    finally:
        server.shutdown()
        server.server_close()
    assert done.status != 0
    assert "after COMMIT the health check failed" in done.out + done.err
    assert "status 503" in done.out + done.err
    assert "hidden" not in done.out + done.err + caplog.text
    assert heads(database) == ["a1"]
    assert _Health.asked >= 2
    good, bad = (f"{sys.executable} -c 'raise SystemExit({code})'" for code in (0, 3))
    assert up(project, database, f"safety.health_check={bad}", "safety.health_timeout=0.5s").status != 0
    assert "exit status 3" in caplog.text or heads(database) == ["a1"]
    assert up(project, database, f"safety.health_check={good}").status == 0
    with database.connect() as connection:
        rows = connection.execute(
            "select kind, outcome from alembic_safety.event where kind = 'health check' order by id"
        ).fetchall()
    assert [row[1] for row in rows] == ["ok", "failed", "failed", "ok"]
    assert json.dumps(rows)


@pytest.mark.parametrize(
    ("rows", "written", "told"),
    [
        (1, "create table by_others (id int)", ""),
        (1, "insert into extra values (9)", "that would lose what others wrote since: 1 row in public.extra"),
        (424242, "select 1", "it writes rows, and how far it came with them is not known"),
    ],
)
def test_a_part_of_a_revision_is_taken_back_too(
    project: Project,
    one_database: ScratchDatabase,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    written: str,
    told: str,
) -> None:
    inside = (
        "create table extra (id int); create view seen as select id, m from t; alter table t add column x int default 3; "
        "do $$ begin if exists (select from t where n = 424242) then update t set m = 8; end if; end $$"
    )
    outside = "create index concurrently t_m on t (m); create unique index concurrently t_twice on t (n)"
    project.add("a4", f"op.run_sql({inside!r})\nop.run_sql({outside!r}, transaction=False)", "pass")
    certified(project, one_database)
    assert up(project, one_database, to="a1").status == 0
    one_database.run(f"insert into t values (2, {rows}); update t set n = {rows}")
    before = one_database.dump_schema(*_OURS)
    settle = Run.settle

    def with_others(run: Run) -> None:
        monkeypatch.setattr(Run, "settle", settle)
        one_database.run(written)
        settle(run)

    monkeypatch.setattr(Run, "settle", with_others)
    assert up(project, one_database).status != 0
    if told:
        assert f"a part of revision a4 stays committed: the part is not taken back, because {told}" in caplog.text
        assert heads(one_database) == ["a3"]
    else:
        assert "the part of revision a4 that was committed is taken back" in caplog.text
        assert (
            "revision a3, a2 was taken back; the database is at a1 and verified to be as it was before" in caplog.text
        )
        one_database.run("drop table by_others")
        assert one_database.dump_schema(*_OURS) == before
    one_database.run("update t set n = id")
    assert up(project, one_database).status == 0
    assert ("goes on after" in caplog.text) == bool(told)
