"""How long a verification takes, against what it replaces: one query a constraint, VALIDATE, pg_amcheck, and count(*) as the floor.

    python benchmarks/verify.py --url postgresql://postgres@/postgres?host=/run/pg --rows 1500000

makes a database of its own on that server (2.2 GB for 1.3 million rows), measures in interleaved rounds, and prints ratios. Trust
these, not the seconds. Every single query runs without parallel workers, ours on one process unless it says otherwise.

``item`` has 20 foreign keys of whole numbers, ``event`` 20 of uuid and text; every second one of them is indexed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

import psycopg
from server_clock import Clock
from verify_data import PARENTS, build

from alembic_safety.integrity.bypass import Watch, watch_triggers
from alembic_safety.integrity.checks import foreign_keys
from alembic_safety.integrity.checks.foreign_keys import find_orphans, joined_items
from alembic_safety.integrity.connections import as_conninfo, reading
from alembic_safety.integrity.options import Options
from alembic_safety.integrity.run import Verification
from alembic_safety.integrity.scope import open_scope
from alembic_safety.integrity.touched import Touched, touched_tables, verify_touched
from alembic_safety.postgres.session import PsycopgSession

DATABASE = "alembic_safety_benchmark_verify"
#: The wide tables, a column with a foreign key of each, and what gives 1 % of its rows.
WIDE = (("item", "f1", "id % 100 = 7"), ("event", "f1", "id < '028f5c28-0000-0000-0000-000000000000'"))

Timings = dict[str, list[float]]


CLOCK: Clock


def timed(timings: Timings, name: str, action: Callable[[], object]) -> None:
    started = CLOCK.read()
    action()
    timings.setdefault(name, []).append(CLOCK.read() - started)


def one_by_one(connection: psycopg.Connection, timings: Timings, keys: list[tuple]) -> None:
    started = CLOCK.read()
    for name, child, column, parent, referenced, _ in keys:
        sql = f"SELECT count(*) FROM {child} c WHERE c.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM {parent} p WHERE p.{referenced} = c.{column})"
        timed(timings, f"key {name}: one by one", lambda sql=sql: connection.execute(sql).fetchone())
    for table, condition in connection.execute(
        """SELECT conrelid::regclass::text, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
        UNION ALL SELECT attrelid::regclass::text, quote_ident(attname) || ' IS NOT NULL' FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        WHERE attnotnull AND attnum > 0 AND relkind = 'r' AND relnamespace = 'public'::regnamespace"""
    ).fetchall():
        # Not as WHERE: from 17 on that is folded to false for a NOT NULL column, and would compare us with nothing.
        connection.execute(f"SELECT count(*) FILTER (WHERE NOT ({condition})) FROM {table}").fetchone()
    timings.setdefault("one query a constraint", []).append(CLOCK.read() - started)


def validate(connection: psycopg.Connection, timings: Timings, keys: list[tuple]) -> None:
    total = 0.0
    for name, child, column, parent, referenced, _ in keys:
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            connection.execute(
                f"ALTER TABLE {child} ADD CONSTRAINT again FOREIGN KEY ({column}) REFERENCES {parent} ({referenced}) NOT VALID"
            )
            started = CLOCK.read()
            connection.execute(f"ALTER TABLE {child} VALIDATE CONSTRAINT again")
            took = CLOCK.read() - started
        timings.setdefault(f"key {name}: VALIDATE", []).append(took)
        total += took
    timings.setdefault("VALIDATE of every key", []).append(total)


def keys_of(connection: psycopg.Connection, table: str) -> None:
    """All foreign keys of a table on a connection that is there already, catalog reading and choice of the plans included."""
    options = Options(only=("foreign-keys",), tables=(table,))
    with reading(connection, options, workers=0) as session:
        scope = open_scope(session, options)
        for task in foreign_keys.plan(session, scope):
            assert not list(task.run(session)), task.subject


def joined_keys(connection: psycopg.Connection, timings: Timings, keys: list[tuple]) -> None:
    """The keys that a verification joins, each by itself, choice of the plan included; the catalog is read for all at once."""
    options = Options()
    with reading(connection, options, workers=0) as session:
        scope = open_scope(session, options)
        joined = {item.oid for item in joined_items(session, scope)}
        definitions = foreign_keys.Definitions(scope, sorted(joined))
        definitions.read(session, sorted(joined))
        for name, *_, oid in keys:
            if oid in joined:
                timed(
                    timings,
                    f"key {name}: ours",
                    lambda oid=oid: list(find_orphans(session, definitions.read(session, [oid]))),
                )
        session.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        for name, child, column, parent, referenced, oid in keys:
            if oid in joined:
                sql = " UNION ALL ".join(
                    f"(SELECT count(*) FROM (SELECT {c} FROM {t} WHERE {c} IS NOT NULL ORDER BY {c} OFFSET 0) AS whole)"
                    for t, c in ((child, column), (parent, referenced))
                )
                timed(timings, f"key {name}: indexes", partial(session.fetch, sql))


def by_the_clock(url: str, keys: list[tuple]) -> tuple[float, float]:
    """Seconds on the wall for all keys that are joined: one by one as a script does, with the server's settings, and on two connections of ours."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        options = Options()
        with reading(connection, options, workers=0) as session:
            scope = open_scope(session, options)
            items = sorted(joined_items(session, scope), key=lambda item: -item.seconds)
        joined = {item.oid for item in items}
        definitions = foreign_keys.Definitions(scope, sorted(joined))
        started = time.perf_counter()
        for _, child, column, parent, referenced, oid in keys:
            if oid in joined:
                connection.execute(
                    f"SELECT count(*) FROM {child} c WHERE c.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM {parent} p WHERE p.{referenced} = c.{column})"
                ).fetchone()
        script = time.perf_counter() - started
    started = time.perf_counter()

    def work() -> None:
        with (
            psycopg.connect(url, autocommit=True, prepare_threshold=None) as own,
            reading(own, options, workers=0) as session,
        ):
            while items:
                with suppress(IndexError):
                    assert not list(find_orphans(session, definitions.read(session, [items.pop(0).oid])))

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(work) for _ in range(2)]:
            future.result()
    return script, time.perf_counter() - started


def ours(url: str, **options: object) -> None:
    result = Verification(url, Options(**options)).run()  # type: ignore[arg-type]
    assert not result.unchecked, result.unchecked


GUARD = {
    "triggers watched over": "",
    "triggers off, found by xmin": "SET LOCAL session_replication_role = replica",
    "triggers off, rows captured": "SET LOCAL session_replication_role = replica",
}


def guard(connection: psycopg.Connection, timings: Timings, table: str, column: str, key: str) -> None:
    """After an UPDATE of 1 % of a table that leaves no orphan, as a superuser."""
    session = PsycopgSession(connection)
    for name, before in GUARD.items():
        session.execute("BEGIN")
        watch = watch_triggers(session)
        assert watch is not None
        if "captured" in name:
            session.execute(f"CREATE TEMP TABLE captured AS SELECT * FROM {table} WHERE {key}")
        session.execute(f"{before}; UPDATE {table} SET {column} = {column} WHERE {key}")
        touched = touched_tables(session)
        if "captured" in name:
            known = {
                "written_keys": "SELECT id FROM captured",
                "removed_rows": "SELECT * FROM captured",
                "compared": frozenset({"id", *(f"f{n}" for n in range(len(PARENTS)))}),
            }
            touched = [replace(one, **known) if one.written else one for one in touched]

        def check(watch: Watch = watch, touched: list[Touched] = touched, off: bool = bool(before)) -> None:
            bypass = False if watch.untouched(session) else None
            assert bypass is (None if off else False)
            assert not verify_touched(session, touched, 600, bypass=bypass).findings

        timed(timings, f"after an UPDATE of 1 % of {table}, {name}", check)
        session.execute("ROLLBACK")
    session.execute(f"VACUUM {table}")


def peak_memory(url: str) -> float:
    """Megabytes of a process that runs the command."""
    script = (
        "import sys; from alembic.config import main; import resource\n"
        "try: main(['-c', '/dev/null', 'safety-verify', '--json', '--url', sys.argv[1]])\n"
        "except SystemExit: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, url], capture_output=True, text=True, check=True)
    return float(done.stderr.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="a server that we may make a database on, as a superuser")
    parser.add_argument("--rows", type=int, default=300_000, help="rows of the widest table (default: 300000, 200 MB)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument(
        "--keep", action="store_true", help="use the database of an earlier run, and leave it there (default: no)"
    )
    parser.add_argument("--pg-amcheck", default="pg_amcheck", help="the program (default: as found on PATH)")
    args = parser.parse_args()
    with psycopg.connect(as_conninfo(args.url), autocommit=True) as maintenance:
        there = maintenance.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount
        if there and not args.keep:
            maintenance.execute(f"DROP DATABASE {DATABASE}")
            there = 0
        if not there:
            maintenance.execute(f"CREATE DATABASE {DATABASE}")
        parameters = maintenance.info.get_parameters() | {"dbname": DATABASE}
    url = " ".join(f"{name}='{value}'" for name, value in parameters.items())
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        if not there:
            build(connection, args.rows)
        measure(connection, url, args)
    if not args.keep:
        with psycopg.connect(as_conninfo(args.url), autocommit=True) as maintenance:
            maintenance.execute(f"DROP DATABASE {DATABASE}")


def measure(connection: psycopg.Connection, url: str, args: argparse.Namespace) -> None:
    global CLOCK
    connection.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
    CLOCK = Clock(connection)
    keys = connection.execute(
        """SELECT con.conname, con.conrelid::regclass::text, ca.attname, con.confrelid::regclass::text, pa.attname, con.oid FROM pg_constraint con
        JOIN pg_attribute ca ON ca.attrelid = con.conrelid AND ca.attnum = con.conkey[1]
        JOIN pg_attribute pa ON pa.attrelid = con.confrelid AND pa.attnum = con.confkey[1] WHERE contype = 'f' ORDER BY con.oid"""
    ).fetchall()
    tables = [
        row[0]
        for row in connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    ]
    megabytes = connection.execute("SELECT pg_database_size(current_database()) / 1048576").fetchone()[0]
    print(
        f"PostgreSQL {connection.info.server_version}, {megabytes} MB, {len(keys)} foreign keys, {os.cpu_count()} cores"
    )
    t: Timings = {}
    for _ in range(args.rounds):
        timed(
            t,
            "count(*) of every table",
            lambda: [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables],
        )
        one_by_one(connection, t, keys)
        timed(t, "verify, everything, 1 process", lambda: ours(url, max_parallel=1))
        timed(t, "verify, everything, 2 processes", lambda: ours(url, max_parallel=2))
        timed(t, "verify, suspects only", lambda: ours(url, max_parallel=1, suspects_only=True))
        timed(t, "verify, rows only, 1 process", lambda: ours(url, max_parallel=1, only=("rows",)))
        timed(t, "verify, rows and keys, 1 process", lambda: ours(url, max_parallel=1, only=("rows", "foreign-keys")))
        timed(t, "verify, foreign keys only, 1 process", lambda: ours(url, max_parallel=1, only=("foreign-keys",)))
        for table in dict.fromkeys(k[1] for k in keys):
            timed(
                t,
                f"keys of {table}: ours",
                lambda table=table: keys_of(connection, table),
            )
        joined_keys(connection, t, keys)
        for name, seconds in zip(("script", "ours"), by_the_clock(url, keys), strict=True):
            t.setdefault(f"key clock: {name}", []).append(seconds)
        validate(connection, t, keys)
        timed(t, "verify, amcheck only, 1 process", lambda: ours(url, max_parallel=1, only=("amcheck",), amcheck=True))
        info = connection.info
        command = [args.pg_amcheck, "-h", info.host, "-p", str(info.port), "-U", info.user, info.dbname]
        timed(t, "pg_amcheck", partial(subprocess.run, command, check=True, capture_output=True))
        for table, column, key in WIDE:
            timed(t, f"verify of {table}, 1 process", lambda table=table: ours(url, max_parallel=1, tables=(table,)))
            guard(connection, t, table, column, key)
    report(t, keys, peak_memory(url))


def report(t: Timings, keys: list[tuple], memory: float) -> None:
    # The least disturbed round of each.
    m = {name: min(values) for name, values in t.items()}
    floor = m["count(*) of every table"]
    print(f"\n{'':60} {CLOCK.name}  x count(*)")
    for name, seconds in m.items():
        if not name.startswith("key"):
            print(f"{name:60} {seconds:7.3f}  {seconds / floor:9.1f}")
    for table in dict.fromkeys(k[1] for k in keys):
        ours_, one, validated = (
            m[f"keys of {table}: ours"],
            *(sum(m[f"key {k[0]}: {how}"] for k in keys if k[1] == table) for how in ("one by one", "VALIDATE")),
        )
        print(
            f"\nkeys of {table}, all of them: ours {ours_:.3f}, one by one {one:.3f} ({one / ours_:.2f}x), "
            f"VALIDATE {validated:.3f} ({validated / ours_:.2f}x)"
        )
    print(
        "\nkeys that are joined, each by itself; 'indexes' is what reading both indexes takes, without comparing anything:"
    )
    joined = [k for k in keys if f"key {k[0]}: ours" in m]
    for k in joined:
        ours_, one, validated = (m[f"key {k[0]}: {how}"] for how in ("ours", "one by one", "VALIDATE"))
        print(
            f"    {k[0]:20} ours {ours_:.3f}, one by one {one:.3f} ({one / ours_:.2f}x), VALIDATE {validated:.3f} ({validated / ours_:.2f}x), "
            f"indexes {m[f'key {k[0]}: indexes']:.3f}"
        )
    sums = {how: sum(m[f"key {k[0]}: {how}"] for k in joined) for how in ("ours", "one by one", "VALIDATE", "indexes")}
    print(
        f"    together: {sums['one by one'] / sums['ours']:.2f}x one by one, {sums['VALIDATE'] / sums['ours']:.2f}x VALIDATE; ",
        end="",
    )
    print(f"reading both indexes alone would be {sums['one by one'] / sums['indexes']:.2f}x")
    clock = {name: m[f"key clock: {name}"] for name in ("script", "ours")}
    print(
        f"    by the clock: one by one with the server's settings {clock['script']:.3f} s, ours on 2 connections {clock['ours']:.3f} s "
        f"({clock['script'] / clock['ours']:.2f}x)\n"
    )
    one = m["one query a constraint"]
    print(
        f"everything against one query a constraint: {one / m['verify, everything, 1 process']:.2f}x faster on 1 process, {one / m['verify, everything, 2 processes']:.2f}x on 2"
    )
    keys_alone = sum(m[f"key {k[0]}: one by one"] for k in keys)
    beside = m["verify, rows and keys, 1 process"] - m["verify, rows only, 1 process"]
    print(
        f"all foreign keys: alone {keys_alone / m['verify, foreign keys only, 1 process']:.2f}x faster than one by one, "
        f"{m['VALIDATE of every key'] / m['verify, foreign keys only, 1 process']:.2f}x faster than VALIDATE; "
        f"within the pass over the rows {keys_alone / beside:.1f}x and {m['VALIDATE of every key'] / beside:.1f}x"
    )
    print(f"rows against count(*): {m['verify, rows only, 1 process'] / floor:.2f}")
    for table, *_ in WIDE:
        for name in GUARD:
            share = m[f"after an UPDATE of 1 % of {table}, {name}"] / m[f"verify of {table}, 1 process"]
            print(f"after an UPDATE of 1 % of {table}, {name}: {share:.1%} of the check of the whole table")
    print(f"memory of our process: {memory:.0f} MB")


if __name__ == "__main__":
    main()
