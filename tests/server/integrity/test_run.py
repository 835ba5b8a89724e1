"""Running a verification: rights, limits, interruption, sizes."""

from __future__ import annotations

import json
import time

import pytest

from alembic_safety.errors import UsageError
from alembic_safety.integrity.options import Counts, Options
from alembic_safety.integrity.records import NOT_CHECKED
from alembic_safety.integrity.run import verify
from tests.support.cli import alembic
from tests.support.verification import ORPHAN, codes

pytestmark = pytest.mark.server


def test_an_empty_database_has_nothing_to_say(database):
    result = verify(database.conninfo)
    assert result.findings == []
    assert result.tasks_done == result.tasks_planned > 0


def test_it_writes_nothing_and_ends_every_session(database):
    database.run(ORPHAN)
    before = database.dump_schema()
    with database.connect(autocommit=True) as connection:
        sessions = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        counters = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        assert connection.execute(counters).fetchone()
        assert codes(verify(database.conninfo)) == [("orphan-rows", "public.c.c_p_id_fkey")]
        time.sleep(0.1)
        assert connection.execute(sessions).fetchone() == (0,)
    assert database.dump_schema() == before


def test_a_role_that_may_read_little_says_what_it_could_not_read(database):
    database.run(
        ORPHAN
        + """CREATE ROLE integ_reader LOGIN; GRANT SELECT ON p, c TO integ_reader;
        CREATE TABLE secret (id serial PRIMARY KEY, p_id int REFERENCES p); CREATE SCHEMA closed; CREATE TABLE closed.t (id int PRIMARY KEY);
        CREATE TABLE filtered (id int PRIMARY KEY, n int CHECK (n > 0)); ALTER TABLE filtered ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON filtered USING (id < 5); GRANT SELECT ON filtered TO integ_reader;
        CREATE TABLE refers (id int PRIMARY KEY, s_id int REFERENCES secret); GRANT SELECT ON refers TO integ_reader;
        CREATE VIEW v AS SELECT * FROM p; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM public;"""
    )
    try:
        with database.connect() as connection:
            parameters = connection.info.get_parameters() | {"user": "integ_reader"}
        result = verify(" ".join(f"{name}='{value}'" for name, value in parameters.items()))
        unread = {f.subject: f.message for f in result.unchecked}
        assert "no SELECT" in unread["public.secret"]
        assert "no USAGE" in unread["closed.t"]
        assert "row security" in unread["public.filtered"]
        assert "permission denied" in unread["public.refers.refers_s_id_fkey"]
        assert "permission denied" in unread["public.v"]
        assert "permission denied" in unread["public.f()"]
        assert ("orphan-rows", "public.c.c_p_id_fkey") in codes(result)
        assert len(result.findings) == len(unread) + 1
    finally:
        database.run("DROP OWNED BY integ_reader; DROP ROLE integ_reader")


def test_a_role_that_may_read_some_columns_checks_what_they_suffice_for(database):
    database.run(
        """CREATE ROLE integ_partial LOGIN; CREATE TABLE p (id serial PRIMARY KEY, mail text NOT NULL UNIQUE);
        CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p, note text REFERENCES p (mail), n int CHECK (n > 0), m text NOT NULL CHECK (m <> ''));
        INSERT INTO p (mail) VALUES ('a'); INSERT INTO c VALUES (1, 1, 'a', 1, 'x');
        SET session_replication_role = replica; INSERT INTO c VALUES (2, 7, 'b', 1, 'x'); SET session_replication_role = origin;
        ALTER TABLE c DROP CONSTRAINT c_n_check; UPDATE c SET n = -1 WHERE id = 1; ALTER TABLE c ADD CONSTRAINT c_n_check CHECK (n > 0) NOT VALID;
        GRANT SELECT (id) ON p TO integ_partial; GRANT SELECT (id, p_id, n) ON c TO integ_partial; GRANT SELECT ON p_id_seq TO integ_partial;"""
    )
    try:
        with database.connect() as connection:
            parameters = connection.info.get_parameters() | {"user": "integ_partial"}
        result = verify(" ".join(f"{name}='{value}'" for name, value in parameters.items()))
        unread = {f.subject: f.message for f in result.unchecked}
        assert unread["public.c"].endswith("was checked in part only: no SELECT on its columns note, m")
        assert unread["public.p"].endswith("no SELECT on its columns mail")
        assert "permission denied" in unread["public.c.c_m_check"]
        assert sorted((f.code, f.subject) for f in result.errors) == [
            ("check-violated", "public.c.c_n_check"),
            ("orphan-rows", "public.c.c_p_id_fkey"),
        ]
        assert {table: count.rows for table, count in result.row_counts.items()} == {"public.c": 2, "public.p": 1}
        assert set(unread) == {"public.c", "public.p", "public.c.c_m_check"}
    finally:
        database.run("DROP OWNED BY integ_partial; DROP ROLE integ_partial")


def test_only_what_was_asked_for(database):
    database.run(ORPHAN + "CREATE SCHEMA other; SET search_path = other; " + ORPHAN + "CREATE TABLE keyless (id int);")
    assert codes(verify(database.conninfo, Options(schemas=("other",)))) == [
        ("no-primary-key", "other.keyless"),
        ("orphan-rows", "other.c.c_p_id_fkey"),
    ]
    assert codes(verify(database.conninfo, Options(tables=("other.keyless",)))) == [("no-primary-key", "other.keyless")]
    assert codes(verify(database.conninfo, Options(only=("primary-keys",)))) == [("no-primary-key", "other.keyless")]
    assert codes(verify(database.conninfo, Options(skip=("primary-keys", "foreign-keys")))) == []
    for options in (Options(schemas=("nowhere",)), Options(tables=("nowhere.t",)), Options(only=("nothing",))):
        with pytest.raises(UsageError):
            verify(database.conninfo, options)


def test_one_partition_by_name(database):
    database.run("""CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, p_id int REFERENCES p, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10); CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
        SET session_replication_role = replica; INSERT INTO c VALUES (1, 1), (11, 1);""")
    assert codes(verify(database.conninfo, Options(tables=("c1",)))) == [("orphan-rows", "public.c1.c_p_id_fkey")]
    assert codes(verify(database.conninfo, Options(tables=("c",)))) == [("orphan-rows", "public.c.c_p_id_fkey")]


def test_suspects_only_reads_no_row_that_nothing_speaks_against(database):
    database.run(ORPHAN + "CREATE TABLE late (id int PRIMARY KEY, n int); INSERT INTO late VALUES (1, -1);"
                 "ALTER TABLE late ADD CONSTRAINT n CHECK (n > 0) NOT VALID;")  # fmt: skip
    result = verify(database.conninfo, Options(suspects_only=True))
    assert codes(result) == [("check-violated", "public.late.n"), ("constraint-not-valid", "public.late.n")]
    assert not result.row_counts["public.c"].exact


def test_row_counts_exact_and_estimated(database):
    database.run(
        "CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 1000); ANALYZE t; INSERT INTO t VALUES (1)"
    )
    assert verify(database.conninfo).row_counts["public.t"].rows == 1001
    estimated = verify(database.conninfo, Options(counts=Counts.ESTIMATE)).row_counts["public.t"]
    assert (estimated.rows, estimated.exact) == (1000, False)


def test_deep_looks_under_valid_unique_indexes(database):
    database.run("""CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1); CREATE UNIQUE INDEX t_a ON t (a);
        UPDATE pg_index SET indisready = false WHERE indexrelid = 't_a'::regclass;""")
    database.run("INSERT INTO t VALUES (2, 1)")
    database.run("UPDATE pg_index SET indisready = true WHERE indexrelid = 't_a'::regclass")
    assert codes(verify(database.conninfo)) == []
    assert codes(verify(database.conninfo, Options(deep=True))) == [("duplicate-keys", "public.t_a")]


def test_large_objects_are_looked_for_in_the_whole_database(database):
    database.run("""CREATE TABLE doc (id int PRIMARY KEY, body oid); INSERT INTO doc VALUES (1, lo_create(770001));
        SELECT lo_create(770002); SELECT lo_create(770003);""")
    (finding,) = verify(database.conninfo).findings
    assert (finding.code, finding.count, finding.examples) == ("orphaned-large-object", 2, ("770002", "770003"))
    database.run("SELECT lo_unlink(770002); SELECT lo_unlink(770003)")
    assert verify(database.conninfo).findings == []


def test_a_damaged_btree_is_found_by_amcheck(database):
    # An operator class whose order changes under the index: what a new collation version does.
    database.run("""CREATE EXTENSION amcheck; CREATE FUNCTION ordering(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT btint4cmp($1, $2)';
        CREATE OPERATOR CLASS fickle FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
            FUNCTION 1 ordering(int, int);
        CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, g FROM generate_series(1, 1000) g;
        CREATE INDEX bad ON t (n fickle); CREATE INDEX good ON t (n);""")
    assert codes(verify(database.conninfo, Options(amcheck=True))) == []
    database.run(
        "CREATE OR REPLACE FUNCTION ordering(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT btint4cmp($2, $1)'"
    )
    assert codes(verify(database.conninfo, Options(amcheck=True))) == [("damaged-index", "bad")]


def test_what_an_option_needs_and_is_missing_is_said(database):
    result = verify(database.conninfo, Options(amcheck=True, checksums=True))
    assert {f.code for f in result.findings} == {NOT_CHECKED}
    assert any("CREATE EXTENSION amcheck" in f.message for f in result.findings)


def test_a_changed_default_collation_of_the_database(database):
    if database.server.version_num < 170000:
        pytest.skip("needs the builtin provider, whose version every build knows")
    database.run("CREATE TABLE t (id text PRIMARY KEY)")
    with database.connect(autocommit=True) as connection:
        name = connection.info.dbname
        _provider, actual = connection.execute(
            "SELECT datlocprovider, pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = %s",
            [name],
        ).fetchone()
        if actual is None:
            connection.execute(
                "UPDATE pg_database SET datlocprovider = 'b', datlocale = 'C.UTF-8' WHERE datname = %s", [name]
            )
        connection.execute("UPDATE pg_database SET datcollversion = 'old' WHERE datname = %s", [name])
    (finding,) = verify(database.conninfo).findings
    assert (finding.code, finding.kind, finding.examples) == ("collation-version-mismatch", "database", ("t_pkey",))


def test_a_vanished_type(database):
    database.run("""CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (id int PRIMARY KEY, m mood);
        UPDATE pg_attribute SET atttypid = 999999 WHERE attrelid = 't'::regclass AND attname = 'm';""")
    assert ("missing-type", "public.t.m") in codes(verify(database.conninfo))


# -- limits -----------------------------------------------------------------------------------------------------------------


def test_a_thousand_partitions(database):
    database.run("""CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 10);
        CREATE TABLE t (id int, p_id int NOT NULL REFERENCES p, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        DO $$BEGIN FOR n IN 0..999 LOOP EXECUTE format('CREATE TABLE t%s PARTITION OF t FOR VALUES FROM (%s) TO (%s)', n, n * 10, n * 10 + 10); END LOOP; END$$;
        CREATE TABLE t_rest PARTITION OF t DEFAULT;
        INSERT INTO t SELECT g, g % 10 + 1 FROM generate_series(0, 10000) g;
        SET session_replication_role = replica; INSERT INTO t VALUES (-5, 99)""")
    result = verify(database.conninfo)
    assert codes(result) == [("orphan-rows", "public.t.t_p_id_fkey")]
    assert sum(c.rows for name, c in result.row_counts.items() if name.startswith("public.t")) == 10002


# -- the command ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(database, tmp_path):
    url = database.url_text.replace("%", "%%")
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = nowhere\nsqlalchemy.url = {url}\n")
    return lambda *arguments: alembic("safety-verify", *arguments, cwd=tmp_path)


def test_exit_status_text_and_json(database, command):
    status, out, _ = command()
    assert (status, out) == (0, out)
    assert "no errors" in out
    database.run(ORPHAN + "CREATE TABLE keyless (id int);")
    status, out, _ = command()
    assert status == 1
    assert "error [orphan-rows] 1 row of public.c refers by p_id to no row of public.p" in out
    assert "id=1: p_id=5" in out
    status, out, _ = command("--json")
    report = json.loads(out)
    assert status == 1
    assert {f["code"] for f in report["findings"]} == {"orphan-rows", "no-primary-key"}
    assert {row["key"]: row["rows"] for row in report["rows"]} == {"public.c": 1, "public.p": 0, "public.keyless": 0}
    assert command("--skip", "foreign-keys")[0] == 0
    assert command("--skip", "foreign-keys", "--strict")[0] == 1
    status, _, err = command("--schema", "nowhere")
    assert status == 2
    assert "no schema 'nowhere'" in err


def test_a_baseline_lets_only_new_findings_fail(database, command, tmp_path):
    database.run(ORPHAN)
    status, _, err = command("--write-baseline", "known.toml")
    assert status == 2
    assert "--reason" in err
    assert command("--write-baseline", "known.toml", "--reason", "old", "--expires", "2999-01-01")[0] == 0
    status, out, _ = command("--baseline", "known.toml")
    assert status == 0
    assert "accepted by known.toml" in out
    database.run("SET session_replication_role = replica; INSERT INTO c VALUES (2, 5)")
    assert command("--baseline", "known.toml")[0] == 1


def test_the_checks_are_listed(command):
    status, out, _ = command("--list-checks")
    assert status == 0
    assert "foreign-keys" in out


def test_plpgsql_check_looks_into_every_statement_and_executes_none(database):
    with database.connect(autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'plpgsql_check'").fetchone():
            pytest.skip("plpgsql_check is not installed")
    database.run("""CREATE EXTENSION plpgsql_check; CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE gone (id int);
        CREATE FUNCTION reads() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM public.gone); END';
        CREATE FUNCTION fine() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.t; RETURN (SELECT count(*) FROM public.t); END';
        CREATE FUNCTION bad_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.missing := 1; RETURN NEW; END';
        CREATE TRIGGER bad BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION bad_trigger();
        CREATE FUNCTION unused_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.missing := 1; RETURN NEW; END';
        INSERT INTO gone VALUES (1); DROP TABLE gone""")
    result = verify(database.conninfo)
    assert codes(result) == [("broken-routine", "public.bad_trigger()"), ("broken-routine", "public.reads()")]
    assert any("line 1" in example for example in result.findings[0].examples)
