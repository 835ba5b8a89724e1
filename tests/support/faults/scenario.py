"""What faults are injected into: a project, the database that it starts from, and how it ends without a fault."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic_safety.postgres.server import Server
from tests.support.cli import alembic
from tests.support.project import Project, in_one_transaction


@dataclass(frozen=True)
class Scenario:
    """One project."""

    name: str
    folder: Path
    #: All revisions, in order.
    chain: tuple[str, ...]
    #: The revision that the database is at before.
    start: str
    #: SQL: what else is in the database then.
    rows: str
    #: The upgrade fails on these rows, and is taken back.
    fails: bool = False
    options: tuple[str, ...] = ()
    #: Where its backups are kept.
    backups: Path = Path()
    #: How many runs the journal holds before the fault.
    runs_before: int = 1


_KINDS: dict[str, dict[str, bool]] = {
    "each revision by itself": {},
    "one transaction": {"one_transaction": True},
    "taken back": {"fails": True},
    "outside of a transaction": {"outside": True},
    "with a backup": {"backup": True},
    "restored": {"backup": True},
}


def scenarios(folder: Path, server: Server, *names: str) -> dict[str, Scenario]:
    """All of them, or those that are named, written and certified."""
    made = [_scenario(folder, name, **_KINDS[name]) for name in names or _KINDS]
    url = server.url().render_as_string(hide_password=False)
    for scenario in made:
        done = alembic("safety-downgrade", "--force", "--server", url, cwd=scenario.folder)
        assert done.status in (0, 1), done.out + done.err
    return {scenario.name: scenario for scenario in made}


def _scenario(
    folder: Path,
    name: str,
    *,
    one_transaction: bool = False,
    fails: bool = False,
    outside: bool = False,
    backup: bool = False,
) -> Scenario:
    project = Project.new(folder / name.replace(" ", "_"))
    if one_transaction:
        in_one_transaction(project)
    project.sql(
        "f1",
        "create table ledger (id int primary key, note text, kind int default 1); create type mood as enum ('ok', 'bad'); "
        "create table customers (id int primary key, name text not null, m mood default 'ok'); "
        "create table orders (id int generated always as identity primary key, customer int references customers, total numeric)",
        "drop table ledger, orders, customers; drop type mood",
    )
    project.sql(
        "f2",
        "create table tags (id int primary key, name text unique); insert into tags values (1, 'new'), (2, 'old'); "
        "alter table ledger add column seen boolean not null default false",
        "alter table ledger drop column seen; drop table tags",
    )
    if outside:
        project.sql(
            "f3",
            "create index concurrently ledger_note on ledger (note); create index concurrently orders_total on orders (total)",
            "drop index orders_total; drop index ledger_note",
        )
    else:
        # What an earlier revision made is written over, in savepoints too: taken back, none of it is anybody else's.
        written = (
            "do $$ begin insert into tags values (1, 'again'); exception when unique_violation then "
            "update tags set name = name || '!' where id = 1; end $$; insert into tags values (3, 'third'); "
        )
        project.sql(
            "f3",
            f"{written if fails else ''}alter table customers add column mail text; create index customers_name on customers (name); "
            "create view rich as select c.name, sum(o.total) from customers c join orders o on o.customer = c.id group by 1",
            "drop view rich; drop index customers_name; alter table customers drop column mail",
        )
    last = (
        "create unique index orders_customer on orders (customer)"
        if fails
        else "alter table orders add check (total >= 0)"
    )
    project.sql("f4", f"alter table tags add column color text; {last}", "select 1")
    rows = (
        "insert into ledger values (1, 'first', 2), (2, 'second', 3); insert into customers values (1, 'Ada', 'bad'), (2, 'Bob', 'ok'); "
        "insert into orders (customer, total) values (1, 10.50), (1, 2), (2, 0)"
    )
    # A lock that another session holds is met within seconds.
    options = (
        "-x",
        "safety.lock_timeout=200ms",
        "-x",
        "safety.retries=2",
        "-x",
        f"safety.backup={'full' if backup else 'none'}",
    )
    backups = project.folder / "backups"
    if backup:
        options += ("-x", f"safety.backup_dir={backups}", "-x", "safety.backup_jobs=1")
    if fails:
        options += ("-x", "safety.checks=rows=off")  # or it would be refused before anything begins
    return Scenario(
        name, project.folder, tuple(project.heads), "f1", rows, fails=fails, options=options, backups=backups
    )
