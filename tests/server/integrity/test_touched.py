"""What a migration touched is verified in its own transaction, and nothing else is read."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from alembic_safety.integrity.touched import Touched, known_findings, touched_tables, verify_touched
from alembic_safety.postgres.session import PsycopgSession, SqlalchemySession

pytestmark = pytest.mark.server

SCHEMA = """
CREATE TABLE region (id int PRIMARY KEY); INSERT INTO region SELECT generate_series(1, 5);
CREATE TABLE customer (id int PRIMARY KEY, region_id int NOT NULL REFERENCES region);
INSERT INTO customer SELECT g, g % 5 + 1 FROM generate_series(1, 100) g;
CREATE TABLE purchase (id bigserial PRIMARY KEY, customer_id int REFERENCES customer ON DELETE CASCADE, price int,
    CONSTRAINT positive CHECK (price > 0), place int UNIQUE DEFERRABLE);
INSERT INTO purchase (customer_id, price) SELECT g, g FROM generate_series(1, 100) g;
CREATE FUNCTION reads() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.region';
CREATE VIEW dear AS SELECT * FROM purchase WHERE price > 50;
"""


@pytest.fixture
def session(database):
    database.run(SCHEMA)
    with database.connect() as connection:
        connection.prepare_threshold = None
        yield PsycopgSession(connection)
        connection.rollback()


def found(session, migration, touched=None, **options):
    session.execute(migration)
    result = verify_touched(session, touched or touched_tables(session), 30.0, **options)
    session.fetch("SELECT 1")  # the transaction still works
    return result


def codes(result):
    return sorted(
        (f.code, f.subject, f.count, f.examples if f.code != "not-checked" else f.message) for f in result.findings
    )


def oid(session, name):
    return session.fetch(f"SELECT '{name}'::regclass::oid")[0][0]


def test_an_honest_migration_has_no_findings(session):
    result = found(
        session,
        "UPDATE purchase SET price = price + 1 WHERE id < 10; ALTER TABLE region ADD COLUMN name text; DELETE FROM purchase WHERE id = 5",
    )
    assert codes(result) == []
    assert result.stopped is None


def test_rows_written_with_triggers_off_are_found_subtransactions_included(session):
    result = found(
        session,
        """SAVEPOINT a; SET LOCAL session_replication_role = replica; UPDATE purchase SET customer_id = 777 WHERE id = 3;
        RELEASE a; SAVEPOINT b; INSERT INTO purchase (customer_id) VALUES (778); RELEASE b; SET LOCAL session_replication_role = origin""",
    )
    assert codes(result) == [
        (
            "orphan-rows",
            "public.purchase.purchase_customer_id_fkey",
            2,
            ("id=3: customer_id=777", "id=101: customer_id=778"),
        )
    ]


def test_old_orphans_in_the_same_table_are_not_this_migrations_business(session):
    session.execute(
        "SET session_replication_role = replica; UPDATE purchase SET customer_id = 777 WHERE id = 3; COMMIT; BEGIN"
    )
    session.execute("SET session_replication_role = origin")
    assert codes(found(session, "UPDATE purchase SET price = 9 WHERE id = 4")) == []


def test_references_to_removed_rows_are_found(session):
    migration = "SET LOCAL session_replication_role = replica; DELETE FROM customer WHERE id IN (7, 8)"
    expected = [
        ("orphan-rows", "public.purchase.purchase_customer_id_fkey", 2, ("id=7: customer_id=7", "id=8: customer_id=8"))
    ]
    assert codes(found(session, migration)) == expected


def test_captured_rows_are_used(session):
    session.execute(
        "CREATE TABLE seen AS SELECT * FROM customer WHERE id = 7; CREATE TABLE wrote AS SELECT 3::bigint AS id"
    )
    migration = """SET LOCAL session_replication_role = replica; DELETE FROM customer WHERE id IN (7, 8);
        UPDATE purchase SET customer_id = 555 WHERE id IN (3, 4)"""
    touched = [
        Touched(oid=oid(session, "customer"), written=False, removed=True, removed_rows="SELECT * FROM seen"),
        Touched(oid=oid(session, "purchase"), written_keys="SELECT id FROM wrote"),
    ]
    assert codes(found(session, migration, touched)) == [
        ("orphan-rows", "public.purchase.purchase_customer_id_fkey", 1, ("id=3: customer_id=555",)),
        ("orphan-rows", "public.purchase.purchase_customer_id_fkey", 1, ("id=7: customer_id=7",)),
    ]


def test_keys_over_columns_that_were_not_written_are_left_alone(session):
    migration = "SET LOCAL session_replication_role = replica; UPDATE purchase SET customer_id = 555 WHERE id = 3"
    purchase = oid(session, "purchase")
    assert codes(found(session, migration, [Touched(oid=purchase, columns=frozenset({"price"}))])) == []
    assert len(codes(found(session, migration, [Touched(oid=purchase, columns=frozenset({"customer_id"}))]))) == 1


def test_of_updates_whose_old_rows_are_known_only_what_changed_is_looked_up(session):
    session.execute("""SET session_replication_role = replica; UPDATE purchase SET customer_id = 777 WHERE id = 3;
        UPDATE purchase SET customer_id = NULL WHERE id = 4; COMMIT; BEGIN; SET session_replication_role = origin;
        CREATE TABLE seen AS SELECT * FROM purchase WHERE id IN (3, 4)""")
    purchase = Touched(
        oid=oid(session, "purchase"),
        written_keys="SELECT id FROM seen",
        removed_rows="SELECT * FROM seen",
        compared=frozenset({"id", "customer_id"}),
    )
    off = "SET LOCAL session_replication_role = replica;"
    kept = f"{off} UPDATE purchase SET price = 2, customer_id = customer_id WHERE id IN (3, 4)"
    assert codes(found(session, kept, [purchase])) == []  # an orphan of earlier, as before
    other = f"{off} UPDATE purchase SET customer_id = 778 WHERE id = 4"
    assert [f.count for f in found(session, other, [purchase]).findings] == [2]
    # What nobody knows the old value of may have changed, and so may all where a row is gone.
    unknown = replace(purchase, compared=frozenset({"id", "price"}))
    assert len(codes(found(session, "", [unknown]))) == 1
    gone = f"UPDATE purchase SET customer_id = 777 WHERE id = 3; {off} DELETE FROM purchase WHERE id = 4"
    assert len(codes(found(session, gone, [purchase]))) == 1


def test_references_to_a_key_that_updates_left_alone_are_not_looked_for(session):
    session.execute("""SET session_replication_role = replica; UPDATE purchase SET customer_id = 777 WHERE id = 3; COMMIT; BEGIN;
        CREATE TABLE seen AS SELECT * FROM customer WHERE id IN (7, 8)""")
    customer = Touched(
        oid=oid(session, "customer"),
        removed=True,
        written_keys="SELECT id FROM seen",
        removed_rows="SELECT * FROM seen",
        compared=frozenset({"id", "region_id"}),
    )
    assert codes(found(session, "UPDATE customer SET region_id = 2 WHERE id IN (7, 8)", [customer])) == []
    moved = found(session, "UPDATE customer SET id = 700 WHERE id = 7", [customer])
    assert codes(moved) == [("orphan-rows", "public.purchase.purchase_customer_id_fkey", 1, ("id=7: customer_id=7",))]


def test_what_postgresql_enforced_is_passed_over_and_said(session):
    result = found(
        session, "UPDATE purchase SET customer_id = 1 WHERE id = 3; DELETE FROM customer WHERE id = 9", bypass=False
    )
    assert codes(result) == []
    assert any("purchase_customer_id_fkey" in line for line in result.skipped)


def test_triggers_switched_by_the_migration_are_noticed_without_bypass(session):
    result = found(
        session,
        "ALTER TABLE purchase DISABLE TRIGGER ALL; UPDATE purchase SET customer_id = 999 WHERE id = 1; ALTER TABLE purchase ENABLE TRIGGER ALL",
        bypass=False,
    )
    assert codes(result) == [
        ("orphan-rows", "public.purchase.purchase_customer_id_fkey", 1, ("id=1: customer_id=999",))
    ]


def test_a_swallowed_cascade_is_noticed_without_bypass(session):
    result = found(
        session,
        """CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER keep BEFORE DELETE ON purchase FOR EACH ROW EXECUTE FUNCTION keep(); DELETE FROM customer WHERE id = 12""",
        bypass=False,
    )
    assert codes(result) == [
        ("orphan-rows", "public.purchase.purchase_customer_id_fkey", 1, ("id=12: customer_id=12",))
    ]


def test_constraints_functions_views_sequences_and_leftovers(session):
    result = found(
        session,
        """ALTER TABLE purchase ADD CONSTRAINT cheap CHECK (price < 100) NOT VALID;
        INSERT INTO purchase (id, customer_id) VALUES (5000, 1); ALTER TABLE region RENAME TO district;
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER noted BEFORE INSERT ON purchase FOR EACH ROW EXECUTE FUNCTION noted();
        ALTER TABLE purchase DISABLE TRIGGER noted""",
        bypass=False,
    )
    assert codes(result) == [
        ("broken-routine", "public.reads()", None, ()),
        ("check-violated", "public.purchase.cheap", 1, ("id=100",)),
        ("constraint-not-valid", "public.purchase.cheap", None, ()),
        ("disabled-trigger", "public.purchase.noted", None, ()),
        ("sequence-behind", "public.purchase_id_seq", 1, ("id=5000",)),
    ]


def test_a_replaced_function_of_a_check_makes_its_table_be_read_again(session):
    session.execute("""CREATE FUNCTION fits(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
        ALTER TABLE purchase ADD CONSTRAINT fitting CHECK (public.fits(price)); COMMIT; BEGIN""")
    result = found(
        session,
        "CREATE OR REPLACE FUNCTION fits(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 < 100'",
        [Touched(oid=oid(session, "region"), written=False)],
    )
    assert codes(result) == [("check-violated", "public.purchase.fitting", 1, ("id=100",))]


def test_deferrable_uniqueness_is_looked_at_when_triggers_could_be_off(session):
    result = found(
        session, "SET LOCAL session_replication_role = replica; UPDATE purchase SET place = 1 WHERE id IN (1, 2)"
    )
    assert codes(result) == [("duplicate-keys", "public.purchase.purchase_place_key", 1, ("place=1",))]


def test_deferrable_uniqueness_is_looked_at_where_its_triggers_were_switched(session):
    result = found(
        session,
        "ALTER TABLE purchase DISABLE TRIGGER ALL; UPDATE purchase SET place = 1 WHERE id IN (1, 2); ALTER TABLE purchase ENABLE TRIGGER ALL",
        bypass=False,
    )
    assert codes(result) == [("duplicate-keys", "public.purchase.purchase_place_key", 1, ("place=1",))]
    session.execute("ROLLBACK; BEGIN")
    assert codes(found(session, "UPDATE purchase SET place = place WHERE id IN (1, 2)", bypass=False)) == []


def test_what_was_wrong_before_is_not_reported(session):
    session.execute("DROP TABLE region CASCADE; COMMIT; BEGIN")
    known = known_findings(session)
    assert ("broken-routine", "public.reads()") in known
    assert codes(found(session, "UPDATE customer SET region_id = 1 WHERE id = 1", known=known)) == []


def test_partitions_and_partitioned_parents(session):
    session.execute("""CREATE TABLE part (id int, day int, customer_id int REFERENCES customer, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (10); INSERT INTO part VALUES (1, 1, 1);
        CREATE TABLE hp (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE hp0 PARTITION OF hp FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        INSERT INTO hp VALUES (1), (2); CREATE TABLE hc (id int PRIMARY KEY, hp_id int REFERENCES hp); INSERT INTO hc VALUES (1, 1), (2, 2);
        COMMIT; BEGIN""")
    result = found(
        session,
        "SET LOCAL session_replication_role = replica; INSERT INTO part VALUES (2, 2, 444); DELETE FROM hp WHERE id = 2",
    )
    assert codes(result) == [
        ("orphan-rows", "public.hc.hc_hp_id_fkey", 1, ("id=2: hp_id=2",)),
        ("orphan-rows", "public.part1.part_customer_id_fkey", 1, ("id=2, day=2: customer_id=444",)),
    ]


def test_the_budget_ends_a_step_and_spares_the_transaction(session):
    session.execute(
        "CREATE FUNCTION slow(int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN true; END'"
    )
    session.execute("ALTER TABLE region ADD CONSTRAINT slow CHECK (slow(id)) NOT VALID")
    started = time.monotonic()
    result = verify_touched(session, [Touched(oid=oid(session, "region"))], 0.5)
    assert time.monotonic() - started < 30
    assert any(f.code == "not-checked" for f in result.findings)
    assert result.stopped == "time limit"
    assert session.fetch("SHOW statement_timeout") == [("0",)]
    session.execute("CREATE TABLE still_writable ()")


def test_checks_cannot_write(session):
    session.execute(
        "CREATE TABLE log (n int); CREATE FUNCTION writes(int) RETURNS bool LANGUAGE sql AS 'INSERT INTO public.log VALUES ($1); SELECT true'"
    )
    session.execute("ALTER TABLE region ADD CONSTRAINT writes CHECK (public.writes(id)) NOT VALID")
    result = verify_touched(session, [Touched(oid=oid(session, "region"))], 10)
    assert any(f.code == "not-checked" and "read-only" in f.message for f in result.findings)
    assert session.fetch("SELECT count(*) FROM log") == [(0,)]


def test_on_a_sqlalchemy_connection(database):
    import sqlalchemy

    database.run(SCHEMA)
    engine = sqlalchemy.create_engine(database.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("UPDATE purchase SET customer_id = 777 WHERE id = 3")
        session = SqlalchemySession(connection)
        result = verify_touched(session, touched_tables(session), 10)
        assert [f.code for f in result.findings] == ["orphan-rows"]
        connection.rollback()
    engine.dispose()


def test_a_role_that_cannot_switch_triggers_off_needs_no_scan(database):
    database.run(
        SCHEMA
        + "DROP ROLE IF EXISTS integ_owner; CREATE ROLE integ_owner; GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO integ_owner"
    )
    with database.connect() as connection:
        session = PsycopgSession(connection)
        session.execute("SET SESSION AUTHORIZATION integ_owner; UPDATE purchase SET price = 3 WHERE id = 3")
        result = verify_touched(session, touched_tables(session), 10)
        assert any("purchase_customer_id_fkey: PostgreSQL enforced" in line for line in result.skipped)
        connection.rollback()
    database.run("DROP OWNED BY integ_owner; DROP ROLE integ_owner")
