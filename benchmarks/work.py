"""How fast a server reads a table, builds an index over it and writes it anew: what ``guard.preflight.work`` assumes.

``python benchmarks/work.py [MEGABYTES]``
"""

from __future__ import annotations

import sys
import time

from alembic_safety.postgres.server import throwaway_server

STATEMENTS = {
    "read (SET NOT NULL)": "alter table t alter n set not null",
    "read (FOREIGN KEY)": "alter table t add foreign key (n) references p",
    "index (bigint)": "create index on t (n)",
    "index (text)": "create index on t (s)",
    "anew (integer to bigint, three indexes)": "alter table t alter m type bigint",
    "anew (volatile default)": "alter table t add column r double precision default random()",
}


def main(megabytes: int) -> None:
    with throwaway_server() as server, server.create_database().connect(autocommit=True) as connection:
        rows = megabytes * 1024 * 1024 // 150
        connection.execute("create table p as select i::bigint as id from generate_series(1, 1000) i")
        connection.execute("alter table p add primary key (id)")
        connection.execute(
            "create table t as select i as m, i % 1000 + 1 as n, md5(i::text) as s, repeat('x', 60) as note "
            f"from generate_series(1, {rows}) i"
        )
        for statement in (
            "alter table t alter n type bigint",
            "create index on t (m)",
            "vacuum analyze t",
            "checkpoint",
        ):
            connection.execute(statement)
        for name, statement in STATEMENTS.items():
            found = connection.execute("select pg_relation_size('t'), pg_total_relation_size('t')").fetchone()
            assert found is not None
            size = found[1] if name.startswith("anew") else found[0]
            started = time.monotonic()
            connection.execute(statement)
            seconds = time.monotonic() - started
            print(f"{name:42} {size / 1024**2:7.0f} MB {seconds:7.2f} s {size / 1024**2 / seconds:7.0f} MB/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
