"""Limits, interruptions and what runs beside a verification: it ends in good order, and what it found so far is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from alembic_safety.errors import ServerError
from alembic_safety.integrity.checks.routines import check_routines, read_routines
from alembic_safety.integrity.checks.views import check_views, read_views
from alembic_safety.integrity.connections import connector, reading
from alembic_safety.integrity.options import Options
from alembic_safety.integrity.records import NOT_CHECKED
from alembic_safety.integrity.run import Verification, verify
from alembic_safety.integrity.scope import open_scope
from tests.support.verification import ORPHAN, codes

pytestmark = pytest.mark.server


SLOW = (
    """CREATE FUNCTION slow(int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN true; END';
CREATE TABLE slow (id int PRIMARY KEY CHECK (slow(id))); ALTER TABLE slow DISABLE TRIGGER ALL;
SET session_replication_role = replica; INSERT INTO slow SELECT g FROM generate_series(1, 5) g;"""
    + ORPHAN
)
MORE_SLOW = "ALTER TABLE slow DROP CONSTRAINT slow_id_check; INSERT INTO slow SELECT generate_series(10, 200); ALTER TABLE slow ADD CHECK (slow(id)) NOT VALID;"


@pytest.fixture
def slow(database):
    database.run(SLOW)
    database.run(MORE_SLOW)
    return database


def test_a_statement_timeout_ends_one_check_and_no_other(slow):
    result = verify(slow.conninfo, Options(statement_timeout=2.0))
    assert ("orphan-rows", "public.c.c_p_id_fkey") in codes(result)
    assert any(f.code == NOT_CHECKED and "statement timeout" in f.message for f in result.findings)
    assert result.stopped is None


def test_the_time_limit_ends_all_and_says_what_is_missing(slow):
    started = time.monotonic()
    result = verify(slow.conninfo, Options(time_limit=1.0, max_parallel=1))
    assert time.monotonic() - started < 30
    assert result.stopped == "time limit"
    assert any(
        ("time limit" in f.message and "public.slow" in f.message) or "tables" in f.message for f in result.unchecked
    )
    assert result.tasks_done < result.tasks_planned


def test_leaving_early_cancels_on_the_server_and_keeps_what_was_found(slow):
    verification = Verification(slow.conninfo, Options(max_parallel=2))
    started = time.monotonic()
    with closing(iter(verification)) as records:
        for record in records:
            if getattr(record, "code", "") == "orphan-rows":
                break
    assert time.monotonic() - started < 30
    assert verification.result.stopped == "interrupted"
    assert ("orphan-rows", "public.c.c_p_id_fkey") in codes(verification.result)
    with slow.connect(autocommit=True) as connection:
        running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'"
        while connection.execute(running).fetchone() != (0,):
            assert time.monotonic() - started < 30
            time.sleep(0.05)


def test_a_table_that_is_locked_is_passed_over(database):
    database.run(ORPHAN + "CREATE TABLE busy (id int PRIMARY KEY);")
    with database.connect() as connection:
        connection.execute("LOCK TABLE busy IN ACCESS EXCLUSIVE MODE")
        result = verify(database.conninfo, Options(lock_timeout=0.2))
        connection.rollback()
    assert ("orphan-rows", "public.c.c_p_id_fkey") in codes(result)
    assert [f.subject for f in result.unchecked if "lock" in f.message] == ["public.busy"]


def test_processes_are_bounded(database):
    database.run("".join(f"CREATE TABLE t{n} (id int PRIMARY KEY); " for n in range(200)))
    seen = []
    begun, stop = threading.Event(), threading.Event()

    def watch():
        with database.connect(autocommit=True) as connection:
            begun.set()
            sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'alembic safety'"
            while not stop.is_set():
                seen.append(connection.execute(sql).fetchone()[0])

    thread = threading.Thread(target=watch)
    thread.start()
    begun.wait()
    verify(database.conninfo, Options(max_parallel=3))
    stop.set()
    thread.join()
    assert 2 <= max(seen) <= 4  # three that work, and one that holds the snapshot


def test_the_loss_of_the_common_snapshot_costs_no_check(database):
    database.run(ORPHAN)
    connect = connector(database.conninfo)
    opened = []

    def connecting():
        if len(opened) == 1:  # the first one holds the snapshot
            with database.connect(autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 10000)", [opened[0].info.backend_pid])
        opened.append(connect())
        return opened[-1]

    result = Verification(connecting, Options(max_parallel=1)).run()
    assert [(f.code, f.subject) for f in result.findings if f.code != "orphan-rows"] == [("snapshot-lost", None)]
    assert ("orphan-rows", "public.c.c_p_id_fkey") in {(f.code, f.subject) for f in result.findings}
    assert result.tasks_done == result.tasks_planned


def test_one_snapshot_for_all(database):
    database.run("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);")
    verification = Verification(database.conninfo, Options(max_parallel=1))
    counts = {}
    with database.connect(autocommit=True) as connection:
        for record in verification:
            if hasattr(record, "rows"):
                counts[record.table] = record.rows
            connection.execute(
                "INSERT INTO a SELECT coalesce(max(id), 0) + 1 FROM a; INSERT INTO b SELECT coalesce(max(id), 0) + 1 FROM b"
            )
    assert counts == {"public.a": 0, "public.b": 0}


def test_what_others_drop_meanwhile_is_no_finding(database):
    database.run("""CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS TABLE t; CREATE MATERIALIZED VIEW m AS TABLE t;
        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION stays() RETURNS int LANGUAGE sql AS 'SELECT 1';""")
    options = Options()
    with database.connect(autocommit=True) as connection, reading(connection, options) as session:
        scope = open_scope(session, options)
        seen, routines = read_views(session, scope), read_routines(session, scope)
        database.run("DROP TABLE t CASCADE; DROP FUNCTION f(); DROP FUNCTION g();")
        # The snapshot still shows them.
        assert read_views(session, scope) == seen
        assert len(seen) == 2
        assert len(routines) == 3
        assert not list(check_views(session, scope, seen))
        assert not list(check_routines(session, routines))


def test_a_server_that_is_not_there():
    with pytest.raises(ServerError, match="Can't connect"):
        verify("host=/nonexistent dbname=x")


def test_progress_gets_an_estimate(slow):
    states = []
    Verification(slow.conninfo, Options(statement_timeout=0.5), on_progress=states.append).run()
    assert states
    assert all(state.planned >= state.done for state in states)
    assert any(state.subjects for state in states)


# -- sizes ------------------------------------------------------------------------------------------------------------------


def test_ctrl_c_prints_what_was_found_so_far(slow):
    url = slow.url_text
    # Whoever runs the tests in the background may ignore the signal, and children inherit that.
    start = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); runpy.run_module('alembic_safety', None, '__main__')"
    command = [sys.executable, "-c", start, "-c", os.devnull, "safety-verify", "--url", url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    while line and "orphan-rows" not in line:
        line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1  # errors had been found
    assert "so far in" in out
    assert "(interrupted)" in out
    assert "Traceback" not in err
