"""The reader leaves no trace, needs no privileges, and leaves out what is ours."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy

from alembic_safety.postgres.catalog import Exclusions, read_delta, read_snapshot, read_start
from alembic_safety.postgres.session import PsycopgSession, SqlalchemySession
from tests.conftest import ScratchDatabase


def identities(snapshot: object) -> set[str]:
    return {identity for _, identity in snapshot.by_identity}  # type: ignore[attr-defined]


def test_a_fresh_database_has_only_public_and_nothing_unmodelled(database: ScratchDatabase) -> None:
    with database.connect() as connection:
        snapshot = read_snapshot(PsycopgSession(connection))
    assert [(o.kind, o.identity) for o in snapshot.objects.values()] == [("schema", "public")]
    assert snapshot.unmodelled == ()


@pytest.mark.parametrize("path", ["public", '"$user", public', "", '"odd \'schema", "x""y"'])
def test_search_path_is_left_as_found(database: ScratchDatabase, path: str) -> None:
    with database.connect() as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [path])
        before = connection.execute("SHOW search_path").fetchone()
        read_snapshot(PsycopgSession(connection))
        assert connection.execute("SHOW search_path").fetchone() == before
        connection.commit()
        assert connection.execute("SHOW search_path").fetchone() == before
        connection.execute("SET LOCAL search_path = pg_temp")
        read_snapshot(PsycopgSession(connection))
        assert connection.execute("SHOW search_path").fetchone() == ("pg_temp",)
        connection.rollback()
        assert connection.execute("SHOW search_path").fetchone() == before


def test_a_failed_reading_leaves_the_transaction_usable(database: ScratchDatabase) -> None:
    class Failing(PsycopgSession):
        def fetch(self, sql: str, params: object = ()) -> list[tuple[object, ...]]:
            return super().fetch("SELECT 1/0" if "pg_catalog.pg_attribute a" in sql else sql)

    with database.connect() as connection:
        connection.execute("CREATE TABLE kept (a int)")
        connection.execute("SET LOCAL search_path = public, pg_temp")
        with pytest.raises(psycopg.errors.DivisionByZero):
            read_snapshot(Failing(connection))
        assert connection.execute("SHOW search_path").fetchone() == ("public, pg_temp",)
        assert "public.kept" in identities(read_snapshot(PsycopgSession(connection)))


def test_a_role_without_privileges_reads_the_same(database: ScratchDatabase) -> None:
    with database.connect() as connection:
        connection.execute(
            "CREATE ROLE nobody_much; CREATE SCHEMA hidden; REVOKE ALL ON SCHEMA hidden FROM PUBLIC;"
            "CREATE TYPE hidden.kind AS ENUM ('a'); CREATE TABLE hidden.t (id serial PRIMARY KEY, k hidden.kind DEFAULT 'a');"
            "CREATE VIEW hidden.v AS SELECT * FROM hidden.t; CREATE FUNCTION hidden.f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
            "CREATE POLICY p ON hidden.t USING (id > 1); CREATE STATISTICS hidden.s ON id, k FROM hidden.t"
        )
        session = PsycopgSession(connection)
        before = read_snapshot(session)
        connection.execute("SET ROLE nobody_much")
        assert read_snapshot(session) == before
        assert read_delta(session, before, 3) == before


def test_a_sqlalchemy_connection_reads_the_same(database: ScratchDatabase) -> None:
    database.run("CREATE TABLE t (id int PRIMARY KEY, code varchar(5) CHECK (code IN ('a%', ':b')) DEFAULT 'x')")
    engine = sqlalchemy.create_engine(database.url)
    with database.connect() as connection, engine.connect() as other:
        first = read_snapshot(PsycopgSession(connection))
        assert read_snapshot(SqlalchemySession(other)) == first
        assert set(read_snapshot(SqlalchemySession(other)).edges) == set(first.edges)
    engine.dispose()


def test_dependencies_are_read_where_they_are_wanted(database: ScratchDatabase) -> None:
    database.run("CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t")
    with database.connect() as connection:
        session = PsycopgSession(connection)
        xid, start = read_start(session)
        without = read_snapshot(session, edges=False)
        assert without.objects == read_snapshot(session).objects
        with pytest.raises(RuntimeError, match="without edges"):
            set(without.edges)
        connection.execute("CREATE TABLE child (id int REFERENCES t)")
        wanted = read_delta(session, without, xid, start=start)
        assert set(wanted.edges) == set(read_snapshot(session).edges)
        assert any(wanted.objects[edge.dependent].identity == "public.v" for edge in wanted.edges)


def test_what_somebody_deallocates_is_prepared_again(database: ScratchDatabase) -> None:
    with database.connect() as connection:
        session = PsycopgSession(connection)
        base = read_snapshot(session)
        connection.rollback()
        kept: set[str] = set()
        xid, start = read_start(session, kept)
        connection.execute("CREATE TABLE t (id int)")
        base = read_delta(session, base, xid, start=start, kept=kept, marking=True)
        for change in ("ALTER TABLE t ADD COLUMN a int", "ALTER TABLE t ADD UNIQUE (a)"):
            # As psycopg does behind a DROP, once it has prepared a statement that was run five times: all that is asked first, and something that is asked later.
            connection.execute("DEALLOCATE ALL" if "COLUMN" in change else "DEALLOCATE alembic_safety_table_all")
            connection.execute(change)
            base = read_delta(session, base, xid, start=start, kept=kept, marking=True)
            assert base == read_snapshot(session)


def test_our_own_schema_and_the_version_table_are_left_out(database: ScratchDatabase) -> None:
    database.run(
        "CREATE SCHEMA alembic_safety; CREATE TABLE alembic_safety.journal (id serial PRIMARY KEY, t timestamptz DEFAULT now());"
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); CREATE TABLE other (id int);"
        "CREATE TEMP TABLE passing (id int)"
    )
    with database.connect() as connection:
        session = PsycopgSession(connection)
        assert identities(read_snapshot(session)) == {"public", "public.other", "public.other.id"}
        everything = identities(read_snapshot(session, Exclusions(frozenset(), frozenset())))
        assert {"alembic_safety.journal", "public.alembic_version.version_num"} <= everything


def test_members_of_extensions_are_named_not_modelled(database: ScratchDatabase) -> None:
    database.run("CREATE EXTENSION citext; CREATE TABLE t (c citext)")
    with database.connect() as connection:
        session = PsycopgSession(connection)
        snapshot = read_snapshot(session)
        assert snapshot.of_kind("function", "base_type", "operator", "cast") == []
        assert set(snapshot.extension_members.values()) == {"citext"}
        (table,) = snapshot.of_kind("table")
        (extension,) = snapshot.of_kind("extension")
        assert extension.address in snapshot.needs[table.address]
        assert snapshot.unmodelled == ()
        connection.execute("REVOKE EXECUTE ON FUNCTION citext_hash(citext) FROM PUBLIC")
        (kind, identity) = read_snapshot(session).unmodelled[0]
        assert kind == "extension member grants"
        assert identity.startswith("FUNCTION public.citext_hash(public.citext)")


def test_system_grants_are_named(database: ScratchDatabase) -> None:
    with database.connect() as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC")
        connection.execute("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC")
        kinds = [kind for kind, _ in read_snapshot(PsycopgSession(connection)).unmodelled]
    assert kinds == ["system function grants", "system language grants"]


def test_a_fact_of_public_is_plain(database: ScratchDatabase) -> None:
    with database.connect() as connection:
        (public,) = read_snapshot(PsycopgSession(connection)).of_kind("schema")
    assert public.comment == "standard public schema"
    assert public.acl is not None
    if database.server.version_num >= 150000:
        assert public.owner == "pg_database_owner"


def test_how_a_session_writes_constants_changes_nothing(database: ScratchDatabase) -> None:
    database.run(
        "CREATE TABLE t (at timestamptz DEFAULT '2020-01-31 12:00+00', n float8 DEFAULT 0.1, b bytea DEFAULT '\\x01', i interval DEFAULT '1 day 2 h')"
        " PARTITION BY RANGE (at);"
        "CREATE TABLE p PARTITION OF t FOR VALUES FROM ('2020-01-31 00:00+00') TO ('2020-02-29 00:00+00')"
    )
    with database.connect() as connection:
        session = PsycopgSession(connection)
        usual = read_snapshot(session)
        connection.execute("SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Tokyo'; SET intervalstyle = 'iso_8601'")
        connection.execute("SET extra_float_digits = -10; SET bytea_output = 'escape'")
        assert read_snapshot(session).structure_fingerprint == usual.structure_fingerprint
        assert connection.execute("SHOW datestyle").fetchone() == ("SQL, DMY",)
