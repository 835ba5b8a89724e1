"""What a backup costs, against pg_dump as it comes and against the least that reading everything costs.

    python benchmarks/backup.py [--rows 1000000] [--rounds 3] [--pg-bin DIR]

makes a throwaway server with one database (half of its bytes in one table), measures in interleaved rounds, and prints ratios.
Trust these, not the seconds. CPU is that of client and server together, on Linux.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg

from alembic_safety.guard.backup.clone import take_clone
from alembic_safety.guard.backup.digests import damage
from alembic_safety.guard.backup.folder import Entry, delete, new_id
from alembic_safety.guard.backup.plan import plan_named
from alembic_safety.guard.backup.restore import restore_into
from alembic_safety.guard.backup.take import Where, take_dump
from alembic_safety.postgres.beside import server_of, swap
from alembic_safety.postgres.clienttools import environment_of
from alembic_safety.postgres.endpoint import Endpoint
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.server import Server, throwaway_server
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.settings import Settings


def build(connection: psycopg.Connection, rows: int) -> None:
    """Tables as applications have them: one wide and large, several narrow ones with indexes and foreign keys, documents."""
    run = connection.execute
    run(
        "CREATE TABLE customer (id bigserial PRIMARY KEY, name text NOT NULL, email text UNIQUE, made timestamptz DEFAULT now())"
    )
    run(
        f"INSERT INTO customer (name, email) SELECT 'name ' || g, md5(g::text) || '@example.org' FROM generate_series(1, {rows // 10}) g"
    )
    run(
        "CREATE TABLE orders (id bigserial PRIMARY KEY, customer bigint REFERENCES customer, state text, total numeric(12, 2),"
        " note text, made timestamptz)"
    )
    run(
        f"INSERT INTO orders (customer, state, total, note, made) SELECT 1 + g % {rows // 10}, (ARRAY['new', 'paid', 'sent'])[1 + g % 3],"
        f" (g * 7919::bigint) % 100000 / 100.0, repeat(md5(g::text), 5), now() - g * interval '1 second' FROM generate_series(1, {rows}) g"
    )
    run("CREATE INDEX ON orders (customer); CREATE INDEX ON orders (made)")
    run('CREATE TABLE item (id bigserial PRIMARY KEY, "order" bigint REFERENCES orders, product int, quantity int)')
    run(
        f'INSERT INTO item ("order", product, quantity) SELECT 1 + g % {rows}, g % 1000, g % 9 FROM generate_series(1, {rows * 2}) g'
    )
    run('CREATE INDEX ON item ("order")')
    run("CREATE TABLE document (id bigserial PRIMARY KEY, body jsonb)")
    run(
        f"INSERT INTO document (body) SELECT jsonb_build_object('id', g, 'text', repeat(md5(g::text), 60)) FROM generate_series(1, {rows // 50}) g"
    )
    run("VACUUM ANALYZE")


def cpu_of(server: Server) -> float:
    """Seconds of CPU of the server's processes, ended ones included, and of this process with its children."""
    assert server.cluster is not None
    pids = [int((server.cluster.data / "postmaster.pid").read_text().split()[0])]
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid, parent = int(path.parent.name), int(fields[1])
        if pid in pids:
            ticks += sum(map(int, fields[11:15]))
        elif parent in pids:
            ticks += sum(map(int, fields[11:13]))
    times = os.times()
    return ticks / os.sysconf("SC_CLK_TCK") + times.user + times.system + times.children_user + times.children_system


class Contest:
    """Measures contestants in turns."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.seconds: dict[str, list[tuple[float, float]]] = {}

    def run(self, name: str, work: Callable[[], object]) -> object:
        """One measurement."""
        self.server.maintenance().execute("CHECKPOINT")
        cpu, wall = cpu_of(self.server), time.perf_counter()
        result = work()
        wall = time.perf_counter() - wall
        self.seconds.setdefault(name, []).append((wall, cpu_of(self.server) - cpu))
        return result

    def print(self, anchors: tuple[str, str]) -> None:
        """The medians, and their ratios to the anchors."""
        medians = {n: tuple(statistics.median(v) for v in zip(*runs, strict=True)) for n, runs in self.seconds.items()}
        print(
            f"| | wall s | cpu s | wall x {anchors[0]} | cpu x {anchors[0]} | wall x {anchors[1]} |\n|---|---|---|---|---|---|"
        )
        for name, (wall, cpu) in medians.items():
            first, second = medians[anchors[0]], medians[anchors[1]]
            print(
                f"| {name} | {wall:.2f} | {cpu:.2f} | {wall / first[0]:.2f} | {cpu / max(first[1], 0.01):.2f} | {wall / second[0]:.2f} |"
            )


def pg_dump(tool: Path, endpoint: Endpoint, target: Path) -> None:
    with environment_of(endpoint.parameters) as environment:
        subprocess.run([tool, "--format=custom", f"--file={target}"], env=environment, check=True)


def copy_everything(endpoint: Endpoint) -> None:
    with endpoint.connect() as connection:
        for table in ("customer", "orders", "item", "document"):
            connection.execute(f"COPY {table} TO '/dev/null' (FORMAT binary)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=300_000, help="rows of the largest table (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pg-bin", type=Path)
    args = parser.parse_args()
    room = args.rows * 3000
    with throwaway_server(pg_bin=args.pg_bin, room=room) as server, tempfile.TemporaryDirectory() as scratch:
        assert server.binaries is not None
        tool = server.binaries.program("pg_dump")
        endpoint = Endpoint(server.parameters(server.create_database().name))
        with endpoint.connect() as connection:
            build(connection, args.rows)
            size = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()[0]
            share = connection.execute(
                "SELECT round(100.0 * pg_table_size('orders') / sum(pg_table_size(oid))) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchone()[0]
        print(f"PostgreSQL {server.version}, {size}; orders is {share} % of the bytes of tables")
        base = Path(scratch) / "backups"
        settings = Settings(backup_dir=base, pg_bin=server.binaries.bindir)
        where = Where(endpoint=endpoint, role="", version_table="alembic_version", heads=(), pending=())
        contest = Contest(server)
        sizes: dict[str, int] = {}

        def take(*tables: str) -> Entry:
            with endpoint.connect() as connection:
                plan = plan_named(PsycopgSession(connection), "full", tables, settings)
            manifest = take_dump(new_id("b"), plan, where, settings, base, lambda *_: None)
            sizes["affected" if tables else "full"] = manifest.size
            return Entry(base / manifest.id, manifest)

        def clone() -> None:
            server.release()
            manifest, _ = take_clone(new_id("b"), where, base)
            clones.append(manifest)

        clones: list = []
        for _ in range(args.rounds):
            contest.run("COPY of everything to /dev/null", partial(copy_everything, endpoint))
            custom = Path(scratch) / "custom"
            contest.run("pg_dump -Fc", partial(pg_dump, tool, endpoint, custom))
            sizes["pg_dump -Fc"] = custom.stat().st_size
            entry = contest.run("full, proven", take)
            assert isinstance(entry, Entry)
            found = contest.run("reading it again (within full)", partial(damage, entry.folder, entry.manifest.files))
            assert found == []
            part = contest.run("affected: orders", partial(take, "public.orders"))
            delete(base, part.id)
            contest.run("clone", clone)
            contest.run(
                "restore of full, every row counted", partial(restore_into, entry, endpoint, "bench_restored", settings)
            )
            server.maintenance().execute("DROP DATABASE bench_restored")
            delete(base, entry.id)
            other = server_of(endpoint)
            copy = clones.pop()
            contest.run(
                "restore of clone: two renames",
                partial(swap, other, endpoint.dbname, "bench_aside", copy.reference, copy.database),
            )
            other.maintenance().execute(f"DROP DATABASE {quote_ident('bench_aside')}")
            delete(base, copy.id)
            other.release()
        contest.print(("pg_dump -Fc", "COPY of everything to /dev/null"))
        print(", ".join(f"{name}: {value / 1e6:.0f} MB" for name, value in sizes.items()))


if __name__ == "__main__":
    main()
