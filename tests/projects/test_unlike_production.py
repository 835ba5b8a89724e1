"""Downgrades on a production that is not like the rehearsal: it must be as it was, with what it had of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase, dump_schema
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

ROLES = "alembic_safety_test_app", "alembic_safety_test_dba", "alembic_safety_test_reporting"
APP, DBA, REPORTING = ROLES
#: What was rehearsed first, and then by revision what the project does.
FIRST = """
create table orders (id serial primary key, total numeric, note text);
create table gone (id serial primary key, a text, b int);
create view v as select id, total from orders;
create materialized view m as select id from orders;
create unique index m_one on m ((id - id));
create index gone_a on gone (a);
create index gone_b on gone (b);
create index gone_ab on gone (a, b);
alter table gone add constraint few check (b < 100);
create function log() returns trigger language plpgsql as 'begin return new; end';
create trigger log after insert on gone for each row execute function log();
create type mood as enum ('sad', 'ok');
create view feelings as select 1 as n, 'ok'::mood as mood;
create function feel(m mood) returns text language sql as 'select m::text';
create table moods (id int primary key, mood mood default 'ok', moods mood[]);
create function f(n int) returns int language sql as 'select n';
create table orders_done (n int);
create table list (id int primary key, n int, twice int); alter table list add constraint few_n check (n < 100);
create table parted (id int, at date) partition by range (at);
create table parted_1 partition of parted for values from ('2020-01-01') to ('2021-01-01');
create view felt_ok as select 'ok'::mood as mood;
create table stock (id int primary key, n int, note text default 'x'); create index stock_n on stock (n);
create table days (at date, note text) partition by range (at);
create table plain (n int, note text default 'x');
create type hue as enum ('red', 'blue'); create table tint (id int primary key, hue hue default 'red');
"""
LATER = {
    "a2": "drop table gone",
    "a3": "drop view v; alter table orders alter total type text using total::text; create view v as select id, total from orders",
    "a4": "alter table orders drop column note",
    "a5": "create or replace view v as select id, total, total || 'x' as more from orders",
    "a6": "alter type mood add value 'glad'",
    "a7": "drop function f(int); create function f(n int, o int default 1) returns int language sql as 'select n + o'",
    "a8": "alter table orders rename to purchases; alter table purchases add column more text",
    "a9": "drop table parted; drop materialized view m",
    "b0": "create table if not exists there (id int)",
    "b1": "revoke all on moods from current_user; comment on table moods is 'rehearsed'",
    "b2": "alter table moods enable row level security; grant select on table moods to public; alter table orders_done alter column n set not null",
    "b3": "create table list_new (like list including all); alter table list_new drop twice; insert into list_new select id, n from list;"
    "drop table list; alter table list_new rename to list",
    "b4": "alter table list rename to listed",
    "b5": "create table stock_copy (like stock including all); create view all_stock as select * from stock;"
    "create table days_1 partition of days for values from ('2020-01-01') to ('2021-01-01')",
    "b7": "alter type hue add value 'green'",
    "b6": "alter table stock add more int; alter table plain alter note type varchar(40)",
}
#: What the production has of its own: other owners and grants, another application, things made by hand.
OWN = f"""
grant select on orders, gone, v, m, parted to {REPORTING};
grant insert, update on gone to {REPORTING} with grant option;
grant update (total, note), select (id) on orders to {REPORTING};
grant usage on sequence gone_id_seq to {REPORTING};
revoke all on type mood from public;
grant usage on type mood to {REPORTING};
revoke execute on function f(int) from public;
comment on table gone is 'ours';
comment on column gone.a is 'by hand';
comment on view v is 'for the report';
alter table gone set (fillfactor = 70);
alter table gone alter column a set statistics 500;
alter table gone enable row level security;
alter table gone disable trigger log;
alter index gone_a set (fillfactor = 60);
drop index gone_b;
alter index gone_ab rename to by_hand_ab;
alter table gone rename constraint few to by_hand_few;
alter sequence gone_id_seq increment 2;
alter type mood add value 'by hand' before 'ok';
drop view felt_ok;
alter table tint drop hue; drop type hue; create type hue as enum ('blue'); alter table tint add hue hue default 'blue';
alter table stock set unlogged; alter table stock alter n set default 7; alter table stock add by_hand text; drop index stock_n;
alter table days alter note set default 'by hand'; insert into plain values (1, 'a'), (1, 'a');
create index by_hand_list on list (n) include (id);
create or replace function log() returns trigger language plpgsql as 'begin return null; end';
create or replace view feelings as select 1 as n, 'ok'::mood as mood, 2 as by_hand;
create or replace function feel(m mood) returns text language sql as 'select upper(m::text)';
create index by_hand on gone (lower(a)) where b > 1;
create index by_hand_too on orders (note);
create index by_hand_stays on orders (total);
create index by_hand_m on m (id);
create index by_hand_parted on parted (at);
alter table gone add column extra int default 7;
alter table gone add constraint by_hand_check check (b < 1000) not valid;
create schema billing;
create table billing.invoices (id int primary key, order_id int references orders);
create function billing.noted() returns trigger language plpgsql as 'begin return new; end';
create trigger noted before insert on gone for each row execute function billing.noted();
create policy only_mine on gone for select to {REPORTING} using (b = 1);
create statistics by_hand_stats on a, b from gone;
alter default privileges in schema public grant select on tables to {REPORTING};
alter table moods enable row level security;
grant select on moods to public;
alter table orders_done alter column n set not null;
create view billing.moods as select mood from moods where mood = 'ok';
create view billing.over as select * from billing.moods;
grant select on billing.over to {REPORTING};
create materialized view billing.kept as select id, mood from moods;
create index by_hand_kept on billing.kept (mood);
create index by_hand_moods on moods (mood) where mood = 'ok';
create policy only_ok on moods using (mood = 'ok');
alter table moods add constraint by_hand_sad check (mood <> 'sad');
create domain billing.feeling as mood default 'ok' check (value <> 'sad');
create type billing.pair as (mood mood, n int);
create function billing.felt(m mood default 'ok', n mood[] default '{{sad}}') returns setof mood language sql as 'select m';
revoke execute on function billing.felt(mood, mood[]) from public;
create table billing.parts (mood mood not null, n int) partition by list (mood);
create table billing.parts_ok partition of billing.parts for values in ('ok');
insert into billing.parts values ('ok', 1);
"""
#: Of another role, which the migrating one is a member of.
OTHERS = f"""
create schema felt authorization {DBA};
grant usage on type mood to {DBA};
set role {DBA};
create table felt.people (id int primary key, mood mood not null default 'ok' check (mood <> 'sad'), moods mood[] default '{{sad,ok}}',
    feeling billing.feeling, pair billing.pair);
insert into felt.people values (1, 'ok', default, 'ok', '(ok,1)');
create index on felt.people (mood) where mood = 'ok';
create view felt.happy as select id, mood, moods from felt.people where mood = 'ok';
comment on column felt.people.mood is 'today';
grant select (mood) on felt.people to {REPORTING};
reset role;
"""
#: Columns that somebody changed, or added, on tables that the project changes as well, with rows that need it so.
CHANGED = """
drop view v;
alter table orders alter total type numeric(30, 4), alter note type varchar(200), alter note set not null, alter note set default 'by hand';
create view v as select id, total from orders;
alter table gone alter a type varchar(10) collate "C", alter b type bigint, add column extra bigint default 7 not null;
alter table moods alter mood set not null;
alter table orders_done alter n type bigint;
insert into orders (total, note) values (12345678901234567890.1234, repeat('x', 150)), (1, 'y');
insert into gone (a, b, extra) values ('a', 1, 1), (null, -5000000000, 2);
insert into moods values (1, 'ok', '{sad}');
insert into orders_done values (5000000000);
alter table list drop twice; alter table list add twice int generated always as (n * 2) stored;
alter table list rename constraint few_n to by_hand_few_n;
insert into list values (1, 2);
"""
OPTIONS = ("--exclude-schema=alembic_safety", "--exclude-table=alembic_version")


@pytest.fixture
def production(database: ScratchDatabase) -> Iterator[ScratchDatabase]:
    """A database that belongs to a role that is no superuser."""
    for role in ROLES:
        database.run(f"create role {role} login")
    database.run(f"grant {DBA} to {APP}")
    database.run(f'alter database "{database.name}" owner to {APP}')
    database.run(f"alter schema public owner to {APP}; grant usage, create on schema public to {DBA}")
    yield database
    for role in ROLES:
        database.run(f"drop owned by {role} cascade")
    database.run(f'alter database "{database.name}" owner to current_user')
    database.run(f"drop role {', '.join(ROLES)}")


def _run_as_app(database: ScratchDatabase, sql: str) -> None:
    database.run(f"set role {APP}; {sql}; reset role")


def _rows(database: ScratchDatabase) -> dict[str, list[str]]:
    found = {}
    with database.connect() as connection:
        for table in ("orders", "gone", "moods", "orders_done", "list"):
            columns = connection.execute(
                "select string_agg(attname, ', ' order by attname) from pg_attribute "
                f"where attrelid = 'public.{table}'::regclass and attnum > 0 and not attisdropped"
            ).fetchone()
            assert columns is not None
            found[table] = sorted(str(row) for row in connection.execute(f"select {columns[0]} from public.{table}"))
    return found


def _by_entry(dump: str) -> list[list[str]]:
    """Entries of a dump, without regard to the order of columns."""
    return sorted(sorted(line.rstrip(",") for line in entry.splitlines()) for entry in dump.split("\n--\n"))


def _dump(database: ScratchDatabase) -> str:
    return dump_schema(database.server, database.name, *OPTIONS)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, pg_server: Server) -> Project:
    """Rehearsed on an empty server, by a superuser."""
    project = Project.new(tmp_path_factory.mktemp("unlike") / "project")
    project.sql("a1", FIRST, None)
    for revision, sql in LATER.items():
        project.sql(revision, sql, None)
    url = pg_server.url().render_as_string(hide_password=False)
    done = alembic("safety-downgrade", "--server", url, cwd=project.folder)
    assert done.status == 0, done.out + done.err
    return project


def test_each_downgrade_gives_back_what_the_database_had_of_its_own(
    project: Project, production: ScratchDatabase
) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    _run_as_app(production, OWN)
    production.run(f"alter table gone owner to {DBA}; grant usage on schema billing to {DBA}; {OTHERS}")
    production.run("create publication everything for all tables")
    states = [_dump(production)]
    for revision in LATER:
        done = alembic(*url, "upgrade", revision, cwd=project.folder)
        assert done.status == 0, done.err
        states.append(_dump(production))
    for revision, state in zip(reversed(LATER), reversed(states[:-1]), strict=True):
        done = alembic(*url, "downgrade", "-1", cwd=project.folder)
        assert done.status == 0, (revision, done.err)
        assert sorted(_dump(production).split("\n--\n")) == sorted(state.split("\n--\n")), revision


@pytest.mark.parametrize("way", ["downgrade", "stored"])
def test_columns_that_somebody_changed_come_back_as_they_were(
    project: Project, production: ScratchDatabase, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    _run_as_app(production, CHANGED)
    before = _dump(production), _rows(production)
    done = alembic(*url, "upgrade", "head", cwd=project.folder)
    assert done.status == 0, done.err
    if way == "downgrade":
        done = alembic(*url, "downgrade", "a1", cwd=project.folder)
    else:
        done = alembic(*url, "safety-rollback", "--stored", "--to", "a1", "--accept-loss", cwd=project.folder)
    assert done.status == 0, done.out + done.err
    # Two rows, of which it has been able to hold one since it was last refreshed.
    assert "materialized view public.m is there again but empty" in caplog.text
    found = _dump(production), _rows(production)
    assert _by_entry(found[0]) == _by_entry(before[0])
    assert found[1] == before[1]


def test_stored_downgrades_give_it_back_too(project: Project, production: ScratchDatabase) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    _run_as_app(production, OWN)
    production.run(f"grant usage on schema billing to {DBA}; {OTHERS}")
    before = _dump(production)
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    done = alembic(*url, "safety-rollback", "--stored", "--to", "a1", "--accept-loss", cwd=project.folder)
    assert done.status == 0, done.err
    assert sorted(_dump(production).split("\n--\n")) == sorted(before.split("\n--\n"))


def test_what_cannot_be_given_back_stops_the_downgrade_and_says_why(
    project: Project, production: ScratchDatabase
) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    production.run(f"alter table gone owner to {DBA}")
    assert alembic(*url, "upgrade", "a2", cwd=project.folder).status == 0
    production.run(f"revoke {DBA} from {APP}")
    before = _dump(production)
    refused = alembic(*url, "downgrade", "-1", cwd=project.folder)
    assert refused.status != 0
    assert f"ALTER TABLE public.gone OWNER TO {DBA}" in refused.out
    assert "safety.live_state=off" in refused.out
    assert _dump(production) == before
    assert alembic("-x", "safety.live_state=off", *url, "downgrade", "-1", cwd=project.folder).status == 0


def test_a_dependent_made_by_hand_since_is_given_back_and_what_was_granted_since_stays(
    project: Project, production: ScratchDatabase
) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a3", cwd=project.folder).status == 0
    _run_as_app(production, f"grant select on v to {REPORTING}; create view mine as select total from orders")
    done = alembic(*url, "downgrade", "-1", cwd=project.folder)
    assert done.status == 0, done.err
    assert f"GRANT SELECT ON TABLE public.v TO {REPORTING}" in _dump(production)
    assert "CREATE VIEW public.mine AS" in _dump(production)


def test_a_dependent_on_what_goes_stops_the_downgrade(project: Project, production: ScratchDatabase) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a5", cwd=project.folder).status == 0
    _run_as_app(production, "create view mine as select more from v")
    before = _dump(production)
    refused = alembic(*url, "downgrade", "-1", cwd=project.folder)
    assert refused.status != 0
    assert "view public.mine is in the way of the downgrade and can't be given back" in refused.out
    assert _dump(production) == before
    _run_as_app(production, "create or replace view mine as select 'x' as more; create view other as select id from v")
    assert alembic(*url, "downgrade", "-1", cwd=project.folder).status == 0
    assert "CREATE VIEW public.other AS" in _dump(production)


def test_users_of_a_type_that_cannot_be_moved_over_stop_the_downgrade(
    project: Project, production: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a5", cwd=project.folder).status == 0
    production.run(f"create table theirs (id int primary key, mood mood); alter table theirs owner to {REPORTING}")
    warned = alembic(*url, "upgrade", "a6", cwd=project.folder)
    assert warned.status == 0, warned.err
    assert (
        f"the way back builds type public.mood anew, and table public.theirs, which uses it, belongs to {REPORTING}"
        in caplog.text
    )
    before = _dump(production)
    refused = alembic(*url, "downgrade", "-1", cwd=project.folder)
    assert refused.status != 0
    assert "column public.theirs.mood can't be moved over" in refused.out
    assert _dump(production) == before
    production.run(f"alter table theirs owner to {APP}; insert into theirs values (1, 'glad')")
    refused = alembic(*url, "downgrade", "-1", cwd=project.folder)
    assert refused.status != 0
    assert 'invalid input value for enum mood: "glad"' in refused.out
    production.run("update theirs set mood = 'ok'")
    assert alembic(*url, "downgrade", "-1", cwd=project.folder).status == 0
    with production.connect() as connection:
        assert connection.execute("select mood::text from theirs").fetchone() == ("ok",)


def test_what_was_there_before_the_upgrade_is_not_dropped(project: Project, production: ScratchDatabase) -> None:
    url = ("-x", "url=" + production.url.set(username=APP).render_as_string(hide_password=False))
    assert alembic(*url, "upgrade", "a9", cwd=project.folder).status == 0
    _run_as_app(production, "create table there (id int); insert into there values (1)")
    assert alembic(*url, "upgrade", "b0", cwd=project.folder).status == 0
    refused = alembic(*url, "downgrade", "-1", cwd=project.folder)
    assert refused.status != 0
    assert "would drop table public.there" in refused.out
    with production.connect() as connection:
        assert connection.execute("select count(*) from there").fetchone() == (1,)
