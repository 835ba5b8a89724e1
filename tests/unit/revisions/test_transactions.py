"""Which statements run in a transaction, and which don't."""

from __future__ import annotations

import pytest

from alembic_safety.revisions.outside import why_not_in_transaction
from alembic_safety.revisions.split import split
from alembic_safety.revisions.transactions import parts


def plan(text: str, **options: bool) -> list[tuple[bool, list[str]]]:
    return [(p.autocommit, [s.text for s in p.statements]) for p in parts(split(text).statements, **options)]


OUTSIDE = [
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "create unique index concurrently if not exists i on t (a)",
    "DROP INDEX CONCURRENTLY IF EXISTS i",
    "REINDEX TABLE CONCURRENTLY t",
    "REINDEX (VERBOSE, CONCURRENTLY) TABLE t",
    "REINDEX SCHEMA s",
    "REINDEX (VERBOSE) DATABASE d",
    "VACUUM",
    "VACUUM (ANALYZE) t",
    "CREATE DATABASE d",
    "DROP DATABASE d WITH (FORCE)",
    "ALTER DATABASE d SET TABLESPACE x",
    "CREATE TABLESPACE x LOCATION '/x'",
    "DROP TABLESPACE x",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "ALTER TABLE p DETACH PARTITION s.c CONCURRENTLY",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
    "DROP SUBSCRIPTION s",
    "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
    "CLUSTER",
    "CLUSTER VERBOSE",
    "DISCARD ALL",
    "DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$",
    "DO LANGUAGE plpgsql 'BEGIN ROLLBACK; END'",
    "COMMIT PREPARED 'x'",
]
INSIDE = [
    "CREATE INDEX concurrently_made ON t (a)",
    "CREATE INDEX i ON concurrently (a)",
    "DROP INDEX i",
    "REINDEX TABLE t",
    "CREATE TABLE database (a int)",
    "ALTER DATABASE d SET work_mem = '1MB'",
    "ALTER TABLE p DETACH PARTITION c",
    "ALTER TABLE p DETACH PARTITION c FINALIZE",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (enabled = false, create_slot = 'off')",
    "CLUSTER t USING i",
    "DISCARD TEMP",
    "DO $$ BEGIN RAISE NOTICE 'COMMIT;'; -- COMMIT;\n END $$",
    "ANALYZE t",
    "SAVEPOINT a",
    "ALTER TYPE e ADD VALUE 'x'",
    "COMMENT ON TABLE t IS 'VACUUM'",
]


@pytest.mark.parametrize("text", OUTSIDE)
def test_what_postgresql_refuses_in_a_transaction_is_known(text: str) -> None:
    (statement,) = split(text).statements
    assert why_not_in_transaction(statement)


@pytest.mark.parametrize("text", INSIDE)
def test_everything_else_stays_in_the_transaction(text: str) -> None:
    (statement,) = split(text).statements
    assert why_not_in_transaction(statement) is None


def test_only_the_statements_that_need_it_leave_the_transaction() -> None:
    text = "CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t; SELECT 1"
    assert plan(text) == [
        (False, ["CREATE TABLE t (a int)"]),
        (True, ["CREATE INDEX CONCURRENTLY i ON t (a)", "VACUUM t"]),
        (False, ["SELECT 1"]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; SELECT 1; COMMIT;",
        "BEGIN TRANSACTION; SELECT 1; END;",
        "START TRANSACTION; SELECT 1; COMMIT WORK;",
        "SET lock_timeout = '1s'; BEGIN; SELECT 1; COMMIT; RESET lock_timeout;",
        "BEGIN; SELECT 1;",
        "SELECT 0; BEGIN; SELECT 1;",
    ],
)
def test_a_file_in_one_transaction_is_in_the_revisions_own(text: str) -> None:
    assert [p for p, _ in plan(text)] == [False]
    assert not {"BEGIN", "COMMIT"} & {s for _, texts in plan(text) for s in texts}
    assert "BEGIN in line 1" in parts(split(text).statements)[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;",
        "BEGIN; SELECT 1; COMMIT; CREATE INDEX CONCURRENTLY i ON t (a);",
        "SELECT 1; BEGIN; SELECT 2; COMMIT;",
        "BEGIN; SELECT 1; ROLLBACK;",
        "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;",
        "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;",
        "SET LOCAL x.y = 1; BEGIN; SELECT 1; COMMIT;",
    ],
)
def test_a_file_with_transactions_of_its_own_is_run_as_psql_runs_it(text: str) -> None:
    assert plan(text) == [(True, [s.text for s in split(text).statements])]


def test_a_file_that_leaves_its_transaction_and_comes_back() -> None:
    text = "SELECT 1; COMMIT; CREATE INDEX CONCURRENTLY i ON t (a); BEGIN; SELECT 2;"
    assert plan(text) == [
        (False, ["SELECT 1"]),
        (True, ["CREATE INDEX CONCURRENTLY i ON t (a)"]),
        (False, ["SELECT 2"]),
    ]


def test_a_transaction_that_is_left_open_is_the_revisions_own() -> None:
    text = "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2"
    assert plan(text) == [(True, ["BEGIN", "SELECT 1", "COMMIT"]), (False, ["SELECT 2"])]


def test_a_commit_in_the_middle_commits() -> None:
    assert plan("SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;") == [
        (False, ["SELECT 1"]),
        (True, []),
        (False, ["SELECT 2"]),
    ]


def test_rolling_back_to_a_savepoint_is_no_end() -> None:
    text = "SAVEPOINT a; SELECT 1; ROLLBACK TO SAVEPOINT a; RELEASE a"
    assert [p for p, _ in plan(text)] == [False]


def test_a_file_that_asks_for_no_transaction_has_none() -> None:
    assert [p for p, _ in plan("SELECT 1; SELECT 2", transaction=False)] == [True]


ADD = "ALTER TYPE s.mood ADD VALUE IF NOT EXISTS 'new'"


def test_an_added_value_stays_in_the_transaction_where_nothing_uses_it() -> None:
    assert [p for p, _ in plan(f"{ADD}; SELECT 1")] == [False]


def test_an_added_value_is_committed_where_it_is_used_below() -> None:
    assert plan(f"SELECT 0; {ADD}; UPDATE t SET m = 'new'") == [
        (False, ["SELECT 0"]),
        (True, [ADD]),
        (False, ["UPDATE t SET m = 'new'"]),
    ]


@pytest.mark.parametrize(
    "use",
    [
        "INSERT INTO t VALUES ('new')",
        "SELECT '{old,new}'::s.mood[]",
        "DO $$ BEGIN EXECUTE 'UPDATE t SET m = ''new'''; END $$",
        "COPY t FROM STDIN;\nnew\n\\.\n",
    ],
)
def test_a_value_is_used_in_literals_bodies_and_data(use: str) -> None:
    assert plan(f"{ADD}; {use}")[0] == (True, [ADD])


@pytest.mark.parametrize(
    "use", ["ALTER TABLE t ADD COLUMN new text", "SELECT 'renewal', 'new_one'", "-- 'new'\nSELECT 1"]
)
def test_a_value_is_not_used_by_a_name_that_looks_like_it(use: str) -> None:
    assert [p for p, _ in plan(f"{ADD}; {use}")] == [False]


def test_an_added_value_of_a_type_made_in_this_transaction_may_be_used() -> None:
    assert [p for p, _ in plan(f"CREATE TYPE s.mood AS ENUM ('a'); {ADD}; SELECT 'new'")] == [False]
    committed = plan(f"CREATE TYPE s.mood AS ENUM ('a'); VACUUM; {ADD}; SELECT 'new'")
    assert committed[1] == (True, ["VACUUM", ADD])


def test_an_added_value_is_committed_where_later_revisions_share_the_transaction() -> None:
    assert [p for p, _ in plan(f"{ADD}; SELECT 1", shared_transaction=True)] == [True, False]
