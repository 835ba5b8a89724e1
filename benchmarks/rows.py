"""How fast tables are filled with generated rows, and what comparing them costs: ``python benchmarks/rows.py [--rows N]``.

Everything is measured in one run, on one server: trust the ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from alembic_safety.postgres.fingerprint import fingerprints
from alembic_safety.postgres.server import throwaway_server
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.rehearsal.rows.fill import fill

_SCHEMA = """
CREATE TABLE tenant (id uuid PRIMARY KEY, name text NOT NULL, created timestamptz);
CREATE TABLE person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant uuid NOT NULL REFERENCES tenant, email text NOT NULL UNIQUE,
    boss bigint REFERENCES person, age int CHECK (age > 0), bio text, data jsonb
);
CREATE TABLE orders (
    id serial PRIMARY KEY, person bigint NOT NULL REFERENCES person, status text NOT NULL CHECK (status IN ('open', 'closed')),
    total numeric(10, 2), at timestamptz NOT NULL, tags text[]
);
"""
_NAMES = ("tenant", "person", "orders")
_WIDE = "CREATE TABLE wide (id int PRIMARY KEY, {columns})"
_COLUMNS = ", ".join(f"t{n} text, n{n} numeric, d{n} timestamptz" for n in range(8))


def _seconds(run: Callable[[], object], rounds: int = 1) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _cpu(session: PsycopgSession) -> float:
    """Seconds of processor time that the server's side of a session has used (Linux); else the time of day."""
    try:
        text = Path(f"/proc/{session.connection.info.backend_pid}/stat").read_text(encoding="ascii")
    except OSError:
        return time.perf_counter()
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _oids(session: PsycopgSession, names: tuple[str, ...]) -> list[int]:
    return [int(session.fetch(f"SELECT '{name}'::regclass::oid::int8")[0][0]) for name in names]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000, help="rows in each table (default: 50000)")
    parser.add_argument("--pg-bin", default=None, help="folder of PostgreSQL's programs")
    arguments = parser.parse_args()
    rows: int = arguments.rows
    with throwaway_server(pg_bin=arguments.pg_bin) as server:
        session = PsycopgSession(server.create_database().connect())
        session.execute(_SCHEMA)
        _generator(session, rows)
        session.execute("CREATE TABLE narrow (id int PRIMARY KEY, a int, b int8, c text)")
        session.execute(_WIDE.format(columns=_COLUMNS))
        fill(session, _oids(session, ("narrow", "wide")), rows=rows * 2, hurting=False)
        session.connection.commit()
        session.connection.autocommit = True
        session.execute("VACUUM ANALYZE")
        for name in ("narrow", "wide"):
            _fingerprint(session, name)


def _generator(session: PsycopgSession, rows: int) -> None:
    for hurting in (True, False):
        session.execute("SAVEPOINT filled")
        filled = 0

        def run(hurting: bool = hurting) -> None:
            nonlocal filled
            filled = sum(fill(session, _oids(session, _NAMES), rows=rows, hurting=hurting).rows.values())

        started = _cpu(session)
        seconds = _seconds(run)
        used = _cpu(session) - started
        copied = 0.0
        for name in _NAMES:
            session.execute(f"CREATE TABLE copy_{name} (LIKE {name} INCLUDING ALL EXCLUDING IDENTITY)")
            copied += _seconds(lambda name=name: session.execute(f"INSERT INTO copy_{name} SELECT * FROM {name}"))  # type: ignore[misc]
        print(
            f"generator, {'values that hurt' if hurting else 'plain values'}: {filled / seconds:,.0f} rows/s, "
            f"{filled / used:,.0f} a second of processor time, "
            f"{seconds / copied:.1f} times INSERT … SELECT of the same rows into the same indexes without foreign keys"
        )
        session.execute("ROLLBACK TO SAVEPOINT filled")


def _fingerprint(session: PsycopgSession, name: str) -> None:
    ways: dict[str, Callable[[], object]] = {
        "count(*)": lambda: session.fetch(f"SELECT count(*) FROM {name}"),
        "sum(hashtextextended(t::text, 0))": lambda: session.fetch(
            f"SELECT sum(hashtextextended(t::text, 0)) FROM {name} AS t"
        ),
        "fingerprint": lambda: fingerprints(session, [f"public.{name}"]),
        "fingerprint, 128 bits": lambda: fingerprints(session, [f"public.{name}"], strong=True),
        "fingerprint by column": lambda: fingerprints(session, [f"public.{name}"], by_column=True),
    }
    for workers in (0, 2):
        session.execute(
            f"SET max_parallel_workers_per_gather = {workers}; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0"
        )
        times = {way: _seconds(run, 5) for way, run in ways.items()}
        base = times["sum(hashtextextended(t::text, 0))"]
        for way, seconds in times.items():
            print(f"{name}, {workers} workers: {way}: {seconds * 1000:.0f} ms, {seconds / base:.2f} of the text hash")


if __name__ == "__main__":
    main()
