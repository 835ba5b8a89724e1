"""Whether triggers were switched off in between is known, whoever did it and whoever took it back."""

from __future__ import annotations

import pytest

from alembic_safety.integrity.bypass import could_bypass, watch_triggers
from alembic_safety.postgres.session import PsycopgSession

pytestmark = pytest.mark.server

MIGRATION = """CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
INSERT INTO a SELECT generate_series(1, 1000); INSERT INTO b SELECT g, g FROM generate_series(1, 1000) g; ALTER TABLE a ADD x int;
CREATE INDEX ON a (x); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT * FROM a; DROP VIEW v;
CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS int; ANALYZE a; DELETE FROM b; TRUNCATE a CASCADE; DROP TABLE b;
SET search_path = ''; SET ROLE pg_monitor; RESET ROLE; SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64kB'"""
SWITCHED = {
    "set and taken back": "SET session_replication_role = replica; SET session_replication_role = origin",
    "local, reset": "SET LOCAL session_replication_role = replica; RESET session_replication_role",
    "rolled back to a savepoint": "SAVEPOINT x; SET LOCAL session_replication_role = replica; ROLLBACK TO x",
    "in a block": "DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', true); "
    "PERFORM set_config('session_replication_role', 'origin', true); END $$",
    "by a function's own setting": "CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql SET session_replication_role = replica "
    "AS 'BEGIN RETURN 1; END'; SELECT g()",
    "plans thrown away": "DISCARD PLANS",
    "statements thrown away": "DEALLOCATE ALL",
}


@pytest.fixture
def session(database):
    with database.connect() as connection:
        yield PsycopgSession(connection)
        connection.rollback()


def test_an_ordinary_migration_leaves_no_doubt(session):
    watch = watch_triggers(session)
    assert watch is not None
    session.execute(MIGRATION)
    assert watch.untouched(session)
    assert watch.untouched(session)
    watch.end(session)
    assert session.fetch("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'alembic_safety%'") == [(0,)]
    assert not watch.untouched(session)  # it is over


@pytest.mark.parametrize("how", SWITCHED)
def test_triggers_that_were_switched_off_for_a_while(session, how):
    watch = watch_triggers(session)
    assert watch is not None
    session.execute(SWITCHED[how])
    assert not watch.untouched(session)


def test_there_is_nothing_to_watch_where_triggers_are_off_already(session):
    session.execute("SET session_replication_role = replica")
    assert watch_triggers(session) is None


def test_settings_of_the_session_stay_as_they_were(session):
    names = ("search_path", "enable_hashjoin", "enable_mergejoin", "enable_nestloop")
    session.execute("SET enable_hashjoin = off; SET search_path = public")
    before = [session.fetch(f"SHOW {name}") for name in names]
    watch = watch_triggers(session)
    assert watch is not None
    assert watch.untouched(session)
    assert [session.fetch(f"SHOW {name}") for name in names] == before


def test_a_function_of_a_superuser_can_switch_for_anybody(database):
    database.run("DROP ROLE IF EXISTS integ_plain; CREATE ROLE integ_plain")
    try:
        with database.connect() as connection:
            session = PsycopgSession(connection)
            session.execute("SET SESSION AUTHORIZATION integ_plain")
            assert not could_bypass(session, database.server.version_num)
        database.run("""CREATE FUNCTION quietly() RETURNS void LANGUAGE sql SECURITY DEFINER SET session_replication_role = replica
            AS 'SELECT'""")
        with database.connect() as connection:
            session = PsycopgSession(connection)
            session.execute("SET SESSION AUTHORIZATION integ_plain")
            assert could_bypass(session, database.server.version_num)
    finally:
        database.run("DROP FUNCTION IF EXISTS quietly(); DROP ROLE integ_plain")
