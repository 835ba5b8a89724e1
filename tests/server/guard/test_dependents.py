"""What others made over what an upgrade drops or retypes is named before it begins, and what the project made is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from alembic_safety.errors import GuardError
from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

START = """
create type mood as enum ('x', 'y', 'z'); create sequence s;
create table t (id int primary key, a int, b int, d int, e int, m mood); create table u (n int constraint u_n unique);
create table par (id int, k int) partition by range (id); create table par1 partition of par for values from (0) to (100);
create view own as select a from t; create view shown as select id from t;
create function f(x int) returns int language sql as 'select x';
create table gone (id int); create function trg() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before insert on gone for each row execute function trg()
"""
UP = """
drop view own; alter table t alter a type bigint, drop column b; create view own as select a from t;
drop function f(int); drop sequence s; alter table u drop constraint u_n; drop table gone; drop function trg();
alter type mood rename to mood_old; create type mood as enum ('x', 'y'); alter table t alter m type mood using m::text::mood; drop type mood_old;
alter table par alter k type bigint; drop view shown; create view shown as select id, d from t; alter table t alter e type text
"""
OTHERS = """
create schema app2; create view app2.va as select a from t; create materialized view app2.vb as select b from t; create view app2.vf as select f(1);
create function app2.g() returns int begin atomic select b from t; end; create policy pol on t using (b > 0);
create table app2.ds (n int default nextval('s')); create table app2.fk (n int references u (n)); create table app2.mm (m mood);
create view app2.vm as select m from t; create view app2.vpar as select k from par1; create view app2.vs as select * from shown;
create trigger wh before update of e on t for each row execute function trg(); alter table t add gen int generated always as (length(e::text)) stored;
"""
#: What goes along or is made again by the server: no reason to stop.
HARMLESS = "create index handmade on t (a, b); alter table t add check (b > 0); create statistics st on a, b from t; create schema app3; create table app3.fk (t int references t)"
NAMED = {
    "view app2.va", "materialized view app2.vb", "view app2.vf", "function app2.g()", "policy pol on public.t",
    "default value for app2.ds.n", "table constraint fk_n_fkey on app2.fk", "table column app2.mm.m", "view app2.vm", "view app2.vpar",
    "view app2.vs", "trigger wh on public.t", "default value for public.t.gen",
}  # fmt: skip


def test_they_are_named(tmp_path: Path, one_database: ScratchDatabase) -> None:
    project = Project.new(tmp_path)
    project.sql("a1", START)
    project.sql("a2", UP)
    server = one_database.server.url().render_as_string(hide_password=False)
    done = alembic("safety-downgrade", "--server", server, cwd=tmp_path)
    assert done.status == 0, done.out
    url = ("-x", f"url={one_database.url_text}")
    assert alembic(*url, "upgrade", "a1", cwd=tmp_path).status == 0
    one_database.run(OTHERS + HARMLESS)
    with pytest.raises(GuardError) as refused:
        alembic(*url, "--raiseerr", "upgrade", "head", cwd=tmp_path)
    lines = str(refused.value).splitlines()
    assert {line.partition(" depends on ")[0].strip() for line in lines[1:-1]} == NAMED
    assert lines[-1] == "-x safety.checks=dependents=warn goes on all the same"
    assert any(
        line.startswith(
            "  view app2.va depends on table column public.t.a, and no rehearsal knew of it: revision a2 could not change"
        )
        for line in lines
    )
    one_database.run(
        "drop schema app2 cascade; drop policy pol on t; drop trigger wh on t; alter table t drop column gen"
    )
    assert alembic(*url, "upgrade", "head", cwd=tmp_path).status == 0


def test_a_name_that_changes_stops_nothing(tmp_path: Path, one_database: ScratchDatabase) -> None:
    project = Project.new(tmp_path)
    project.sql("a1", "create table t (id int primary key, a int, b int); create table u (id int primary key, b int)")
    project.sql(
        "a2",
        "alter table t rename a to c; alter table t alter c set not null; alter table u rename to w; alter table w alter b set default 1",
    )
    server = one_database.server.url().render_as_string(hide_password=False)
    url = ("-x", f"url={one_database.url_text}", "-x", "safety.checks=dependents=refuse")
    for certified in (False, True):
        if certified:
            assert alembic("safety-downgrade", "--server", server, cwd=tmp_path).status == 0
        assert alembic(*url, "upgrade", "a1", cwd=tmp_path).status == 0
        one_database.run("create view v as select a from t; create view x as select b from u")
        assert alembic(*url, "upgrade", "a2", cwd=tmp_path).status == 0
        one_database.run("drop view v, x; drop table t, w; delete from alembic_version")


def test_without_certificates_they_are_told_of(
    tmp_path: Path, one_database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    project = Project.new(tmp_path)
    project.sql("a1", "create table t (id int primary key, a int, b int)")
    project.add("a2", 'op.execute("alter table t alter a type bigint, drop column b")')
    url = ("-x", f"url={one_database.url_text}")
    assert alembic(*url, "upgrade", "a1", cwd=tmp_path).status == 0
    one_database.run("create view va as select a from t; create view vb as select b from t")
    with pytest.raises(DBAPIError, match="cannot"):
        alembic(*url, "upgrade", "a2", cwd=tmp_path)
    for name in "ab":
        assert (
            f"view public.v{name} depends on table column public.t.{name}, and no rehearsal knew of it" in caplog.text
        )
