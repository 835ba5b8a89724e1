"""What keeping rows costs: ``python benchmarks/preservation.py [--rows N] [--rounds N]``.

A dropped column kept by ``op.preserve_columns`` against ``CREATE TABLE AS SELECT pk, col``; an UPDATE of 1 % of the rows
captured by ``op.preserve_rows`` against the UPDATE alone and against copying the table. Server time by the wall, in rounds
that take turns; trust the ratios.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from alembic_safety.postgres import own_schema
from alembic_safety.postgres.server import throwaway_server
from alembic_safety.postgres.session import PsycopgSession

HERE = "'alembic_version', 'bench'"
UPDATE = "UPDATE orders SET total = total + 1, note = note || '!' WHERE id % 100 = 7"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pg-version")
    args = parser.parse_args()
    with throwaway_server(pg_version=args.pg_version) as server:
        database = server.create_database()
        with database.connect(autocommit=True) as connection:
            session = PsycopgSession(connection)
            own_schema.ensure(session)
            session.execute(
                "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL, total numeric(12,2) NOT NULL, state text NOT NULL,"
                " placed timestamptz NOT NULL, note text, address text)"
            )
            session.execute(
                "INSERT INTO orders SELECT i, i % 10007, i / 7.0, 'open', now(), repeat('n', 20 + (i % 40)::int), repeat('a', 60) "
                f"FROM generate_series(1, {args.rows}) i"
            )
            session.execute("CREATE INDEX ON orders (customer); CREATE INDEX ON orders (placed)")
            session.execute("VACUUM ANALYZE orders")
            print(f"PostgreSQL {server.version}, {args.rows:,} rows, {args.rounds} rounds")
            ways = {
                "CREATE TABLE AS SELECT id, note": lambda: session.execute(
                    "CREATE TABLE kept AS SELECT id, note FROM orders"
                ),
                "op.preserve_columns(note)": lambda: kept(
                    session, "'columns', 'public.orders', ARRAY['note']", "ALTER TABLE orders DROP note"
                ),
                "UPDATE of 1 %": lambda: session.execute(UPDATE),
                "UPDATE of 1 %, op.preserve_rows": lambda: kept(session, "'rows', 'public.orders'", UPDATE),
                "UPDATE of 1 %, table copied": lambda: session.execute(
                    f"CREATE TABLE kept AS SELECT * FROM orders; {UPDATE}"
                ),
            }
            seconds = measured(session, ways, args.rounds)
    show(seconds)


def kept(session: PsycopgSession, arguments: str, upgrade: str) -> None:
    """An upgrade with its block and its end."""
    session.execute(f"SELECT alembic_safety.preserve({HERE}, {arguments})")
    session.execute(upgrade)
    session.execute(f"SELECT alembic_safety.finish_preserving({HERE})")


def measured(session: PsycopgSession, ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Median seconds of each way, every one rolled back."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            session.execute("BEGIN")
            started = time.perf_counter()
            way()
            found[name].append(time.perf_counter() - started)
            session.execute("ROLLBACK")
            session.execute("VACUUM orders")
    return {name: statistics.median(times) for name, times in found.items()}


def show(seconds: dict[str, float]) -> None:
    """Each with its ratio to what it is held against."""
    anchors = {"op.preserve_columns(note)": "CREATE TABLE AS SELECT id, note"}
    for name, value in seconds.items():
        anchor = anchors.get(name, "UPDATE of 1 %" if name.startswith("UPDATE") else name)
        print(f"{name:36} {value:8.3f} s   {value / seconds[anchor]:6.2f}x of {anchor}")


if __name__ == "__main__":
    main()
