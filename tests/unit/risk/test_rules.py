"""Each rule: what it finds, what it tells to do instead, and what it leaves alone."""

from __future__ import annotations

import pytest

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.risk import Step, Subject, assess, level_of
from alembic_safety.risk.grammar import dropped_by_text, steps_of_text

SIZES = {"public.orders": 5 * 1024**3, "public.small": 8192, "public.customers": 1024**3}

# Statements, the code that is found, a part of the message, a part of what to do instead.
FOUND = {
    "index": (
        ["create index orders_total on orders (total)"],
        "index-not-concurrent", "nobody can write to public.orders (5GB)",
        "CREATE INDEX CONCURRENTLY orders_total ON orders USING btree (total)",
    ),
    "foreign key": (
        ["alter table orders add constraint orders_customer foreign key (customer) references customers"],
        "foreign-key-validated", "foreign key orders_customer is checked for every row", "VALIDATE CONSTRAINT orders_customer",
    ),
    "check": (
        ["alter table orders add constraint positive check (total > 0)"],
        "check-validated", "check constraint positive", "NOT VALID",
    ),
    "not null": (
        ["alter table orders alter column total set not null"],
        "not-null-scan", "SET NOT NULL on public.orders.total", "CHECK (total IS NOT NULL) NOT VALID",
    ),
    "unique": (
        ["alter table orders add constraint orders_number unique (number, shop)"],
        "key-builds-index", "UNIQUE (number, shop)", "CREATE UNIQUE INDEX CONCURRENTLY orders_number ON public.orders (number, shop)",
    ),
    "type": (
        ["alter table orders alter column total type bigint"],
        "type-change-rewrites", "changing the type of total", "beside total",
    ),
    "default": (
        ["alter table orders add column token uuid default gen_random_uuid()"],
        "default-rewrites", "token gets a value of its own", "SET DEFAULT",
    ),
    "cluster": (["cluster orders using orders_pkey"], "table-rewritten", "is written anew", "in batches"),
    "many": (
        ["alter table orders add a int", "alter table customers add a int", "alter table small add a int"],
        "many-tables-locked", "public.orders, public.customers, public.small", "transaction_per_migration",
    ),
    "work": (
        ["alter table orders add a int", "create index on customers (id)"],
        "work-under-lock", "is locked for everybody by an earlier statement", "put the long statement first",
    ),
    "upgraded": (
        ["update orders set a = 1 where id = 5", "alter table orders add b int"],
        "lock-upgraded", "rows of public.orders (5GB) are written first", "in a revision of its own",
    ),
    "too soon": (
        ["alter table orders add constraint c check (a > 0) not valid", "alter table orders validate constraint c"],
        "validated-too-soon", "constraint c is added NOT VALID and validated", "VALIDATE CONSTRAINT c",
    ),
    "renamed column": (["alter table orders rename total to sum"], "renamed", "column total of public.orders", "add sum beside total"),
    "renamed table": (["alter table orders rename to sales"], "renamed", "public.orders is called sales", "CREATE VIEW public.orders"),
    "all rows": (["update orders set a = 1"], "all-rows-written", "one UPDATE writes every row", "in batches"),
    "emptied": (["delete from orders"], "all-rows-written", "one DELETE", "TRUNCATE public.orders"),
    "cascade": (["drop table orders cascade"], "cascade", "CASCADE drops", "without CASCADE"),
    "cascade at the end": (["drop table orders cascade;"], "cascade", "CASCADE drops", "without CASCADE"),
    "emptied with others": (["truncate orders cascade"], "cascade", "CASCADE empties every table", "leave CASCADE out"),
    "moment": (["alter table orders add a int"], "strong-lock", "if only for a moment", "lock_timeout"),
}  # fmt: skip

LEFT_ALONE = {
    "concurrently": "create index concurrently orders_total on orders (total)",
    "not valid": "alter table orders add constraint f foreign key (c) references customers not valid",
    "using index": "alter table small add constraint k unique using index k",
    "constant default": "alter table small add column a int not null default 5",
    "stable default": "alter table small add column at timestamptz default now()",
    "truncate": "truncate small",
    "a name": 'drop index "cascade"',
    "some rows": "update orders set a = 1 where id = 5",
    "a table of its own": "create table mine (id int primary key, c int references orders); create index on mine (c)",
    "comment": "comment on table orders is 'x'",
}


def look(*statements: str, **facts: object) -> list[Finding]:
    texts = [part.strip() for statement in statements for part in statement.split(";") if part.strip()]
    given = {"sizes": SIZES, "large": 1024**2, "statements": tuple(texts), **facts}
    return assess(Subject(revision="a1", steps=steps_of_text(texts), **given))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FOUND)
def test_what_is_found(name: str) -> None:
    statements, code, message, remedy = FOUND[name]
    found = [finding for finding in look(*statements) if finding.code == code]
    assert len(found) == 1, [f.code for f in look(*statements)]
    assert message in found[0].message
    assert remedy in str(found[0].remedy)
    assert found[0].revision == "a1"


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_left_alone(name: str) -> None:
    assert look(LEFT_ALONE[name]) == []


def test_what_a_text_drops_is_told_without_a_rehearsal() -> None:
    texts = (
        "drop table orders, other.gone", "drop view v", "drop materialized view m", "create view v as select 1", "alter table small drop column a, drop b",
        "create table mine (a int)", "alter table mine drop column a", "drop table customers", "alter table new rename to customers", "drop index i",
    )  # fmt: skip
    assert dropped_by_text(texts) == (
        ("table", "public.orders"), ("table", "other.gone"), ("materialized_view", "public.m"),
        ("column", "public.small.a"), ("column", "public.small.b"),
    )  # fmt: skip


def test_size_decides_how_much_it_weighs() -> None:
    (large,) = look("create index on orders (a)")
    (small,) = look("create index on small (a)")
    (unknown,) = look("create index on small (a)", sizes={})
    assert [f.severity for f in (large, small, unknown)] == [Severity.WARNING, Severity.INFO, Severity.WARNING]
    assert [level_of([f]) for f in (large, small)] == ["HIGH", "MEDIUM"]
    assert level_of([]) == "LOW"


def test_what_goes_is_told_once_and_with_its_readers() -> None:
    found = look(
        dropped=(
            ("table", "public.orders"),
            ("column", "public.orders.id"),
            ("column", "public.small.old"),
            ("index", "public.i"),
        ),
        reads={"public.orders": "it was read 512 times since Monday"},
    )
    assert [f.message for f in found] == [
        "table public.orders goes, and it was read 512 times since Monday: code that still runs and names it fails",
        "column public.small.old goes: code that still runs and names it fails",
    ]
    renamed = look("alter table orders rename total to sum", dropped=(("column", "public.orders.total"),))
    assert [f.code for f in renamed] == ["renamed", "strong-lock"]


def test_an_enum_value_is_worth_knowing() -> None:
    (found,) = look("alter type mood add value 'bored'")
    assert found.code == "enum-value-added"
    assert found.severity is Severity.INFO
    assert look("alter type mood rename value 'a' to 'b'") == []


def test_what_was_seen_counts_more_than_what_is_written() -> None:
    seen = Step(sql="ALTER TABLE orders ALTER n TYPE text", locks={"public.orders": "AccessExclusiveLock"})
    found = assess(Subject(revision="a1", steps=(seen,), sizes=SIZES, large=1024**2))
    assert [f.code for f in found] == ["strong-lock"]  # the server did not rewrite it
    dynamic = Step(sql="DO $$…$$", locks={"public.orders": "AccessExclusiveLock"}, rewrites=("public.orders",))
    found = assess(Subject(revision="a1", steps=(dynamic,), sizes=SIZES, large=1024**2))
    assert [f.code for f in found] == ["table-rewritten"]
