"""How long a server of our own takes to start, beside what PostgreSQL's own programs take for the same.

    python benchmarks/throwaway_server.py [ROUNDS]

Medians over interleaved rounds, in milliseconds; trust the ratios rather than the figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from alembic_safety.postgres import places
from alembic_safety.postgres.account import run_as, server_account
from alembic_safety.postgres.binaries import Binaries, all_binaries
from alembic_safety.postgres.configuration import environment
from alembic_safety.postgres.server import throwaway_server

Timings = dict[str, list[float]]


@contextmanager
def _timed(timings: Timings, name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings.setdefault(name, []).append(1000 * (time.perf_counter() - start))


def _ours(binaries: Binaries, timings: Timings) -> None:
    with _timed(timings, "whole: start, connect, stop, remove"):
        context = throwaway_server(pg_bin=binaries.bindir)
        with _timed(timings, "cold start from the cache, until connected"):
            server = context.__enter__()
            server.maintenance()
        context.__exit__(None, None, None)
    with throwaway_server(pg_bin=binaries.bindir) as server:
        with _timed(timings, "create a scratch database"):
            made = server.create_database()
        made.connect().execute(
            "DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY)', i); END LOOP; END $$"
        )
        with _timed(timings, "clone one of 100 tables"):
            clone = server.create_database(made)
        with _timed(timings, "put the clone in its place"):
            server.replace_database(made, clone)
        server.release()
        cluster = server.cluster
        assert cluster is not None
        with _timed(timings, "clean stop"):
            cluster.stop(clean=True)
        with _timed(timings, "warm start, until connected"):
            cluster.start()
            server.maintenance()


def _theirs(binaries: Binaries, timings: Timings) -> None:
    account = server_account()
    folder = Path(tempfile.mkdtemp(dir=places.bases()[0]))
    try:
        if account is not None:
            os.chown(folder, account.uid, account.gid)

        def run(*command: str | Path) -> None:
            quiet = subprocess.DEVNULL
            subprocess.run(
                [str(each) for each in command], check=True, stdout=quiet, env=environment(), cwd="/", **run_as(account)
            )

        with _timed(timings, "initdb --no-sync and pg_ctl start"):
            run(binaries.program("initdb"), "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync")
            options = f"-k {folder} -c listen_addresses='' -F"
            run(
                binaries.program("pg_ctl"),
                "-D",
                folder / "data",
                "-l",
                folder / "log",
                "-o",
                options,
                "-w",
                "-s",
                "start",
            )
        with _timed(timings, "pg_ctl stop"):
            run(binaries.program("pg_ctl"), "-D", folder / "data", "-m", "immediate", "-w", "-s", "stop")
    finally:
        places.remove_tree(folder)


def main(rounds: int) -> None:
    """Print one table for each PostgreSQL on this machine."""
    for binaries in all_binaries():
        timings: Timings = {}
        measures: list[Callable[[Binaries, Timings], None]] = [_ours, _theirs]
        for measure in measures:
            measure(binaries, {})  # fills the cache
        for _ in range(rounds):
            for measure in measures:
                measure(binaries, timings)
        print(f"PostgreSQL {binaries.version}, {binaries.source}, {rounds} rounds")
        for name, values in timings.items():
            print(f"  {name:45} {median(values):8.1f} ms")
        cold = median(timings["cold start from the cache, until connected"])
        print(
            f"  {'initdb and pg_ctl, as a multiple of ours':45} {median(timings['initdb --no-sync and pg_ctl start']) / cold:8.1f} x"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
