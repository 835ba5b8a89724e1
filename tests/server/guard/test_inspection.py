"""What is compared with the rehearsal before and after, what is verified before COMMIT, and what is not refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.util import CommandError

from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project, in_one_transaction

pytestmark = pytest.mark.server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.new(tmp_path / "project")
    project.sql(
        "a1",
        "create table t (id int primary key, n int, old int); create table other (id int); create view v as select id from t; "
        "create table p (id int, d date) partition by range (d)",
    )
    project.sql(
        "a2",
        "alter table t add column m int; create index t_n on t (n); alter table t drop column old; alter table other set unlogged",
    )
    project.sql("a3", "alter table t rename to things; alter table p add column x int; create index p_d on p (d)")
    return project


@pytest.fixture
def url(database: ScratchDatabase) -> tuple[str, str]:
    return ("-x", f"url={database.url_text}")


@pytest.fixture
def certified(project: Project, database: ScratchDatabase) -> Project:
    server = database.server.url().render_as_string(hide_password=False)
    done = alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder)
    assert done.status in (0, 1), done.out + done.err
    return project


def up(project: Project, url: tuple[str, str], to: str = "head", *options: str) -> None:
    alembic(*url, *options, "--raiseerr", "upgrade", to, cwd=project.folder)


def test_a_database_like_the_rehearsed_one_goes_up_and_down(
    certified: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    require = ("-x", "safety.certificates=require")
    up(certified, url, "a1", *require)
    up(certified, url, "head", *require)
    assert alembic(*url, "downgrade", "base", cwd=certified.folder).status == 0
    up(certified, url, "head", *require)
    assert not [r for r in caplog.records if r.name == "alembic_safety.guard"]


def test_revisions_of_one_transaction_build_on_each_other(
    project: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    project.sql("a4", "create table later (id int primary key, n int)")
    project.sql("a5", "alter table later add column m text default 'x'; create index later_n on later (n)")
    project.sql("a6", "alter table later drop column n; alter table things alter column m type bigint; drop view v")
    project.sql("a7", "alter table later rename column m to k; drop table other; create view v as select k from later")
    project.sql(
        "a8", "create schema shop; create table shop.item (id int); create type shop.mood as enum ('sad', 'calm')"
    )
    project.sql(
        "a9",
        "alter schema shop rename to store; create schema shop; alter table store.item rename to old; create table store.item (id int);"
        "alter type store.mood rename value 'sad' to 'low'; alter type store.mood add value 'high'",
    )
    project.sql("b1", "drop view v; alter table later alter column k type varchar(9)")
    project.sql("b2", "create view v as select k, id from later")
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder).status in (0, 1)
    in_one_transaction(project)
    up(project, url, "a2", "-x", "safety.certificates=require")
    up(project, url, "head", "-x", "safety.certificates=require")
    assert alembic(*url, "downgrade", "base", cwd=project.folder).status == 0
    up(project, url, "head", "-x", "safety.certificates=require")
    assert not [r for r in caplog.records if r.name == "alembic_safety.guard"]


def test_what_is_missing_changed_or_in_the_way_is_drift(
    certified: Project, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    up(certified, url, "a1")
    database.run("alter table t drop column n; alter table t alter old type bigint; create index t_n on t (id)")
    before = database.dump_schema()
    with pytest.raises(CommandError, match="nothing was changed") as refused:
        up(certified, url)
    text = str(refused.value)
    assert "column public.t.n is missing; revision a2 needs it" in text
    assert "column public.t.old" not in text  # it is dropped, and would be given back as it is
    assert "index public.t_n is there already" in text
    with pytest.raises(CommandError, match="nothing was changed") as refused:
        up(certified, url, "head", "-x", "safety.live_state=off")
    assert "column public.t.old is not what it was" in str(refused.value)
    assert database.dump_schema() == before
    database.run("drop index t_n; alter table t add n int; alter table t alter old type int")
    up(certified, url)


def test_a_production_that_is_not_like_the_rehearsal_is_not_refused(
    certified: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    up(certified, url, "a1")
    database.run("""
        create index by_hand on t (n, id); create index by_hand_too on t (old); alter table t add column by_hand int;
        create view hand as select n, id from t; create schema another; create table another.app (id int);
        create table p_2026 partition of p for values from ('2026-01-01') to ('2027-01-01'); create table p_def partition of p default;
        alter table t set (fillfactor = 80); comment on table t is 'by hand'; alter table t alter n set statistics 500;
        grant select on t to public; alter table other add column more int; create index p_hand on p_2026 (id);
        create function trg() returns trigger language plpgsql as 'begin return new; end';
        create trigger audit before insert on t for each row execute function trg();
        alter table t replica identity full; create statistics st on n, id from t; create index by_hand_invalid on other (id);
        update pg_index set indisvalid = false where indexrelid = 'by_hand_invalid'::regclass""")
    up(certified, url)
    assert "by_hand_too was dropped" in caplog.text
    with database.connect() as connection:
        assert connection.execute("select m from things, p where x = 1").fetchall() == []


def test_what_was_made_by_hand_on_a_table_that_is_made_anew_goes_with_it(
    project: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    project.sql("a4", "drop table other cascade; create table other (id int)", "select 1")
    server = database.server.url().render_as_string(hide_password=False)
    alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder)
    up(project, url, "a3")
    database.run("create index by_hand on other (id); create rule r as on delete to other do instead nothing")
    up(project, url)
    assert "by_hand was dropped" in caplog.text


def test_extensions_that_lie_in_another_schema_are_not_refused(tmp_path: Path, database: ScratchDatabase) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("e1", "create extension if not exists citext; create extension if not exists pg_trgm")
    project.sql(
        "e2",
        "create table t (id int, mail citext, mails citext[], n text default 'a'::citext); "
        "create index t_n on t using gin (n gin_trgm_ops)",
    )
    project.sql(
        "e3", "alter table t add column other citext not null default 'public.x'; create view v as select mail from t"
    )
    project.sql(
        "e4", "create function f(citext) returns citext language sql set search_path from current as 'select $1'"
    )
    server = database.server.url().render_as_string(hide_password=False)
    assert alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder).status in (0, 1)
    database.run(
        'create schema "Ext"; create extension citext schema "Ext"; create extension pg_trgm schema "Ext"; '
        f'alter database {database.name} set search_path = public, "Ext"'
    )
    for target in ("e1", "e2", "head"):
        up(project, ("-x", f"url={database.url_text}"), target)
    assert '"Ext".citext' in database.dump_schema()


def test_a_publication_of_all_tables_is_no_hindrance(
    certified: Project, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    database.run("create publication everything for all tables")
    up(certified, url)
    assert alembic(*url, "downgrade", "base", cwd=certified.folder).status == 0


def test_another_change_than_rehearsed_rolls_back(
    project: Project, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    project.sql("a4", "do $$ begin if exists (select from other) then drop table other cascade; end if; end $$")
    project.sql("a5", "create table made_by_a5 ()")
    project.sql("a6", "drop view v cascade")
    server = database.server.url().render_as_string(hide_password=False)
    alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder)
    up(project, url, "a3")
    database.run("insert into other values (1)")
    with pytest.raises(CommandError, match=r"table public\.other was dropped, and was not in the rehearsal"):
        up(project, url)
    with database.connect() as connection:
        assert connection.execute("select version_num from alembic_version, other").fetchall() == [("a3",)]
    database.run("truncate other; create view stands_on as select * from v")
    with pytest.raises(CommandError, match=r"view public\.stands_on was dropped"):
        up(project, url)
    up(project, url, "head", "-x", "safety.certificates=off")


def test_the_policy_for_certificates(
    project: Project, database: ScratchDatabase, url: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(CommandError, match="a1 missing"):
        up(project, url, "head", "-x", "safety.certificates=require")
    up(project, url, "a1")
    assert not [r for r in caplog.records if r.name == "alembic_safety.guard"]
    server = database.server.url().render_as_string(hide_password=False)
    alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder)
    path = project.folder / "versions/a3.py"
    path.write_text(path.read_text().replace("add column x int", "add column y int"))
    up(project, url)
    assert "no valid certificate: a3 stale" in caplog.text


def test_rows_against_a_constraint_roll_back(tmp_path: Path, database: ScratchDatabase, url: tuple[str, str]) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("b1", "create table a (id int primary key); create table b (a int references a)")
    up(project, url)
    project.sql("b2", "set session_replication_role = replica; insert into b values (5)")
    with pytest.raises(CommandError, match="(?s)before COMMIT this was found.*safety.verify=off") as refused:
        up(project, url)
    assert "public.b" in str(refused.value)
    with database.connect() as connection:
        assert connection.execute("select * from b").fetchall() == []
    up(project, url, "head", "-x", "safety.verify=off")
    # What NOT VALID is meant for is not refused.
    project.sql(
        "b3",
        "alter table b drop constraint b_a_fkey; alter table b add constraint fk foreign key (a) references a not valid",
    )
    project.sql("b4", "alter table b add constraint five check (a <> 5) not valid; create index on b (a)")
    up(project, url)


def test_rows_that_were_wrong_before_are_no_reason_to_refuse_what_did_not_make_them(
    tmp_path: Path, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("b1", "create table a (id int primary key); create table b (a int references a, n int)")
    up(project, url)
    database.run("set session_replication_role = replica; insert into b values (5)")
    project.sql("b2", "update b set n = 1")
    up(project, url)
    project.sql("b3", "do $$ begin perform set_config('session_replication_role', 'replica', true); update b set n = 2;\n"
                "perform set_config('session_replication_role', 'origin', true); end $$")  # fmt: skip
    with pytest.raises(CommandError, match="before COMMIT this was found"):
        up(project, url)


def test_a_label_that_is_deleted_from_the_catalog_under_rows_that_hold_it(
    tmp_path: Path, database: ScratchDatabase, url: tuple[str, str]
) -> None:
    project = Project.new(tmp_path / "p")
    project.sql(
        "b1",
        "create type mood as enum ('happy', 'sad', 'none'); create domain moods as mood[]; create table a (id int primary key, m mood); "
        "create table b (id int primary key, ms moods); insert into a values (1, 'happy'); insert into b values (1, '{sad}')",
    )
    up(project, url)
    gone = "delete from pg_enum where enumtypid = 'mood'::regtype and enumlabel = "
    project.sql("b2", f"{gone}'none'")
    up(project, url)
    project.sql("b3", f"update a set m = 'sad'; {gone}'happy'; create type brief as enum ('x'); drop type brief")
    up(project, url)
    project.sql("b4", f"{gone}'sad'")
    with pytest.raises(CommandError, match="has no label") as refused:
        up(project, url)
    assert "of public.a hold" in str(refused.value)
    assert "of public.b hold" in str(refused.value)
    with database.connect() as connection:
        assert connection.execute("select m::text from a").fetchall() == [("sad",)]


def test_own_checks(tmp_path: Path, database: ScratchDatabase, url: tuple[str, str]) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("b1", "create table a (id int); insert into a values (1)")
    up(project, url)
    path = project.sql("b2", "insert into a values (2)")
    beside = path.with_suffix(".verify.sql")
    beside.write_text("select 1 where false;\n\nselect id, null from a where id = 2;")
    with pytest.raises(
        CommandError, match=r"b2.verify.sql:3: the query returns 1 row, and must return none:\n  2, NULL"
    ):
        up(project, url)
    beside.unlink()
    source = path.read_text()
    for body, match in (
        (
            "assert op.get_bind().exec_driver_sql('select count(*) from a').scalar() == 1, 'too many'",
            "failed: too many",
        ),
        ("return False", "returned False"),
    ):
        path.write_text(f"{source}\n\ndef verify():\n    {body}\n")
        with pytest.raises(CommandError, match=match):
            up(project, url)
        with database.connect() as connection:
            assert connection.execute("select count(*) from a").fetchone() == (1,)
    path.write_text(source + "\n\ndef verify():\n    pass\n")
    up(project, url)
