"""Rows that were written between an upgrade and its downgrade: what stays, what stops it, what is put aside."""

from __future__ import annotations

import psycopg
import pytest

SETUP = """
CREATE TABLE item (id int PRIMARY KEY, name text UNIQUE, size varchar(5), note text NOT NULL DEFAULT 'none');
INSERT INTO item SELECT i, 'n' || i, 's' || i, 'note' FROM generate_series(1, 9) i;
CREATE TABLE part (id int PRIMARY KEY, item int REFERENCES item ON DELETE CASCADE, other int REFERENCES item ON DELETE SET NULL, kind int);
INSERT INTO part SELECT i, i, i, i FROM generate_series(1, 9) i;
"""

BOTH = ["preserve 'rows', 'public.item'", "preserve 'rows', 'public.part'"]


def table(preserved, name="item"):
    return {row[0]: row[1:] for row in preserved.session.fetch(f"SELECT * FROM {name} ORDER BY 1")}


@pytest.fixture(autouse=True)
def _setup(preserved):
    preserved.session.execute(SETUP)


def test_each_column_keeps_what_was_written_since(preserved):
    before = table(preserved)
    preserved.up(BOTH, "UPDATE item SET name = upper(name), size = 'x'; DELETE FROM item WHERE id = 9;"
                 "INSERT INTO item VALUES (20, 'made', 'm'), (21, 'made too', 'm')")  # fmt: skip
    preserved.session.execute(
        "UPDATE item SET name = 'mine' WHERE id = 1; DELETE FROM item WHERE id = 2; UPDATE item SET note = 'mine' WHERE id = 3;"
        "UPDATE item SET size = 'y' WHERE id = 20; INSERT INTO item VALUES (30, 'since', 'z')"
    )
    said = preserved.down("[public.item, public.part]")
    expected = dict(before)
    expected[1] = ("mine", "s1", "note")
    del expected[2]
    expected[3] = ("n3", "s3", "mine")
    expected[20] = ("made", "y", "none")
    expected[30] = ("since", "z", "none")
    assert table(preserved) == expected
    assert "public.item: 1 rows that the upgrade had inserted were changed since, and stay" in said
    assert "public.item: 2 rows were changed since the upgrade, and keep what was written then" in said


def test_a_column_that_comes_back_gets_its_default_else_null_for_rows_written_since(preserved):
    preserved.up(["preserve 'columns', 'public.item', ARRAY['size', 'note']"], "ALTER TABLE item DROP size, DROP note")
    preserved.session.execute("INSERT INTO item VALUES (30, 'since')")
    preserved.down(
        "ALTER TABLE item ADD size varchar(5), ADD note text DEFAULT 'none'",
        "[public.item]",
        "ALTER TABLE item ALTER note SET NOT NULL",
    )
    assert table(preserved)[30] == ("since", None, "none")
    assert table(preserved)[1] == ("n1", "s1", "note")


def test_a_row_written_since_that_has_no_value_stops_it_or_is_put_aside(preserved):
    steps = ("ALTER TABLE item ADD note text", "[public.item]", "ALTER TABLE item ALTER note SET NOT NULL")
    preserved.up(["preserve 'columns', 'public.item', ARRAY['note']"], "ALTER TABLE item DROP note")
    preserved.session.execute("INSERT INTO item VALUES (30, 'since'), (31, 'since too')")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as stopped:
        preserved.down(*steps)
    assert "2 rows were written since the upgrade, and have no value for column note" in str(stopped.value)
    assert "id = 30" in str(stopped.value)
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down(*steps)
    assert 30 not in table(preserved)
    kept = preserved.session.fetch(
        "SELECT source, at_downgrade ->> 'name' FROM alembic_safety.conflict ORDER BY number"
    )
    assert kept == [("public.item", "since"), ("public.item", "since too")]


def test_a_key_that_is_in_use_again(preserved):
    preserved.up(BOTH, "DELETE FROM item WHERE id > 7")
    preserved.session.execute("INSERT INTO item VALUES (8, 'mine')")
    with pytest.raises(
        psycopg.errors.IntegrityConstraintViolation,
        match="1 rows that the upgrade deleted have their keys in use again",
    ):
        preserved.down("[public.item, public.part]")
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down("[public.item, public.part]")
    assert (table(preserved)[8][0], table(preserved)[9][0]) == ("mine", "n9")
    (kept,) = preserved.session.fetch(
        "SELECT reason, before_upgrade ->> 'name', at_downgrade ->> 'name' FROM alembic_safety.conflict"
    )
    assert kept == ("its key is in use again", "n8", "mine")


def test_a_duplicate_under_a_restored_unique_constraint(preserved):
    preserved.up(BOTH, "DELETE FROM item WHERE id > 7")
    preserved.session.execute("INSERT INTO item VALUES (50, 'n8')")
    with pytest.raises(
        psycopg.errors.UniqueViolation, match=r"rows cannot be put back as they were: .* \"item_name_key\""
    ):
        preserved.down("[public.item, public.part]")
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down("[public.item, public.part]")
    assert 8 not in table(preserved)
    assert table(preserved)[9][0] == "n9"
    assert preserved.session.fetch("SELECT before_upgrade ->> 'name' FROM alembic_safety.conflict") == [("n8",)]


def test_a_parent_that_was_deleted_since(preserved):
    preserved.up(["preserve 'rows', 'public.part'"], "DELETE FROM part")
    preserved.session.execute(
        "INSERT INTO item VALUES (90, 'x'); UPDATE part SET id = id; DELETE FROM item WHERE id = 4"
    )
    said = preserved.down("[public.part]")
    assert sorted(table(preserved, "part")) == [1, 2, 3, 5, 6, 7, 8, 9]
    assert any("1 rows were not put back" in line and "ON DELETE CASCADE" in line for line in said)


def test_a_parent_of_a_key_that_sets_null_or_refuses(preserved):
    preserved.session.execute("ALTER TABLE part DROP CONSTRAINT part_item_fkey")
    preserved.up(["preserve 'rows', 'public.part'"], "DELETE FROM part")
    preserved.session.execute("DELETE FROM item WHERE id = 4")
    preserved.down("[public.part]")
    assert table(preserved, "part")[4] == (4, None, 4)
    preserved.session.execute(
        "ALTER TABLE part DROP CONSTRAINT part_other_fkey; UPDATE part SET item = 1; ALTER TABLE part ADD FOREIGN KEY (item) REFERENCES item"
    )
    preserved.up(["preserve 'table', 'public.part'"], "DROP TABLE part")
    preserved.session.execute("DELETE FROM item WHERE id = 1")
    create = "CREATE TABLE part (id int PRIMARY KEY, item int, other int, kind int)"
    with pytest.raises(
        psycopg.errors.IntegrityConstraintViolation, match="9 rows refer to rows of public.item that were deleted since"
    ):
        preserved.down(create, "[public.part]")
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down(create, "[public.part]")
    assert preserved.session.fetch("SELECT count(*)::int FROM alembic_safety.conflict") == [(9,)]


def test_rows_of_others_are_never_taken_along_by_a_cascade(preserved):
    preserved.up(["preserve 'rows', 'public.item'"], "INSERT INTO item VALUES (60, 'made')")
    preserved.session.execute("INSERT INTO part VALUES (60, 60, NULL, 1)")
    with pytest.raises(
        psycopg.errors.IntegrityConstraintViolation, match="that the upgrade inserted are referred to by public.part"
    ):
        preserved.down("[public.item]")
    assert 60 in table(preserved, "part")


def test_without_a_key_nothing_is_guessed(preserved):
    preserved.session.execute(
        "CREATE TABLE mark (a int, b text); INSERT INTO mark SELECT i % 3, 'x' FROM generate_series(1, 9) i"
    )
    before = preserved.rows()
    preserved.up(
        ["preserve 'rows', 'public.mark'"], "DELETE FROM mark WHERE a = 2; INSERT INTO mark VALUES (5, 'made')"
    )
    preserved.session.execute(
        "INSERT INTO mark VALUES (7, 'mine'); DELETE FROM mark WHERE ctid = (SELECT min(ctid) FROM mark WHERE a = 0)"
    )
    preserved.down("[public.mark]")
    left = list(before["mark"])
    left.remove("0\tx\n")
    assert preserved.rows()["mark"] == sorted([*left, "7\tmine\n"])
    preserved.up(["preserve 'rows', 'public.mark'"], "UPDATE mark SET a = a + 1")
    preserved.session.execute("UPDATE mark SET b = 'mine' WHERE ctid = (SELECT min(ctid) FROM mark WHERE a = 2)")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="without a key nothing tells what they were"):
        preserved.down("[public.mark]")


def test_an_owner_who_is_no_superuser_is_enough(preserved):
    preserved.session.execute(
        "CREATE ROLE alembic_safety_owner; GRANT CREATE ON DATABASE "
        + preserved.connection.info.dbname
        + " TO alembic_safety_owner;"
        "GRANT ALL ON SCHEMA public TO alembic_safety_owner; ALTER SCHEMA alembic_safety OWNER TO alembic_safety_owner"
    )
    owned = "SELECT format('ALTER %s %s OWNER TO alembic_safety_owner', CASE WHEN relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass)"
    for (statement,) in preserved.session.fetch(
        owned
        + " FROM pg_class WHERE relkind IN ('r', 'S') AND relnamespace IN ('public'::regnamespace, 'alembic_safety'::regnamespace)"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('a', 'i') AND relkind = 'S')"
    ):
        preserved.session.execute(statement)
    before = preserved.rows()
    try:
        preserved.session.execute("SET ROLE alembic_safety_owner; ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
                                  "CREATE POLICY a_few ON item USING (id > 3)")  # fmt: skip
        preserved.up(["preserve 'rows', 'public.item'", "preserve 'columns', 'public.item', ARRAY['size']", "preserve 'rows', 'public.part'"],
                     "UPDATE item SET name = 'z' || id; DELETE FROM part; ALTER TABLE item DROP size")  # fmt: skip
        preserved.down("ALTER TABLE item ADD size varchar(5)", "[public.item, public.part]")
        preserved.session.execute("RESET ROLE")
        assert preserved.rows() == before
        (forced,) = preserved.session.fetch("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'item'")
        assert forced == (True,)
    finally:
        preserved.session.execute(
            "RESET ROLE; REASSIGN OWNED BY alembic_safety_owner TO CURRENT_USER; DROP OWNED BY alembic_safety_owner; DROP ROLE alembic_safety_owner"
        )


def test_a_parent_of_a_column_that_comes_back(preserved):
    preserved.up(
        ["preserve 'columns', 'public.part', ARRAY['other', 'item']"], "ALTER TABLE part DROP other, DROP item"
    )
    preserved.session.execute("DELETE FROM item WHERE id = 4")
    again = "ALTER TABLE part ADD other int, ADD item int"
    keys = "ALTER TABLE part ADD FOREIGN KEY (other) REFERENCES item ON DELETE SET NULL"
    with pytest.raises(
        psycopg.errors.IntegrityConstraintViolation, match="1 rows refer to rows of public.item that were deleted since"
    ):
        preserved.down(again, "[public.part]", keys)
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down(again, "[public.part]", keys)
    assert preserved.session.fetch("SELECT id, other, item FROM part WHERE id IN (3, 4) ORDER BY id") == [
        (3, 3, 3),
        (4, None, None),
    ]


def kept_conflicts(preserved):
    return preserved.session.fetch(
        "SELECT reason, at_downgrade ->> 'id' FROM alembic_safety.conflict ORDER BY (at_downgrade ->> 'id')::int"
    )


def test_a_value_that_the_old_type_cannot_hold(preserved):
    preserved.session.execute(
        "CREATE TYPE mood AS ENUM ('ok', 'sad'); ALTER TABLE item ADD mood mood NOT NULL DEFAULT 'ok'"
    )
    before = preserved.rows()
    preserved.up(
        ["preserve 'columns', 'public.item', ARRAY['size', 'mood']"],
        "ALTER TABLE item ALTER size TYPE text USING size || '!', ALTER mood DROP DEFAULT, ALTER mood TYPE text; DROP TYPE mood",
    )
    steps = (
        "CREATE TYPE mood AS ENUM ('ok', 'sad')",
        "ALTER TABLE item ALTER size TYPE varchar(5), ALTER mood TYPE mood USING mood::mood",
        "ALTER TABLE item ALTER mood SET DEFAULT 'ok'",
        "[public.item]",
        "ALTER TABLE item ALTER mood SET NOT NULL",
    )
    preserved.session.execute("UPDATE item SET size = 'far too long' WHERE id IN (3, 4)")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as stopped:
        preserved.down(*steps)
    assert "public.item: 2 rows hold values of column size that type character varying(5) cannot hold" in str(
        stopped.value
    )
    assert "id = 3 (size = far too long)" in str(stopped.value)
    preserved.session.execute(
        "UPDATE item SET size = 'brief' WHERE id = 4; UPDATE item SET mood = 'glad' WHERE id = 5; INSERT INTO item VALUES (30, 'x', 'y', 'z', 'mad')"
    )
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down(*steps)
    assert kept_conflicts(preserved) == [
        ("type character varying(5) cannot hold its value of column size", "3"),
        ("type public.mood cannot hold its value of column mood", "5"),
        ("type public.mood cannot hold its value of column mood", "30"),
        ("written since the upgrade, and column mood may not be NULL", "30"),
    ]
    expected = [line.replace("\ts4\n", "\tbrief\n") for line in before["item"]]
    assert preserved.rows()["item"] == sorted(expected)


def test_values_that_only_a_cast_turns_back_are_no_conflict(preserved):
    preserved.session.execute("ALTER TABLE item ADD flag int; UPDATE item SET flag = 0")
    preserved.up(
        ["preserve 'columns', 'public.item', ARRAY['flag']"],
        "ALTER TABLE item ALTER flag TYPE boolean USING flag <> 0",
    )
    preserved.session.execute("UPDATE item SET flag = true WHERE id = 2")
    preserved.down("ALTER TABLE item ALTER flag TYPE int USING flag::int", "[public.item]")
    assert preserved.session.fetch("SELECT id FROM item WHERE flag = 1") == [(2,)]


def test_null_in_a_column_that_takes_none_again(preserved):
    preserved.up(
        ["preserve 'rows', 'public.item'"],
        "ALTER TABLE item ALTER note DROP NOT NULL; INSERT INTO item VALUES (20, 'made', 'm', NULL), (21, 'too', 'm', NULL)",
    )
    steps = ("[public.item]", "ALTER TABLE item ALTER note SET NOT NULL")
    preserved.session.execute("UPDATE item SET size = 'y' WHERE id = 20")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as stopped:
        preserved.down(*steps)
    assert "1 rows were written since the upgrade, and have no value for column note" in str(stopped.value)
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.session.execute("INSERT INTO part VALUES (60, 20, NULL, 1)")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="cannot stay are referred to by public.part"):
        preserved.down(*steps)
    preserved.session.execute("DELETE FROM part WHERE id = 60")
    preserved.down(*steps)
    assert not {20, 21} & table(preserved).keys()
    assert kept_conflicts(preserved) == [("written since the upgrade, and column note may not be NULL", "20")]


def test_duplicates_under_a_unique_key_that_comes_back(preserved):
    before = preserved.rows()
    preserved.up(
        ["preserve 'rows', 'public.item'"],
        "ALTER TABLE item DROP CONSTRAINT item_name_key; UPDATE item SET name = 'same' WHERE id < 4",
    )
    steps = ("[public.item]", "ALTER TABLE item ADD CONSTRAINT item_name_key UNIQUE (name)")
    preserved.session.execute("INSERT INTO item VALUES (-1, 'n2'), (30, 'new'), (31, 'new'), (32, NULL), (33, NULL)")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as stopped:
        preserved.down(*steps)
    assert "public.item: 4 rows have the same values of name, which are unique again" in str(stopped.value)
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down(*steps)
    reason = "another row has its values of name, which are unique again"
    assert kept_conflicts(preserved) == [(reason, "-1"), (reason, "31")]
    preserved.session.execute("DELETE FROM item WHERE id IN (30, 32, 33)")
    assert preserved.rows() == before


def test_a_check_that_comes_back(preserved):
    preserved.session.execute(
        "ALTER TABLE item ADD CONSTRAINT one_of CHECK ((name IS NULL) <> (size IS NULL)) NOT VALID"
    )
    preserved.session.execute("UPDATE item SET size = NULL; ALTER TABLE item VALIDATE CONSTRAINT one_of")
    before = preserved.rows()
    preserved.up(["preserve 'columns', 'public.item', ARRAY['size']"], "ALTER TABLE item DROP size")
    steps = (
        "ALTER TABLE item ADD size varchar(5)",
        "[public.item]",
        "ALTER TABLE item ADD CONSTRAINT one_of CHECK ((name IS NULL) <> (size IS NULL))",
    )
    preserved.session.execute("INSERT INTO item VALUES (30, NULL), (31, 'fits')")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as stopped:
        preserved.down(*steps)
    assert "public.item: 1 rows violate constraint one_of" in str(stopped.value)
    assert "id = 30" in str(stopped.value)
    preserved.session.execute("SET alembic_safety.on_conflict = 'keep'")
    preserved.down(*steps)
    assert kept_conflicts(preserved) == [("constraint one_of is violated", "30")]
    preserved.session.execute("DELETE FROM item WHERE id = 31")
    assert preserved.rows() == before


def test_rows_that_a_trigger_adds_elsewhere_stay_and_do_not_stop_an_upgrade(preserved):
    preserved.session.execute(
        "CREATE TABLE audit (at int GENERATED ALWAYS AS IDENTITY, what text); CREATE TABLE counted (n int); INSERT INTO counted VALUES (0);"
        "CREATE FUNCTION write_down(text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " EXECUTE format('INSERT INTO %I (what) VALUES (%L)', 'au' || 'dit', $1); END $$;"
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM write_down(NEW.name); RETURN NEW; END';"
        "CREATE TRIGGER note AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION note()"
    )
    before = preserved.rows()
    (told,) = preserved.up(["preserve 'rows', 'public.item'"], "UPDATE item SET name = upper(name) WHERE id < 3")
    assert told == "note: public.audit: trigger note of public.item added rows to it, which stay"
    preserved.down("[public.item]")
    assert preserved.rows() == before | {"audit": ["1\tN1\n", "2\tN2\n"]}
    preserved.session.execute(
        "CREATE FUNCTION add() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE counted SET n = n + 1; INSERT INTO counted VALUES (1); RETURN NEW; END';"
        "CREATE TRIGGER add AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION add()"
    )
    doubts = preserved.up(["preserve 'rows', 'public.item'"], "UPDATE item SET name = upper(name) WHERE id < 3")
    assert any(line.startswith("public.counted: it was written to") for line in doubts)


def test_rows_that_an_event_trigger_adds_stay_and_those_of_nobody_are_a_doubt(preserved):
    preserved.session.execute(
        "CREATE TABLE log (tag text); CREATE TABLE other (tag text);"
        "CREATE FUNCTION log() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (tg_tag); END';"
        "CREATE EVENT TRIGGER log ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION log()"
    )
    upgrade = "UPDATE item SET name = upper(name) WHERE id < 3; ALTER TABLE item ADD extra int; INSERT INTO other VALUES ('x')"
    told = preserved.up(["preserve 'rows', 'public.item'"], upgrade)
    assert sorted(told) == [
        "note: public.log: event trigger log added rows to it, which stay",
        "public.other: it was written to (1 rows), and nothing of that was foreseen",
    ]
