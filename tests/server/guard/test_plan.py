"""``safety-plan``: what it says is true of the live database, and nothing is changed by saying it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ScratchDatabase
from tests.server.guard.test_run import own_environment
from tests.support.cli import Result, alembic
from tests.support.project import Project

pytestmark = pytest.mark.server


@pytest.fixture
def project(tmp_path: Path, database: ScratchDatabase) -> Project:
    project = own_environment(tmp_path / "own", database, "psycopg")
    project.sql(
        "a1",
        "create table t (id int primary key, n int); create table p (id int, d int) partition by range (d); "
        "create table p1 partition of p for values from (0) to (10); create table gone (id int)",
    )
    project.sql("a2", "alter table t alter n type bigint; create index t_n on t (n)")
    project.sql("a3", "alter table p add column x int; drop table gone")
    project.add("a4", "if op.get_bind().exec_driver_sql('select 1').scalar():\n    op.execute('create table u ()')")
    return project


def certify(project: Project, database: ScratchDatabase) -> None:
    server = database.server.url().render_as_string(hide_password=False)
    done = alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder)
    assert done.status in (0, 1), done.err


def plan(project: Project, *arguments: object) -> tuple[Result, dict[str, Any]]:
    file = project.folder / "plan.json"
    done = alembic("safety-plan", *arguments, "--json", file, cwd=project.folder)
    assert done.status in (0, 1), done.err
    return done, json.loads(file.read_text())


def test_locks_sizes_and_work_of_live_tables(project: Project, database: ScratchDatabase) -> None:
    certify(project, database)
    assert alembic("upgrade", "a1", cwd=project.folder).status == 0
    database.run(
        "insert into t select i, i from generate_series(1, 50000) i; insert into p select i, 5 from generate_series(1, 5000) i; "
        "analyze t, p1"
    )
    before = database.dump_schema()
    done, found = plan(project, "--sql")
    assert done.status == 0, done.out
    assert database.dump_schema() == before
    rows = {row["key"]: row for row in found["rows"]}
    assert list(rows) == ["a2", "a3", "a4"]
    with database.connect() as connection:
        size = connection.execute("select pg_total_relation_size('t'), pg_total_relation_size('p1')").fetchone()
        assert size is not None
    assert rows["a2"]["locks"] == [
        {"relation": "public.t", "mode": "AccessExclusiveLock", "bytes": size[0], "rows": 50000}
    ]
    assert [w["what"] for w in rows["a2"]["work"]] == ["rewrite", "index"]
    partitioned = {lock["relation"]: lock["bytes"] for lock in rows["a3"]["locks"]}
    assert partitioned["public.p"] == size[1]
    codes = {(f["revision"], f["code"]) for f in found["findings"] if "revision" in f}
    assert {("a2", "type-change-rewrites"), ("a2", "work-under-lock"), ("a3", "dropped-in-use")} <= codes
    assert {c.split()[0] for c in found["facts"]["checks"].split(", ")} >= {"rows", "locks", "privileges"}
    assert found["facts"]["backup"]
    assert "create index t_n on t (n);" in done.out
    assert "asks the database what to do" in done.out
    assert "200 MB a second" in " ".join(done.out.split())


def test_what_would_refuse_the_upgrade_is_the_exit_status(project: Project, database: ScratchDatabase) -> None:
    certify(project, database)
    assert alembic("upgrade", "a1", cwd=project.folder).status == 0
    database.run("create index t_n on t (id)")
    done, found = plan(project)
    assert done.status == 1
    (drift,) = [f for f in found["findings"] if f["code"] == "drift"]
    assert "index public.t_n is there already" in drift["message"]
    database.run("drop index t_n")
    assert plan(project, "a2")[0].status == 0
    (project.folder / "versions/safety/a3.json").unlink()
    done, found = plan(project)
    assert done.status == 0
    assert [f["severity"] for f in found["findings"] if f["code"] == "certificate"] == ["warning"]
    (project.folder / "alembic.ini").write_text(
        (project.folder / "alembic.ini").read_text() + "\n[alembic:safety]\ncertificates = require\n"
    )
    assert plan(project)[0].status == 1
    certify(project, database)
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    done, found = plan(project)
    assert found["summary"] == "nothing is pending"


def test_without_certificates_the_sql_tells_and_a_rehearsal_knows(project: Project, database: ScratchDatabase) -> None:
    assert alembic("upgrade", "a1", cwd=project.folder).status == 0
    _, found = plan(project)
    rows = {row["key"]: row for row in found["rows"]}
    assert rows["a2"]["grade"] is None
    assert "what it locks is not known" in rows["a2"]["detail"][0]
    assert ("a2", "index-not-concurrent") in {(f.get("revision"), f["code"]) for f in found["findings"]}
    server = database.server.url().render_as_string(hide_password=False)
    (project.folder / "alembic.ini").write_text(
        (project.folder / "alembic.ini").read_text() + f"\n[alembic:safety]\nserver = {server.replace('%', '%%')}\n"
    )
    _, found = plan(project, "--rehearse")
    rows = {row["key"]: row for row in found["rows"]}
    assert rows["a2"]["grade"] is not None
    assert rows["a2"]["locks"][0]["mode"] == "AccessExclusiveLock"
    assert not (project.folder / "versions/safety").exists()


def test_a_reader_without_rights_can_plan(project: Project, database: ScratchDatabase) -> None:
    certify(project, database)
    assert alembic("upgrade", "a1", cwd=project.folder).status == 0
    role = f"{database.name}_reader"
    database.run(
        f"create role {role} login; grant select on alembic_version to {role}; alter role {role} set default_transaction_read_only = on"
    )
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace(f"//{database.url.username}@", f"//{role}@"))
    done, found = plan(project)
    assert done.status == 1
    codes = {f["code"] for f in found["findings"] if f["severity"] == "error"}
    assert codes == {"check-writable", "check-privileges"}
    assert found["rows"][0]["locks"][0]["bytes"] > 0


def test_what_is_kept_for_the_way_back(project: Project, database: ScratchDatabase) -> None:
    project.add(
        "a5",
        "op.preserve_columns('public.t', ['n'])\n"
        "op.preserve_table('public.p')\n"
        "op.preserve_rows('public.t')\n"
        "op.execute('alter table t drop column n')",
        "op.execute('alter table t add column n int')",
    )
    assert alembic("upgrade", "a4", cwd=project.folder).status == 0
    database.run("insert into t select i, i from generate_series(1, 10000) i; analyze t")
    _, found = plan(project)
    (row,) = found["rows"]
    kept = [(one["what"], one["bytes"]) for one in row["kept"]]
    assert kept == [
        ("n of all rows of public.t", 10000 * (60 + 8)),
        ("all rows of public.p", 0),
        ("the rows of public.t that the upgrade writes", None),
    ]
    assert "keeps n of all rows of public.t for the way back" in "\n".join(row["detail"])
