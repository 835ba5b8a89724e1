"""A full catalog snapshot against ``pg_dump --schema-only``, and a delta against the snapshot: ratios in one run.

    python benchmarks/catalog_snapshot.py [--tables 100 300 1000] [--rounds 7]

Medians of interleaved rounds on one throwaway server, so trust the ratios. CPU is ours plus the server's: client programs by
``getrusage``, backends by ``/proc`` (Linux only).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from alembic_safety.postgres.catalog import read_delta, read_snapshot, read_start
from alembic_safety.postgres.server import Server, throwaway_server
from alembic_safety.postgres.session import PsycopgSession

#: What the deltas follow.
CHANGES = {
    "column": "ALTER TABLE t5 ADD COLUMN extra int",
    "table": "CREATE TABLE more (id integer PRIMARY KEY, name text NOT NULL); CREATE INDEX ON more (name)",
    "dropped": "ALTER TABLE t5 DROP COLUMN amount CASCADE",
}


def schema(tables: int) -> Iterator[str]:
    """Tables as projects have them: nine columns, identity, foreign key, checks, two more indexes, some views and triggers."""
    yield "CREATE TYPE status AS ENUM ('new', 'open', 'done')"
    yield "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$"
    for i in range(tables):
        reference = f"REFERENCES t{i - 1} ON DELETE CASCADE" if i else ""
        yield (
            f"CREATE TABLE t{i} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ref bigint {reference}, name varchar(80) NOT NULL,"
            " kind text CHECK (kind IN ('a', 'b')), state status DEFAULT 'new', amount numeric(10, 2) DEFAULT 0,"
            " created timestamptz NOT NULL DEFAULT now(), data jsonb)"
        )
        yield f"CREATE INDEX ON t{i} (ref)"
        yield f"CREATE INDEX ON t{i} (lower(name)) WHERE amount > 0"
        if i % 5 == 0:
            yield f"CREATE VIEW v{i} AS SELECT id, name, amount FROM t{i} WHERE state = 'open'"
        if i % 10 == 0:
            yield f"CREATE TRIGGER touch BEFORE UPDATE ON t{i} FOR EACH ROW EXECUTE FUNCTION touch()"
            yield f"COMMENT ON TABLE t{i} IS 'table'"


def backend_ms(pid: int) -> float:
    """CPU of one backend so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def ended_ms(pid: int) -> float:
    """CPU of all backends of a backend's server that have ended (in ticks of a hundredth of a second)."""
    postmaster = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[13:15]) * 1e3 / os.sysconf("SC_CLK_TCK")


def measure(server: Server, tables: int, rounds: int) -> None:
    """Print one line of figures."""
    database = server.create_database()
    assert server.binaries is not None
    parameters = server.parameters(database.name)
    environment = os.environ | {
        "PGHOST": parameters["host"],
        "PGPORT": parameters["port"],
        "PGUSER": parameters["user"],
    }
    dump = [str(server.binaries.program("pg_dump")), "--schema-only", database.name]
    with database.connect() as connection:
        for number, statement in enumerate(schema(tables)):
            connection.execute(statement)  # type: ignore[arg-type]
            if number % 200 == 0:
                connection.commit()
        connection.commit()
        session = PsycopgSession(connection)
        # As a rehearsal does: its readings stay planned, and it knows which.
        connection.prepare_threshold = None
        kept: set[str] = set()
        base = read_snapshot(session)
        connection.rollback()
        pid = connection.info.backend_pid
        wall: dict[str, list[float]] = {}
        cpu: dict[str, list[float]] = {}

        def timed(name: str, work: Callable[[], object]) -> None:
            server_cpu, own, start = backend_ms(pid), time.process_time(), time.perf_counter()
            work()
            wall.setdefault(name, []).append((time.perf_counter() - start) * 1e3)
            cpu.setdefault(name, []).append((time.process_time() - own) * 1e3 + backend_ms(pid) - server_cpu)

        for _ in range(rounds):
            connection.rollback()
            before, ended = resource.getrusage(resource.RUSAGE_CHILDREN), ended_ms(pid)
            timed("pg_dump", lambda: subprocess.run(dump, check=True, stdout=subprocess.DEVNULL, env=environment))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu["pg_dump"][-1] = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3
            time.sleep(0.05)  # until its backend has ended
            cpu["pg_dump"][-1] += ended_ms(pid) - ended
            timed("snapshot", lambda: read_snapshot(session, edges=False))  # likewise
            connection.rollback()
            for name, change in CHANGES.items():
                connection.rollback()
                xid, start = read_start(session, kept)
                connection.execute(change)  # type: ignore[arg-type]
                timed(
                    name,
                    lambda xid=xid, start=start: read_delta(session, base, xid, start=start, edges=False, kept=kept),
                )
    middle = {name: statistics.median(values) for name, values in wall.items()}
    used = {name: statistics.median(values) for name, values in cpu.items()}
    print(
        f"{tables:5} tables: pg_dump {middle['pg_dump']:.0f} ms; snapshot {middle['snapshot']:.0f} ms"
        f" (pg_dump is {middle['pg_dump'] / middle['snapshot']:.1f}x; cpu {used['snapshot']:.0f} ms of {used['pg_dump']:.0f} ms,"
        f" {used['pg_dump'] / used['snapshot']:.1f}x); delta "
        + ", ".join(f"{name} {middle[name]:.1f} ms (cpu {used[name]:.1f} ms)" for name in CHANGES)
    )
    server.drop_database(database)


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with throwaway_server() as server:
        print(f"PostgreSQL {server.version_num // 10000}")
        for tables in options.tables:
            measure(server, tables, options.rounds)


if __name__ == "__main__":
    main()
