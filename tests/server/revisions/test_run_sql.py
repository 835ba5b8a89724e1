"""SQL files and text on real servers: what is written arrives, where it is meant to run."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command

from alembic_safety.errors import GuardError, IrreversibleError, SourceError, StatementError

# What the package keeps for itself in a database.
OWN = "--exclude-schema=alembic_safety"

NASTY = r"""-- :comment %s
CREATE TYPE mood AS ENUM ('a:b', '%s', 'c\d');
CREATE TABLE "T %s :x" (
    id integer PRIMARY KEY,
    a text DEFAULT ':name %s %% %(x)s \ \n ''; ' || E'\\ \' ;',
    m mood DEFAULT 'a:b'::mood,
    "ü ""q" text CHECK ("ü ""q" LIKE '50%;%')
);
CREATE FUNCTION f(a integer) RETURNS text LANGUAGE plpgsql AS $fn$
BEGIN
    -- it's ; here
    RETURN format('%s :a \n %%', a) || $q$;$q$;
END $fn$;
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC
    SELECT CASE WHEN a % 2 = 0 THEN 1 ELSE 2 END;
    SELECT a;
END;
CREATE RULE r AS ON DELETE TO "T %s :x" DO ALSO (SELECT 1; SELECT 2);
COMMENT ON FUNCTION f(integer) IS 'x :y %(z)s /* no comment */ -- either';
/* /* nested ; */ */
DO $$ BEGIN EXECUTE 'COMMENT ON FUNCTION g(integer) IS ''%s:x'''; END $$;
INSERT INTO "T %s :x" (id) SELECT 5 WHERE 5 % 3 = 2
"""


def rows(database: Any, query: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = database.session().fetch(query)
    return found


def test_what_is_written_arrives(database: Any, project: Any, driver: str) -> None:
    project.sql("a", NASTY)
    project.revision("b", "op.run_sql(r'''SELECT ':x %s \\\\'; CREATE TABLE b (c text DEFAULT ':x %s')''')")
    project.upgrade(database.url, driver)
    reference = database.server.create_database()
    try:
        connection = reference.connect(autocommit=True)
        connection.execute(NASTY, prepare=False)
        connection.execute("CREATE TABLE b (c text DEFAULT ':x %s')")
        connection.close()
        from tests.conftest import dump_schema

        expected = dump_schema(database.server, reference.name)
        assert database.dump_schema("--exclude-table=alembic_version", OWN) == expected
    finally:
        database.server.drop_database(reference)
    assert rows(database, 'SELECT id, a FROM "T %s :x"') == [(5, r":name %s %% %(x)s \ \n '; \ ' ;")]


DATA = "CREATE TABLE t (a integer, b text);\nCOPY t (a, b) FROM STDIN;\n1\t:x %s\\\\ü\n2\t\\N\n\\.\nSELECT count(*) FROM t;\n"


@pytest.mark.parametrize("copy_driver", ["psycopg", "psycopg2"])
def test_copy_data_are_loaded(database: Any, project: Any, copy_driver: str) -> None:
    project.sql("a", DATA)
    project.upgrade(database.url, copy_driver)
    assert rows(database, "SELECT a, b FROM t ORDER BY a") == [(1, ":x %s\\ü"), (2, None)]


def test_copy_by_asyncpg_is_refused_with_the_way_out(database: Any, project: Any) -> None:
    project.sql("a", DATA)
    with pytest.raises(SourceError, match=r"a.sql:2: COPY … FROM STDIN can't be run by asyncpg: use psycopg"):
        project.upgrade(database.url, "asyncpg")


def test_bad_copy_data_name_the_statement(database: Any, project: Any) -> None:
    project.sql("a", "CREATE TABLE t (a integer);\nCOPY t FROM STDIN;\nx\n\\.\n")
    with pytest.raises(StatementError, match="invalid input syntax") as caught:
        project.upgrade(database.url)
    assert (caught.value.file, caught.value.line, caught.value.sqlstate) == ("a.sql", 2, "22P02")


OUTSIDE = """CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (id integer, m mood);
CREATE INDEX CONCURRENTLY ti ON t (id);
ALTER TYPE mood ADD VALUE 'b';
INSERT INTO t VALUES (1, 'b');
VACUUM t;
REINDEX INDEX CONCURRENTLY ti;
DO $$ BEGIN INSERT INTO t VALUES (2, 'a'); COMMIT; INSERT INTO t VALUES (3, 'a'); END $$;
DROP INDEX CONCURRENTLY ti;
CREATE TABLE u ();
"""


def test_statements_that_need_it_run_outside_of_the_transaction(database: Any, project: Any, driver: str) -> None:
    project.sql("a", OUTSIDE, "DROP TABLE t, u;\nDROP TYPE mood;\nVACUUM;")
    project.upgrade(database.url, driver)
    assert rows(database, "SELECT id, m::text FROM t ORDER BY id") == [(1, "b"), (2, "a"), (3, "a")]
    project.downgrade(database.url, driver)
    project.upgrade(database.url, driver)


def test_a_failure_takes_everything_back_and_names_its_place(database: Any, project: Any, driver: str) -> None:
    project.sql("a", "CREATE TABLE t ();\n\n-- here\nSELECT 1,\n  nope\nFROM t;\n")
    with pytest.raises(StatementError, match='column "nope" does not exist') as caught:
        project.upgrade(database.url, driver)
    error = caught.value
    assert (error.file, error.sqlstate, error.statement) == ("a.sql", "42703", "SELECT 1,\n  nope\nFROM t")
    assert error.line == 5
    assert "in the statement of line 4" in str(error)
    assert rows(database, "SELECT to_regclass('t')") == [(None,)]


def test_transactions_of_a_file_are_its_own(database: Any, project: Any, driver: str) -> None:
    project.sql("a", "BEGIN; CREATE TABLE one (); COMMIT;\nBEGIN; CREATE TABLE two (); SELECT nope; COMMIT;")
    with pytest.raises(StatementError, match="nope"):
        project.upgrade(database.url, driver)
    found = rows(database, "SELECT to_regclass('one')::text, to_regclass('two')::text")
    assert found == [("one", None)]


def test_a_commit_in_the_middle_commits(database: Any, project: Any, driver: str) -> None:
    project.sql("a", "CREATE TABLE one ();\nCOMMIT;\nBEGIN;\nCREATE TABLE two ();\nSELECT nope;\nCOMMIT;")
    with pytest.raises(StatementError, match="nope"):
        project.upgrade(database.url, driver)
    assert rows(database, "SELECT to_regclass('one')::text, to_regclass('two')::text") == [("one", None)]


def test_a_file_in_one_transaction_is_in_the_revisions_own(database: Any, project: Any) -> None:
    project.sql("a", "BEGIN;\nCREATE TABLE one ();\nCOMMIT;\n")
    project.revision("b", 'op.run_sql("BEGIN; CREATE TABLE two (); COMMIT")\nop.run_sql("SELECT nope")')
    with pytest.raises(StatementError):
        project.upgrade(database.url)
    assert rows(database, "SELECT to_regclass('one')::text, to_regclass('two')::text") == [("one", None)]
    assert rows(database, "SELECT version_num FROM alembic_version") == [("a",)]


def test_a_file_can_set_how_its_transaction_is_isolated(database: Any, project: Any, driver: str) -> None:
    project.sql(
        "a",
        "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; CREATE TABLE t AS SELECT "
        "current_setting('transaction_isolation') AS level; COMMIT;",
    )
    project.upgrade(database.url, driver)
    assert rows(database, "SELECT level FROM t") == [("serializable",)]


def test_what_a_file_sets_ends_with_it(database: Any, project: Any, driver: str) -> None:
    database.run("CREATE SCHEMA other; CREATE ROLE revisions_test")
    project.sql(
        "a",
        "SELECT pg_catalog.set_config('search_path', '', false);\nSET statement_timeout = '7min';\n"
        "SET SESSION TIME ZONE 'Asia/Tokyo';\nCREATE TABLE other.a ();\nSET ROLE revisions_test;",
    )
    project.sql("b", "SET LOCAL search_path = other;\nCREATE TABLE b ();")
    project.sql("c", "SET search_path TO other, public;\nVACUUM;\nCREATE TABLE c ();")
    project.sql(
        "d",
        "CREATE TABLE public.d AS SELECT current_setting('search_path') s, current_setting('statement_timeout') t, "
        "current_setting('timezone') <> 'Asia/Tokyo' z, current_user = session_user u;",
    )
    try:
        project.upgrade(database.url, driver)
        assert rows(database, "SELECT * FROM public.d") == [('"$user", public', "0", True, True)]
        assert rows(database, "SELECT to_regclass('other.b')::text, to_regclass('other.c')::text") == [
            ("other.b", "other.c")
        ]
    finally:
        database.run("DROP OWNED BY revisions_test; DROP ROLE revisions_test")


def test_an_added_value_can_be_used_by_the_next_revision_in_a_shared_transaction(database: Any, project: Any) -> None:
    environment = project.folder / "own"
    environment.mkdir()
    (environment / "env.py").write_text(
        "from alembic import context\n"
        "context.configure(connection=context.config.attributes['connection'])\n"
        "with context.begin_transaction():\n    context.run_migrations()\n"
    )
    project.config.set_main_option("script_location", str(environment))
    project.sql("a", "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m mood);")
    project.sql("b", "ALTER TYPE mood ADD VALUE 'b';")
    project.sql("c", "INSERT INTO t VALUES ('b');")
    project.upgrade(database.url)
    assert rows(database, "SELECT m::text FROM t") == [("b",)]


def test_a_transaction_that_is_not_alembics_cannot_be_left(database: Any, project: Any) -> None:
    project.sql("a", "CREATE TABLE t (a integer);\nCREATE INDEX CONCURRENTLY i ON t (a);")
    engine = sqlalchemy.create_engine(database.url)
    with engine.begin() as connection:
        project.config.attributes["connection"] = connection
        with pytest.raises(
            SourceError, match=r"a.sql: has to leave the transaction \(line 2: CREATE INDEX CONCURRENTLY"
        ):
            command.upgrade(project.config, "head")
    engine.dispose()


def test_the_printed_script_does_the_same(
    database: Any, project: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.sql("a", NASTY)
    project.sql("b", OUTSIDE.replace("mood", "mood2"))
    project.sql("c", DATA.replace(" t ", " copied "))
    project.sql(
        "d",
        "SET search_path = '';\nBEGIN;\nCREATE TABLE public.d1 ();\nCOMMIT;\nBEGIN;\nCREATE TABLE public.d2 ();\nCOMMIT;",
    )
    project.upgrade(database.url)
    project.config.attributes.clear()
    project.config.output_buffer = None
    script = project.folder / "script.sql"
    with script.open("w") as buffer:
        project.config.output_buffer = buffer
        command.upgrade(project.config, "head", sql=True)
    reference = database.server.create_database()
    try:
        binaries = database.server.binaries
        url = reference.url.set(drivername="postgresql").render_as_string(hide_password=False)
        psql = Path(binaries.bindir) / "psql"
        if not psql.exists():
            pytest.skip("these binaries have no psql")
        done = subprocess.run(
            [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script), url],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        from tests.conftest import dump_schema

        assert dump_schema(database.server, reference.name) == database.dump_schema(OWN)
    finally:
        database.server.drop_database(reference)


def test_files_must_be_what_they_were(database: Any, project: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside.sql"
    outside.write_text("SELECT 1")
    (project.versions / "link.sql").symlink_to(outside)
    (project.versions / "folder").symlink_to(tmp_path)
    (project.versions / "latin.sql").write_bytes(b"SELECT '\xe9'")
    (project.versions / "pinned.sql").write_text("SELECT 1")
    cases = {
        'op.run_sql_file("gone.sql")': "which does not exist beside it",
        'op.run_sql_file("../outside.sql")': "not below the revision's own folder",
        f'op.run_sql_file("{outside}")': "not below the revision's own folder",
        'op.run_sql_file("link.sql")': "is a symbolic link",
        'op.run_sql_file("folder/outside.sql")': "'folder' is a symbolic link",
        'op.run_sql_file("latin.sql")': "latin.sql:1: is not UTF-8: byte 0xe9 at offset 8",
        'op.run_sql_file("pinned.sql", sha256="00")': f"SHA-256 is {sha256(b'SELECT 1').hexdigest()}, the revision expects 00",
    }
    for code, message in cases.items():
        project.last = None
        project.revision("a", code)
        with pytest.raises(SourceError) as caught:
            project.upgrade(database.url)
        assert message in str(caught.value), code
    project.last = None
    project.revision("a", 'op.run_sql_file("latin.sql", encoding="latin-1")')
    project.upgrade(database.url)


def test_what_cannot_be_undone_says_why(database: Any, project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.revision("a", "pass", 'op.irreversible("the rows are gone")')
    project.upgrade(database.url)
    with pytest.raises(GuardError, match="nothing was changed:\n  revision a can't be taken back: the rows are gone"):
        project.downgrade(database.url)
    monkeypatch.setenv("ALEMBIC_SAFETY_CHECKS", "reversible=warn")
    with pytest.raises(IrreversibleError, match="the rows are gone"):
        project.downgrade(database.url)


def test_sections_run_by_their_direction(database: Any, project: Any) -> None:
    (project.versions / "a.sql").write_text(
        "-- migrate:up transaction:false\nCREATE TABLE t (a integer);\nCREATE INDEX CONCURRENTLY i ON t (a);\n"
        "-- migrate:down\nDROP TABLE t;\nSELECT nope;\n"
    )
    project.revision("a", 'op.run_sql_file("a.sql", section="up")', 'op.run_sql_file("a.sql", section="down")')
    project.upgrade(database.url)
    with pytest.raises(StatementError) as caught:
        project.downgrade(database.url)
    assert caught.value.line == 6
    assert rows(database, "SELECT to_regclass('i')::text") == [("i",)]


def test_settings_of_an_engine_given_by_the_caller_survive(database: Any, project: Any) -> None:
    project.sql("a", "SET search_path = ''; SELECT 1;")
    engine = sqlalchemy.create_engine(database.url, connect_args={"options": "-c search_path=public,pg_temp"})
    with engine.connect() as connection:
        project.config.attributes["connection"] = connection
        command.upgrade(project.config, "head")
        assert connection.exec_driver_sql("SHOW search_path").scalar() == "public,pg_temp"
    engine.dispose()
