"""How the cost of comparing two snapshots and of ordering statements grows with the catalog, and with the change.

    python benchmarks/synthesis.py [--sizes 500,5000,50000] [--changes 10,100,1000] [--pg-bin DIR]

CPU seconds of this process: the differences of two snapshots, and a plan that takes them back. Running statements is the server's affair.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from alembic_safety.downgrade.compare import differences
from alembic_safety.downgrade.plan import make_plan
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.server import throwaway_server
from alembic_safety.postgres.session import PsycopgSession

#: Objects of one table: itself, five columns, a default, a primary key with its index, another index.
OBJECTS = 10
MAKE = """
DO $$ BEGIN FOR i IN {first} .. {last} LOOP
  EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a int NOT NULL, b text DEFAULT ''x'', c date, d jsonb)', i);
  EXECUTE format('CREATE INDEX t%s_b ON t%s (b)', i, i);
END LOOP; END $$
"""
#: Four changes of a table, one of each in turn.
CHANGES = (
    "ALTER TABLE t{0} ADD COLUMN e int",
    "ALTER TABLE t{0} ALTER COLUMN a TYPE bigint",
    "DROP INDEX t{0}_b",
    "ALTER TABLE t{0} RENAME COLUMN c TO f",
)


def main() -> None:
    """Print a table of CPU seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="500,5000,50000")
    parser.add_argument("--changes", default="10,100,1000")
    parser.add_argument("--pg-bin", type=Path, default=None)
    chosen = parser.parse_args()
    sizes, counts = ([int(n) for n in text.split(",")] for text in (chosen.sizes, chosen.changes))
    print("objects  changes  compare s  plan s  statements")
    with throwaway_server(pg_bin=chosen.pg_bin) as server, server.create_database().connect() as connection:
        session = PsycopgSession(connection)
        tables = 0
        for size in sizes:
            while tables < size // OBJECTS:
                last = min(tables + 500, size // OBJECTS)  # each locks until it is committed
                session.execute(MAKE.format(first=tables + 1, last=last))
                connection.commit()
                tables = last
            before = read_snapshot(session)
            for count in (n for n in counts if n <= tables):
                for number in range(count):
                    session.execute(CHANGES[number % len(CHANGES)].format(number + 1))
                after = read_snapshot(session)
                connection.rollback()
                _print(before, after, count)


def _print(before: Snapshot, after: Snapshot, count: int) -> None:
    compare, found = _timed(lambda: differences(before, after))
    assert len(found) >= count
    plan, statements = _timed(lambda: make_plan(before, after, role="postgres", levels={}, aside={}))
    print(f"{len(before.objects):7}  {count:7}  {compare:9.3f}  {plan:6.3f}  {len(statements):10}", flush=True)


def _timed(work: Callable[[], list[object]]) -> tuple[float, list[object]]:
    """The least CPU of three."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return best, result


if __name__ == "__main__":
    main()
