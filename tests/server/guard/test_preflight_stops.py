"""What the checks before an upgrade or a downgrade make of whole projects: nothing has begun where they stop it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alembic_safety.errors import GuardError, SourceError
from tests.conftest import ScratchDatabase
from tests.server.guard.test_run import own_environment
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_rows_that_it_would_refuse_stop_an_upgrade_before_it_begins(
    tmp_path: Path, database: ScratchDatabase, driver: str
) -> None:
    project = own_environment(tmp_path / "own", database, driver)
    project.sql("a1", "create table t (id int primary key, n int, s text)")
    project.sql("a2", "create table made_by_a2 (); alter table t add column k int")
    project.sql("a3", "alter table t alter n set not null")
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder).status == 0
    assert alembic("upgrade", "a1", cwd=project.folder).status == 0
    database.run("insert into t values (7), (8)")
    with pytest.raises(GuardError, match=r"2 rows of public\.t hold NULL .*public\.t\.n"):
        alembic("--raiseerr", "upgrade", "head", cwd=project.folder)
    with database.connect() as connection:
        found = connection.execute("select version_num, to_regclass('made_by_a2') from alembic_version").fetchall()
        assert found == [("a1", None)]
    database.run("update t set n = 0")
    assert alembic("upgrade", "head", cwd=project.folder).status == 0


def test_what_a_role_may_do_without_owning_it_is_not_refused(tmp_path: Path, database: ScratchDatabase) -> None:
    project = own_environment(tmp_path / "own", database, "psycopg")
    project.sql(
        "a1",
        "create table mine (id int primary key, old int); create view theirs as select old from mine; "
        "create table parent (id int primary key); create schema app; create table app.gone (id int); "
        "create function f() returns trigger language plpgsql as 'begin return new; end'",
    )
    project.sql(
        "a2",
        "alter table mine rename old to new; alter table mine add foreign key (new) references parent; drop table app.gone; "
        "create trigger tr before insert on parent for each row execute function f(); create index on mine (new); "
        "create extension if not exists plpgsql",
    )
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder).status in (0, 1)
    assert alembic("upgrade", "a1", cwd=project.folder).status == 0
    role = f"{database.name}_migrator"
    database.run(
        f"create role {role} login; grant create on database {database.name} to {role}; grant create on schema public to {role}; "
        f"alter table mine owner to {role}; alter schema app owner to {role}; grant references, trigger, select on parent to {role}; "
        f"grant all on alembic_version to {role}; grant all on schema alembic_safety to {role}; "
        f"grant all on all tables in schema alembic_safety to {role}"
    )
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace(f"//{database.url.username}@", f"//{role}@"))
    upgrade = ("-x", "safety.backup=none", "--raiseerr", "upgrade", "head")
    with pytest.raises(GuardError, match=rf"may not read app\.gone, .*GRANT SELECT ON app\.gone TO {role}"):
        alembic(*upgrade, cwd=project.folder)
    database.run(f"grant all on app.gone to {role}")
    alembic(*upgrade, cwd=project.folder)


def test_a_role_that_may_not_is_told_before(tmp_path: Path, database: ScratchDatabase) -> None:
    project = own_environment(tmp_path / "own", database, "psycopg")
    project.sql("a1", "create table t (id int primary key)")
    project.sql("a2", "alter table t add column m int")
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder).status == 0
    assert alembic("upgrade", "a1", cwd=project.folder).status == 0
    role = f"{database.name}_migrator"
    database.run(
        f"create role {role} login; grant create on database {database.name} to {role}; grant create on schema public to {role}; "
        f"grant all on alembic_version to {role}; grant all on schema alembic_safety to {role}; "
        f"grant all on all tables in schema alembic_safety to {role}"
    )
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace(f"//{database.url.username}@", f"//{role}@"))
    with pytest.raises(GuardError, match=rf"public\.t belongs to .*GRANT .* TO {role}"):
        alembic("--raiseerr", "upgrade", "head", cwd=project.folder)
    database.run(f"alter table t owner to {role}")
    assert alembic("upgrade", "head", cwd=project.folder).status == 0


def test_an_upgrade_without_approval_is_refused(
    tmp_path: Path, database: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic_safety.guard.approval.who", lambda _: "bob")
    monkeypatch.setattr("alembic_safety.guard.approval.authors_of", lambda _: ("ann",))
    project = own_environment(tmp_path / "own", database, "psycopg")
    project.sql("a1", "create table t (id int)", "drop table t")
    policy = ("-x", "safety.approval=production: any needs 1 other")
    production = (*policy, "-x", "safety.target=production")
    with pytest.raises(GuardError, match=r"nothing was changed:\n  revision a1: it needs 1 approval by somebody else"):
        alembic(*production, "--raiseerr", "upgrade", "head", cwd=project.folder)
    assert alembic(*policy, "upgrade", "head", cwd=project.folder).status == 0
    assert alembic(*production, "downgrade", "base", cwd=project.folder).status == 0
    loud = (*production, "-x", "safety.checks=approval=warn")
    assert alembic(*loud, "upgrade", "head", cwd=project.folder).status == 0
    assert alembic(*production, "downgrade", "base", cwd=project.folder).status == 0
    assert alembic(*production, "safety-approve", "a1", "--reason", "read", cwd=project.folder).status == 0
    assert alembic(*production, "upgrade", "head", cwd=project.folder).status == 0


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_an_engine_that_commits_each_statement(tmp_path: Path, database: ScratchDatabase, driver: str) -> None:
    project = own_environment(tmp_path / "own", database, driver)
    env = project.folder / "env.py"
    env.write_text(re.sub(r'(sqlalchemy\.url"\)), ', r'\1, isolation_level="AUTOCOMMIT", ', env.read_text()))
    assert "AUTOCOMMIT" in env.read_text()
    project.sql("a1", "create table t (id int)")
    database.run(f"alter database {database.name} connection limit 2")
    with pytest.raises(GuardError, match="nothing was changed"):
        alembic("-x", "safety.checks=connections=refuse", "--raiseerr", "upgrade", "head", cwd=project.folder)
    database.run(f"alter database {database.name} connection limit -1")
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    assert alembic("safety-plan", cwd=project.folder).status == 0


def test_what_cannot_be_taken_back_stops_a_downgrade_before_it_begins(
    tmp_path: Path, one_database: ScratchDatabase
) -> None:
    project = Project.new(tmp_path)
    url = ("-x", f"url={one_database.url_text}")
    project.sql("a1", "create table t (id int)", None)
    project.add("a2", 'op.execute("create table u (id int)")', 'raise NotImplementedError("rows are merged")')
    project.add("a3", 'op.execute("create table v (id int)")')
    project.add("a4", "pass", 'if 1 > 2:\n    raise ValueError\nop.execute("select 1")')
    assert alembic(*url, "upgrade", "head", cwd=tmp_path).status == 0
    with pytest.raises(GuardError) as refused:
        alembic(*url, "--raiseerr", "downgrade", "a1", cwd=tmp_path)
    raises = "its downgrade() raises NotImplementedError: rows are merged"
    above = "'alembic downgrade {0}' ends above it, and 'alembic safety-downgrade {0} --broken' may derive a downgrade"
    assert str(refused.value).splitlines() == [
        "nothing was changed:",
        f"  downgrade() of revision a3 is empty: what its upgrade() did stays; {above.format('a3')}",
        f"  revision a2 can't be taken back: {raises}; {above.format('a2')}",
        "-x safety.checks=reversible=warn goes on all the same",
    ]
    back = alembic(*url, "safety-rollback", "--stored", "--accept-loss", "--to", "a1", cwd=tmp_path)
    assert "revision a2 can't be taken back: rows are merged" in back.err
    with pytest.raises(SourceError, match=r"a1\.py: it has no downgrade\(\), so nothing was changed"):
        alembic(*url, "--raiseerr", "downgrade", "base", cwd=tmp_path)
    assert "a4" in alembic(*url, "current", cwd=tmp_path).out
    assert alembic(*url, "downgrade", "a2", cwd=tmp_path).status == 0
