"""The database that ``verify.py`` measures: wide tables with 20 foreign keys each, and pgbench's."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

#: Foreign keys of the wide table: parents of this share of its rows; every second one is indexed.
PARENTS = (
    0.5,
    0.5,
    0.2,
    0.2,
    0.1,
    0.1,
    0.05,
    0.05,
    0.02,
    0.02,
    0.01,
    0.01,
    0.001,
    0.001,
    2e-5,
    2e-5,
    0.3,
    0.3,
    0.15,
    0.15,
)

#: Rows of the other tables, as a share of the widest one's.
EVENTS = 0.6
ACCOUNTS = 4


def build(connection: psycopg.Connection, rows: int) -> None:
    run = connection.execute
    for n, share in enumerate(PARENTS):
        run(f"CREATE TABLE p{n} (id bigint PRIMARY KEY, name text NOT NULL)")
        run(f"INSERT INTO p{n} SELECT {existing('g', n)}, 'name ' || g FROM generate_series(1, {size(rows, share)}) g")
    columns = ", ".join(f"f{n} bigint{' NOT NULL' if n % 4 < 3 else ''}" for n in range(len(PARENTS)))
    run(
        f"""CREATE TABLE item (id bigserial, {columns}, state text NOT NULL, price numeric(12, 2) NOT NULL, quantity int NOT NULL,
        made timestamptz NOT NULL, note text)"""
    )
    values = ", ".join(
        existing(f"((random() * {size(rows, share) - 1} + 0 * g)::bigint + 1)", n) for n, share in enumerate(PARENTS)
    )
    names = ", ".join(f"f{n}" for n in range(len(PARENTS)))
    run(
        f"""INSERT INTO item ({names}, state, price, quantity, made, note) SELECT {values},
        (ARRAY['new', 'paid', 'sent'])[1 + g % 3], (g % 1000)::numeric / 100, 1 + g % 9, now(), md5(g::text) FROM generate_series(1, {rows}) g"""
    )
    run("ALTER TABLE item ADD PRIMARY KEY (id)")
    for check in (
        "state IN ('new', 'paid', 'sent')",
        "price >= 0",
        "quantity > 0",
        "quantity < 1000",
        "length(note) = 32",
    ):
        run(f"ALTER TABLE item ADD CHECK ({check})")
    for n in range(len(PARENTS)):
        if n % 2 == 0:
            run(f"CREATE INDEX ON item (f{n})")
        run(f"ALTER TABLE item ADD CONSTRAINT fk{n} FOREIGN KEY (f{n}) REFERENCES p{n}")
    build_events(run, int(rows * EVENTS))
    # As pgbench makes it, with the foreign keys that its --foreign-keys adds.
    accounts = rows * ACCOUNTS
    branches = max(accounts // 100_000, 1)
    run("CREATE TABLE branches (bid int PRIMARY KEY, bbalance int, filler char(88))")
    run(f"INSERT INTO branches SELECT g, 0 FROM generate_series(1, {branches}) g")
    run("CREATE TABLE accounts (aid int PRIMARY KEY, bid int REFERENCES branches, abalance int, filler char(84))")
    run(f"INSERT INTO accounts SELECT g, 1 + g % {branches}, 0, '' FROM generate_series(1, {accounts}) g")
    run(
        "CREATE TABLE history (hid bigserial PRIMARY KEY, aid int REFERENCES accounts, delta int NOT NULL, mtime timestamp NOT NULL)"
    )
    run(
        f"INSERT INTO history (aid, delta, mtime) SELECT 1 + (random() * {accounts - 1})::int, 1, now() FROM generate_series(1, {rows // 2}) g"
    )
    run("CREATE EXTENSION amcheck")
    run("VACUUM ANALYZE")
    run("CHECKPOINT")


def build_events(run: Callable[[str], object], rows: int) -> None:
    """A wide table whose foreign keys are of uuid and text in turn, with the same shares of parents."""
    types = ["uuid" if n % 4 < 2 else "text" for n in range(len(PARENTS))]
    for n, share in enumerate(PARENTS):
        run(f"CREATE TABLE q{n} (id {types[n]} PRIMARY KEY, name text NOT NULL)")
        run(
            f"INSERT INTO q{n} SELECT {named('g', types[n])}, 'name ' || g FROM generate_series(1, {size(rows, share)}) g"
        )
    columns = ", ".join(f"f{n} {types[n]}{' NOT NULL' if n % 4 < 3 else ''}" for n in range(len(PARENTS)))
    run(f"CREATE TABLE event (id uuid, made timestamptz NOT NULL, {columns}, kind text NOT NULL CHECK (kind <> ''))")
    values = ", ".join(
        named(f"((random() * {size(rows, share) - 1} + 0 * g)::bigint + 1)", types[n])
        for n, share in enumerate(PARENTS)
    )
    run(f"INSERT INTO event SELECT md5(g::text)::uuid, now(), {values}, 'kind' FROM generate_series(1, {rows}) g")
    run("ALTER TABLE event ADD PRIMARY KEY (id)")
    for n in range(len(PARENTS)):
        if n % 2 == 0:
            run(f"CREATE INDEX ON event (f{n})")
        run(f"ALTER TABLE event ADD CONSTRAINT event_fk{n} FOREIGN KEY (f{n}) REFERENCES q{n}")


def named(number: str, type: str) -> str:
    """The uuid or the code with this number, in no order."""
    return f"md5({number}::text)::uuid" if type == "uuid" else f"'code-' || left(md5({number}::text), 12)"


def existing(number: str, n: int) -> str:
    """The key with this number: every third parent has all of them, the others have gaps."""
    if n % 3 == 0:
        return number
    # random() must be called once
    return (
        f"(SELECT v + v / 50 FROM (SELECT {number} AS v OFFSET 0) AS drawn)"
        if "random" in number
        else f"({number} + {number} / 50)"
    )


def size(rows: int, share: float) -> int:
    return max(int(rows * share), 10)
