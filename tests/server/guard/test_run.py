"""``hooks.run``: one migrator at a time, lock timeouts, retries, and everything off."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server
DRIVERS = ("psycopg", "psycopg2", "asyncpg")

ASYNC_ENV = """\
import asyncio
from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine
from alembic_safety import hooks

def work(connection):
    context.configure(connection=connection, **hooks.options(%s))
    hooks.run(context)

async def main():
    engine = create_async_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(work)
    await engine.dispose()

asyncio.run(main())
"""
ENV = """\
from alembic import context
from sqlalchemy import create_engine
from alembic_safety import hooks

def configure(connection):
    context.configure(connection=connection, **hooks.options(%s))
    hooks.run(context)

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), pool_size=1, max_overflow=0)
with engine.connect() as connection:
    configure(connection)
"""


def own_environment(folder: Path, database: ScratchDatabase, driver: str, options: str = "") -> Project:
    """A project with an env.py of its own for a driver."""
    project = Project.new(folder)
    url = database.url.set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)
    (folder / "env.py").write_text((ASYNC_ENV if driver == "asyncpg" else ENV) % options)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s\nversion_locations = %(here)s/versions\npath_separator = os\n"
        f"sqlalchemy.url = {url.replace('%', '%%')}\n"
    )
    return project


def upgrade(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """``alembic upgrade head`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *arguments, "upgrade", "head"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.new(tmp_path / "project")


@pytest.fixture
def url(database: ScratchDatabase) -> tuple[str, str]:
    return ("-x", f"url={database.url_text}")


def test_ten_at_once_and_none_fails(tmp_path: Path, database: ScratchDatabase) -> None:
    project = own_environment(tmp_path / "own", database, "psycopg")
    project.sql("a1", "create table t (id int); select pg_sleep(0.7)")
    project.sql("a2", "create table u (id int); insert into u select 1")
    project.sql("a3", "create index concurrently u_id on u (id)")
    count = 10 if database.server.major == 18 else 3
    running = [upgrade(project) for _ in range(count)]
    for one in running:
        out, _ = one.communicate(timeout=120)
        assert one.returncode == 0, out
    with database.connect() as connection:
        assert connection.execute("select count(*) from u").fetchone() == (1,)
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a3",)]


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("options", ["", "transaction_per_migration=True"])
def test_drivers_up_and_down(tmp_path: Path, database: ScratchDatabase, driver: str, options: str) -> None:
    project = own_environment(tmp_path / "own", database, driver, options)
    project.add("a1", "op.create_table('t', sa.Column('id', sa.Integer))", "op.drop_table('t')")
    project.add(
        "a2",
        "with op.get_context().autocommit_block():\n"
        "    op.create_index('t_id', 't', ['id'], postgresql_concurrently=True)\n"
        "op.execute(\"select 1/(current_setting('lock_timeout') = '3s')::int\")",
        "op.drop_index('t_id')",
    )
    project.add("a3", "op.execute(\"select 1/(current_setting('lock_timeout') = '3s')::int\")")
    assert alembic("upgrade", "+1", cwd=project.folder).status == 0
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    assert alembic("downgrade", "base", cwd=project.folder).status == 0
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    assert alembic("stamp", "a1", cwd=project.folder).status == 0
    assert alembic("current", cwd=project.folder).status == 0
    offline = alembic("upgrade", "a1:a3", "--sql", cwd=project.folder)
    assert "lock_timeout = " not in offline.out


def test_asyncpg_too_gets_others_out_of_the_way(tmp_path: Path, database: ScratchDatabase) -> None:
    project = own_environment(tmp_path / "own", database, "asyncpg")
    project.sql("a1", "create type mood as enum ('sad'); create table t (mood mood, n int)", None)
    project.sql("a2", "alter type mood add value 'glad'; alter table t alter n type bigint", None)
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic("safety-downgrade", "--server", server, cwd=project.folder).status == 0
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    database.run(
        "create schema second; create table second.t (m mood default 'sad'); insert into second.t default values;"
        "create view second.v as select n from t"
    )
    assert alembic("downgrade", "-1", cwd=project.folder).status == 0
    dumped = database.dump_schema("-N", "alembic_safety")
    assert "bigint" not in dumped
    assert "glad" not in dumped
    assert "CREATE VIEW second.v" in dumped


def test_env_py_that_begins_the_transaction_itself(tmp_path: Path, database: ScratchDatabase) -> None:
    project = own_environment(tmp_path / "own", database, "psycopg", "transaction_per_migration=True")
    env = project.folder / "env.py"
    began = '    connection.exec_driver_sql("SET statement_timeout = 60000")\n    context.configure'
    text = env.read_text().replace("    context.configure", began).replace(", pool_size=1, max_overflow=0", "")
    env.write_text(text + "    connection.commit()\n")
    project.sql("a1", "create table t (id int, made timestamptz default 'now()', day timestamp default 'now')", None)
    project.sql("a2", "create type kind as enum ('a'); alter table t add k kind", None)
    project.sql("a3", "alter type kind rename to sort", None)
    project.add(
        "a4",
        "op.get_bind().commit()\n"
        "with op.get_context().autocommit_block():\n"
        "    op.create_index('t_id', 't', ['id'], postgresql_concurrently=True)",
        None,
    )
    server = ("--server", database.server.url().render_as_string(hide_password=False))
    derived = alembic("safety-downgrade", *server, cwd=project.folder)
    assert derived.status == 0, derived.out + derived.err
    for command in (("upgrade", "head"), ("downgrade", "base"), ("upgrade", "head")):
        done = alembic(*command, cwd=project.folder)
        assert done.status == 0, done.out + done.err
    with database.connect() as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a4",)]


def test_a_held_lock_is_waited_for_and_its_holder_named(
    project: Project, database: ScratchDatabase, url: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.sql("a1", "create table t (id int)")
    project.sql("a2", "select pg_sleep(3)")
    first = upgrade(project, *url)
    with database.connect(autocommit=True) as connection:
        _until(
            connection,
            "select 1 from pg_stat_activity where query ~ 'pg_sleep.3' and state = 'active' and pid <> pg_backend_pid()",
        )
    refused = alembic(*url, "-x", "safety.lock_wait=300ms", "upgrade", "head", cwd=project.folder)
    assert refused.status != 0
    assert "another migration" in refused.err + refused.out
    assert f"alembic-safety {first.pid}@" in refused.err + refused.out
    assert first.wait(60) == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_lock_timeout_is_retried_and_the_blocker_shown(
    tmp_path: Path, database: ScratchDatabase, driver: str, caplog: pytest.LogCaptureFixture
) -> None:
    project = own_environment(tmp_path / "own", database, driver)
    project.sql("a1", "create table t (id int)")
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    project.sql("a2", "create table before_it (id int)")
    project.sql("a3", "alter table t add column n int")
    with database.connect() as holder:
        holder.execute("set application_name = 'the reporter'")
        holder.execute("select * from t")
        threading.Timer(1.5, holder.rollback).start()
        done = alembic("-x", "safety.lock_timeout=300ms", "upgrade", "head", cwd=project.folder)
    assert done.status == 0, done.err
    assert "trying again" in caplog.text
    assert ("the reporter" in caplog.text) == (driver != "asyncpg")
    with database.connect() as connection:
        connection.execute("select n from t, before_it")


def test_retries_end_and_nothing_is_left(
    project: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    project.sql("a1", "create table t (id int)")
    project.sql("a2", "create table u (id int); alter table t add n int")
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    with database.connect() as holder:
        holder.execute("select * from t")
        options = ("-x", "safety.lock_timeout=50ms", "-x", "safety.retries=1")
        with pytest.raises(Exception, match="lock timeout"):
            alembic(*url, *options, "--raiseerr", "upgrade", "head", cwd=project.folder)
        assert "given up after 1 retries" in caplog.text
        holder.execute("select version_num from alembic_version where version_num = 'a1'")
        assert holder.execute("select to_regclass('u')").fetchone() == (None,)


def test_relative_steps_go_no_further_after_a_retry(
    project: Project, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    project.sql("a1", "create table t (id int)")
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    for number in range(2, 6):
        project.sql(f"a{number}", f"alter table t add c{number} int" if number == 3 else f"create table t{number} ()")
    with database.connect() as holder:
        holder.execute("select * from t")
        threading.Timer(0.6, holder.rollback).start()
        assert alembic(*url, "-x", "safety.lock_timeout=100ms", "upgrade", "+2", cwd=project.folder).status == 0
    with database.connect() as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a3",)]


def test_an_own_lock_timeout_wins_over_the_default(
    project: Project, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    project.sql("a1", "select 1/(current_setting('lock_timeout') = '7s')::int")
    database.run(f"alter database {database.name} set lock_timeout = '7s'")
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0


def test_a_failed_concurrent_index_leaves_no_invalid_one(
    project: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    project.sql("a1", "create table t (id int); insert into t values (1), (1)")
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    path = project.sql("a2", "create unique index concurrently t_id on t (id)")
    with pytest.raises(Exception, match="duplicated"):
        alembic(*url, "--raiseerr", "upgrade", "head", cwd=project.folder)
    assert "dropped the INVALID index public.t_id" in caplog.text
    with database.connect(autocommit=True) as connection:
        assert connection.execute("select to_regclass('t_id')").fetchone() == (None,)
        with pytest.raises(psycopg.Error):
            connection.execute("create unique index concurrently t_id on t (id)")
    # One that was there before is not ours to drop, and IF NOT EXISTS would keep it in silence.
    path.write_text(path.read_text().replace("concurrently", "concurrently if not exists"))
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    assert "index public.t_id is there and INVALID" in caplog.text


def test_a_failed_concurrent_index_without_a_name_is_told_of(
    project: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    project.sql("a1", "create table t (id int); insert into t values (1), (1)")
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    project.sql("a2", "create unique index concurrently on t (id)")
    with pytest.raises(Exception, match="duplicated"):
        alembic(*url, "--raiseerr", "upgrade", "head", cwd=project.folder)
    assert "left public.t_id_idx INVALID" in caplog.text


def test_behind_a_pooler_the_lock_lives_in_a_transaction(
    project: Project, database: ScratchDatabase, url: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic_safety.guard.runner_lock.is_pooled", lambda _: True)
    seen = "select 1/count(*) from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and state = 'idle in transaction'"
    project.sql("a1", seen)
    project.sql("a2", "create table t (id int)")
    project.sql("a3", "create index concurrently t_id on t (id)")
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0


def test_the_lock_is_taken_again_where_its_connection_was_lost(
    project: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    end = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
    project.sql("a1", f"{end}; create table t (id int)")
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    assert "the lock was taken again" in caplog.text


def test_everything_off_is_plain_alembic(project: Project, database: ScratchDatabase, url: tuple[str, str]) -> None:
    project.sql("a1", "select 1/(current_setting('lock_timeout') = '0')::int")
    assert alembic(*url, "-x", "safety.enabled=off", "upgrade", "head", cwd=project.folder).status == 0
    with database.connect() as connection:
        assert connection.execute("select 1 from pg_namespace where nspname = 'alembic_safety'").fetchall() == []


def test_a_transaction_of_the_caller_is_not_retried(
    project: Project, database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    import sqlalchemy
    from alembic import command

    project.sql("a1", "create table t (id int)")
    engine = sqlalchemy.create_engine(database.url)
    with engine.begin() as connection:
        config = project.config
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    project.sql("a2", "alter table t add n int")
    with database.connect() as holder, engine.connect() as connection:
        holder.execute("select * from t")
        connection.begin()
        config.attributes["connection"] = connection
        with pytest.raises(Exception, match="lock timeout"):
            command.upgrade(config, "head")
    assert "env.py opened the transaction" in caplog.text
    engine.dispose()


def test_a_transaction_that_env_py_opened_by_alembic(tmp_path: Path, database: ScratchDatabase) -> None:
    project = own_environment(tmp_path / "own", database, "psycopg")
    env = project.folder / "env.py"
    env.write_text(
        env.read_text().replace(
            "    hooks.run(context)",
            "    with context.begin_transaction():\n"
            "        context.execute('create schema if not exists app; select pg_advisory_xact_lock(5)')\n"
            "        hooks.run(context)",
        )
    )
    project.sql("a1", "create table app.t (id int)")
    project.sql("a2", "create index concurrently t_id on app.t (id)")
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    project.sql("a3", "create table app.u (id int)")
    project.sql("a4", "select 1/0")
    with pytest.raises(Exception, match="division by zero"):
        alembic("--raiseerr", "upgrade", "head", cwd=project.folder)
    with database.connect() as connection:
        found = connection.execute(
            "select version_num, to_regclass('app.t_id')::text, to_regclass('app.u') from alembic_version"
        )
        assert found.fetchall() == [("a2", "app.t_id", None)]


def _until(connection: psycopg.Connection[tuple[object, ...]], query: str) -> None:
    for _ in range(200):
        if connection.execute(query).fetchall():
            return
        time.sleep(0.05)
    raise AssertionError(f"never true: {query}")


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_revision_gets_the_isolation_level_that_it_asks_for(
    tmp_path: Path, one_database: ScratchDatabase, driver: str
) -> None:
    project = own_environment(tmp_path / "p", one_database, driver, "transaction_per_migration=True")
    level = "INSERT INTO levels SELECT current_setting('transaction_isolation')"
    project.sql("a1", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; CREATE TABLE levels (l text); " + level, None)
    project.sql("a2", level, None)
    project.sql("a3", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; " + level, None)
    done = alembic("upgrade", "head", cwd=project.folder)
    assert done.status == 0, done.out + done.err
    with one_database.connect() as connection:
        levels = connection.execute("SELECT l FROM levels").fetchall()
        applied = connection.execute("SELECT count(applied) FROM alembic_safety.step").fetchone()
    assert levels == [("serializable",), ("read committed",), ("repeatable read",)]
    assert applied == (3,)


def test_without_a_second_connection_nothing_is_begun(project: Project, database: ScratchDatabase) -> None:
    project.sql("a1", "create table t (id int)")
    role = f"{database.name}_alone"
    database.run(f"create role {role} login password 'x' connection limit 1; grant all on schema public to {role}")
    try:
        alone = database.url.set(username=role, password="x").render_as_string(hide_password=False)
        refused = alembic("-x", f"url={alone}", "upgrade", "head", cwd=project.folder)
        assert (
            "the guard needs a connection of its own beside the migration's, and got none" in refused.out + refused.err
        )
        assert "too many connections for role" in refused.out + refused.err
        with database.connect() as connection:
            assert connection.execute("select to_regclass('t'), to_regclass('alembic_version')").fetchone() == (
                None,
                None,
            )
    finally:
        database.run(f"drop owned by {role}; drop role {role}")
