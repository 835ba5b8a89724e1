"""Up and down on a production that is at work: its own roles, partitions by cron, a second application, writers and readers all the time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase, dump_schema
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

APP, SHOP = "alembic_safety_live_app", "alembic_safety_live_shop"
FIRST = """
create table customers (id int generated always as identity primary key, name text not null, level int not null default 1, mail text);
create table orders (id int generated always as identity primary key, customer int not null references customers, total int, note text default '-');
create table events (id int generated always as identity, at date not null, what text) partition by range (at);
create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');
create view spent as select customer, sum(total) as total from orders group by customer
"""
LATER = {
    "a2": "alter table customers add column city text; create index customers_name on customers (name)",
    "a3": "drop view spent; alter table orders alter total type bigint; "
    "create view spent as select customer, sum(total) as total from orders group by customer",
    "a4": "alter table customers drop column mail; alter table orders drop column note",
    "a5": "alter table events add column kind int default 0; create index events_what on events (what)",
    "a6": "create index concurrently orders_total on orders (total)",
    "a7": "alter table orders add constraint positive check (total >= 0) not valid; alter table orders validate constraint positive",
}
OWN = f"""
create table events_2021 partition of events for values from ('2021-01-01') to ('2022-01-01');
create index by_hand on orders (customer) where total > 100;
grant select on all tables in schema public to {SHOP}
"""
SHOPS = "create table shop.baskets (id int generated always as identity primary key, what text); create view shop.names as select id, name from customers"
INSERTS = (
    "insert into customers (name) values ('c') returning id",
    "insert into orders (customer, total) select id, 7 from customers order by id desc limit 1 returning id",
    "insert into events (at, what) values (date '2020-05-01' + (random() * 500)::int, 'e') returning id",
    "update customers set level = level + 1 where id = 1 returning id",
)
READS = (
    "select count(*) from customers",
    "select * from spent",
    "select count(*) from events",
    "select * from shop.names limit 5",
)


@pytest.fixture
def production(database: ScratchDatabase) -> Iterator[ScratchDatabase]:
    """A database that belongs to a role that is no superuser, beside another application's."""
    database.run(f"create role {APP} login; create role {SHOP} login")
    database.run(f'alter database "{database.name}" owner to {APP}; alter schema public owner to {APP}')
    yield database
    database.run(f"drop owned by {SHOP}, {APP} cascade")
    database.run(f'alter database "{database.name}" owner to current_user; drop role {APP}, {SHOP}')


@contextmanager
def at_work(production: ScratchDatabase) -> Iterator[dict[str, set[int]]]:
    """Everybody writes and reads until the block ends; gives what was committed, by table. A failure of theirs is ours."""
    committed: dict[str, set[int]] = {"customers": set(), "orders": set(), "events": set()}
    failed: list[str] = []
    stop = threading.Event()

    def work(role: str, statement: str, keep: Callable[[int], None] | None) -> None:
        url = production.url.set(username=role)
        parameters = {"host": url.query["host"], "port": url.query["port"], "dbname": production.name, "user": role}
        with psycopg.connect(**parameters, autocommit=True, prepare_threshold=None) as connection:  # type: ignore[arg-type]
            while not stop.wait(0.02):
                try:
                    rows = connection.execute(statement).fetchall()
                except psycopg.errors.DeadlockDetected:
                    continue  # as any application does: a revision that locks two tables can meet one that writes to both
                except psycopg.Error as error:
                    failed.append(f"{statement}: {error}")
                    return
                if keep is not None:
                    keep(rows[0][0])

    threads = [
        threading.Thread(
            target=work, args=(APP, sql, committed[sql.split()[2]].add if sql.startswith("insert") else None)
        )
        for sql in INSERTS
    ]
    threads += [threading.Thread(target=work, args=(SHOP if "shop" in sql else APP, sql, None)) for sql in READS]
    for thread in threads:
        thread.start()
    try:
        yield committed
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed


def test_up_and_down_while_all_are_at_work(tmp_path: Path, pg_server: Server, production: ScratchDatabase) -> None:
    project = Project.new(tmp_path / "project")
    project.sql("a1", FIRST, None)
    for revision, sql in LATER.items():
        project.sql(revision, sql, None)
    server = pg_server.url().render_as_string(hide_password=False)
    derived = alembic("safety-downgrade", "--server", server, cwd=project.folder)
    assert derived.status == 0, derived.out + derived.err
    url = production.url.set(username=APP).render_as_string(hide_password=False)
    chosen = ("-x", f"url={url}", "-x", "safety.backup=none", "-x", "safety.retries=20")
    assert alembic(*chosen, "upgrade", "a1", cwd=project.folder).status == 0
    production.run(f"create schema shop authorization {SHOP}; set role {APP}; {OWN}")
    production.run(
        f"grant select on all tables in schema public to {SHOP}; grant usage on schema public to {SHOP}; set role {SHOP}; {SHOPS}"
    )
    production.run("insert into customers (name, mail) select 'n' || g, 'm' || g from generate_series(1, 300) g")
    before = _state(production)
    with at_work(production) as committed:
        for command in (("upgrade", "head"), ("downgrade", "a1"), ("upgrade", "head"), ("downgrade", "a1")):
            done = alembic(*chosen, *command, cwd=project.folder)
            assert done.status == 0, (command, done.out + done.err)
    assert _state(production) == before
    with production.connect() as connection:
        for table, written in committed.items():
            assert written, f"nobody wrote to {table}"
            there = {row[0] for row in connection.execute(f"select id from {table}").fetchall()}
            assert written <= there, f"rows of {table} are lost"


def _state(production: ScratchDatabase) -> tuple[list[str], list[object]]:
    """The schema by pg_dump, and the rows that nobody writes to while they are at work."""
    text = dump_schema(
        production.server, production.name, "--exclude-schema=alembic_safety", "--exclude-table=alembic_version"
    )
    with production.connect() as connection:
        query = "select id, name, mail from customers where id between 2 and 300 order by id"
        return sorted(text.split("\n--\n")), list(connection.execute(query).fetchall())
