"""What needs a server that can be stopped: a standby, damaged files, page checksums."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time

import psycopg
import pytest

from alembic_safety.integrity.connections import connector
from alembic_safety.integrity.options import Options
from alembic_safety.integrity.run import verify
from alembic_safety.postgres.account import run_as, server_account
from alembic_safety.postgres.server import throwaway_server

pytestmark = pytest.mark.server


@contextlib.contextmanager
def running(cluster):
    """The cluster's server, run by hand: its own start waits for more than a standby gives."""
    command = [str(cluster.binaries.program("postgres")), "-D", str(cluster.data)]
    process = subprocess.Popen(
        command, cwd="/", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **run_as(server_account())
    )
    conninfo = f"host='{cluster.host}' port={cluster.port} user={cluster.user} dbname=postgres"
    try:
        for _ in range(400):
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(conninfo):
                break
            time.sleep(0.05)
        yield conninfo
    finally:
        process.send_signal(2)
        process.wait(30)


@pytest.fixture
def stopped(pg_binaries):
    """A server with a table of orphans and a large one, stopped in good order; gives its cluster and the large one's file."""
    with throwaway_server(pg_bin=pg_binaries.bindir) as server:
        with server.connect(autocommit=True) as connection:
            connection.execute("""CREATE EXTENSION amcheck; CREATE EXTENSION pageinspect;
                CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p);
                CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY);
                CREATE TABLE large (id int PRIMARY KEY, t text); INSERT INTO large SELECT g, repeat('x', 100) FROM generate_series(1, 1000) g;
                SET session_replication_role = replica; INSERT INTO c VALUES (1, 5)""")
            file = connection.execute("SELECT pg_relation_filepath('large')").fetchone()[0]
        cluster = server.cluster
        server.release()
        cluster.stop(clean=True)
        yield cluster, cluster.data / file


def codes(result):
    return sorted({(f.code, f.subject) for f in result.findings})


def _cutting(connect):
    """Connections of which the second is ended at once, as the replay of a standby ends what stands in its way."""
    opened = []

    def connecting():
        connection = connect()
        opened.append(connection)
        if opened.index(connection) == 1:
            with connect() as other:
                other.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.info.backend_pid])
        return connection

    return connecting


def test_a_standby_is_verified(stopped):
    cluster, _ = stopped
    signal = cluster.data / "standby.signal"
    signal.touch()
    account = server_account()
    if account is not None:
        os.chown(signal, account.uid, account.gid)
    with running(cluster) as conninfo:
        with psycopg.connect(conninfo) as connection:
            assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        result = verify(conninfo, Options(amcheck=True))
        cut_off = verify(_cutting(connector(conninfo)), Options(amcheck=True))
    assert codes(cut_off) == codes(result)
    assert cut_off.row_counts == result.row_counts
    assert codes(result) == [("not-checked", "public.fleeting"), ("orphan-rows", "public.c.c_p_id_fkey")]
    assert result.row_counts["public.large"].rows == 1000


def test_a_damaged_heap_is_found_by_amcheck(stopped):
    cluster, file = stopped
    with file.open("r+b") as page:
        page.seek(24)  # the first line pointer
        page.write(b"\xff\xff\xc8\x00")  # a tuple beyond the page
    with running(cluster) as conninfo:
        found = codes(verify(conninfo, Options(amcheck=True, only=("amcheck",))))
    assert ("damaged-heap", "large") in found


def test_a_flipped_bit_is_found_by_its_checksum(stopped):
    cluster, file = stopped
    command = [str(cluster.binaries.program("pg_checksums")), "--enable", "-D", str(cluster.data)]
    subprocess.run(command, check=True, capture_output=True, **run_as(server_account()))
    with running(cluster) as conninfo:
        assert codes(verify(conninfo, Options(checksums=True, only=("checksums",)))) == []
    with file.open("r+b") as page:
        page.seek(8192 + 5000)
        byte = page.read(1)
        page.seek(8192 + 5000)
        page.write(bytes([byte[0] ^ 1]))
    with running(cluster) as conninfo:
        result = verify(conninfo, Options(checksums=True, only=("checksums",)))
        (finding,) = result.findings
        assert (finding.code, finding.subject, finding.count, finding.examples) == (
            "checksum-failures",
            "large",
            1,
            ("block 1",),
        )
        # Whoever reads the page gets an error: that is corruption, not something unread.
        found = codes(verify(conninfo, Options(only=("rows",))))
        assert ("data-corrupted", "public.large") in found
        ends = time.monotonic() + 30  # counters of the server come late
        while not any(f.kind == "database" for f in verify(conninfo, Options(only=("checksums",))).findings):
            assert time.monotonic() < ends
            time.sleep(0.2)
