"""Whole histories: derived with ``safety-downgrade``, then run on a database with rows; COPY of every table is the oracle."""

from __future__ import annotations

import json

from alembic_safety.postgres.session import PsycopgSession
from tests.server.preservation.conftest import rows_of
from tests.support.cli import alembic
from tests.support.project import Project

FIRST = """
CREATE TYPE mood AS ENUM ('low', 'fair', 'high');
CREATE TABLE boss (id serial PRIMARY KEY, name text UNIQUE, mood mood NOT NULL DEFAULT 'low', note varchar(40));
CREATE TABLE duty (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, boss int NOT NULL REFERENCES boss ON DELETE CASCADE,
  what text NOT NULL, amount numeric(10,2));
CREATE TABLE loose (a int, b text);
CREATE SEQUENCE lonely;
CREATE TABLE holds (boss int PRIMARY KEY REFERENCES boss ON DELETE CASCADE);
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE door (id int PRIMARY KEY, a int NOT NULL, b text NOT NULL, boss int NOT NULL REFERENCES boss, state state NOT NULL, UNIQUE (a, b));
CREATE TABLE vendor (id serial PRIMARY KEY, name text NOT NULL UNIQUE, best int);
CREATE TABLE ware (id serial PRIMARY KEY, vendor int CONSTRAINT ware_vendor REFERENCES vendor);
ALTER TABLE vendor ADD CONSTRAINT vendor_best FOREIGN KEY (best) REFERENCES ware;
CREATE TABLE vote (door int, who text, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (door, who));
CREATE TABLE coin (id int PRIMARY KEY, worth numeric(8,2) NOT NULL, face text);
CREATE TABLE spent (coin int REFERENCES coin);
CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY, at int NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TYPE place AS (street text, zip text, floor int); CREATE TABLE house (id int PRIMARY KEY, at place);
CREATE TABLE stale (id int PRIMARY KEY, CHECK (1 = 1)); CREATE FUNCTION stale_rows() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM stale';
ALTER TABLE stale RENAME TO fresh;
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10); CREATE TABLE log_rest PARTITION OF log DEFAULT;
"""
#: What each later revision does to rows.
LATER = {
    "column_made_anew": "ALTER TYPE state RENAME TO state_old; CREATE TYPE state AS ENUM ('on', 'off');"
    "ALTER TABLE door DROP state, ADD state state; DROP TYPE state_old; UPDATE door SET state = 'on'; ALTER TABLE door ALTER state SET NOT NULL",
    "columns_required": "ALTER TABLE door DROP a, DROP b, DROP boss",
    "in_a_function": "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'UPDATE boss SET note = name'; END $$; SELECT f()",
    "column_dropped": "ALTER TABLE boss DROP COLUMN note",
    "updated": "UPDATE duty SET what = upper(what)",
    "deleted_and_inserted": "DELETE FROM duty WHERE id % 2 = 0; INSERT INTO boss (name) VALUES ('admin')",
    "type_narrowed": "ALTER TABLE duty ALTER COLUMN amount TYPE int USING amount::int",
    "enum_rebuilt": "ALTER TABLE boss ALTER mood DROP DEFAULT; ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('low', 'high');"
    "ALTER TABLE boss ALTER mood TYPE mood USING (CASE WHEN mood::text = 'fair' THEN 'high' ELSE mood::text END)::mood;"
    "ALTER TABLE boss ALTER mood SET DEFAULT 'low'; DROP TYPE mood_old",
    "unfit_row_inserted": "ALTER TABLE boss ALTER mood DROP NOT NULL; INSERT INTO boss (name, mood) VALUES ('made', NULL)",
    "filled_from_another": "INSERT INTO holds SELECT id FROM boss",
    "identity_dropped": "ALTER TABLE ware ALTER id DROP DEFAULT; DROP SEQUENCE ware_id_seq; ALTER TABLE ware ALTER id ADD GENERATED ALWAYS AS IDENTITY; ALTER TABLE duty ALTER id DROP IDENTITY; UPDATE duty SET what = 'x' WHERE id = 3",
    "table_dropped": "CREATE TABLE duties AS SELECT * FROM duty; DROP TABLE duty; DROP SEQUENCE lonely",
    "truncated": "UPDATE loose SET b = 'x'; TRUNCATE duties",
    "merged": "ALTER TABLE boss ADD first text; UPDATE boss SET first = name; ALTER TABLE boss DROP name; ALTER TABLE boss ADD CONSTRAINT u UNIQUE (first)",
    "key_replaced": "ALTER TABLE vendor ADD code text; UPDATE vendor SET code = upper(name); ALTER TABLE ware DROP CONSTRAINT ware_vendor;"
    "ALTER TABLE vendor DROP CONSTRAINT vendor_pkey; ALTER TABLE vendor ADD PRIMARY KEY (code); ALTER TABLE ware ADD code text;"
    "UPDATE ware w SET code = (SELECT code FROM vendor v WHERE v.id = w.vendor); ALTER TABLE vendor DROP id, DROP name, DROP best;"
    "ALTER TABLE ware DROP vendor, ADD CONSTRAINT ware_vendor FOREIGN KEY (code) REFERENCES vendor",
    "duplicates_deleted": "DELETE FROM boss a USING boss b WHERE a.id > b.id AND a.mood = b.mood; CREATE UNIQUE INDEX one_mood ON boss (mood)",
    # Two tables that are swapped for others of their name: one with another key, one that others refer to; not all rows go along.
    "swapped": "CREATE TABLE vote_new (id bigint GENERATED ALWAYS AS IDENTITY, door int NOT NULL, who text NOT NULL, at timestamptz);"
    "INSERT INTO vote_new (door, who, at) SELECT door, who, at FROM vote WHERE door > 2; DROP TABLE vote; ALTER TABLE vote_new RENAME TO vote;"
    "ALTER TABLE vote ADD PRIMARY KEY (id)",
    "swapped_under_a_key": "CREATE TABLE coin_new (LIKE coin INCLUDING ALL); ALTER TABLE coin_new ALTER worth TYPE numeric(12,4), ADD note text;"
    "INSERT INTO coin_new SELECT id, worth * 2, upper(face) FROM coin; ALTER TABLE spent DROP CONSTRAINT spent_coin_fkey;"
    "DROP TABLE coin; ALTER TABLE coin_new RENAME TO coin; ALTER TABLE spent ADD CONSTRAINT spent_coin_fkey FOREIGN KEY (coin) REFERENCES coin",
    # A partitioned table without a key: its rows are told apart by nothing, in no partition.
    "without_a_key": "UPDATE log SET what = upper(what) WHERE at > 5; DELETE FROM log WHERE at = 9",
    "without_a_key_retyped": "ALTER TABLE log ALTER what TYPE int USING 7 + length(what)",
    "partitioned_dropped": "DROP TABLE log",
    # No lock tells of the table that holds the values; and the body of the function names what isn't there any more.
    "attribute_dropped": "ALTER TYPE place DROP ATTRIBUTE zip CASCADE; DROP FUNCTION stale_rows()",
    "last_attribute_dropped": "ALTER TYPE place DROP ATTRIBUTE floor CASCADE",
}  # fmt: skip
ROWS = """
INSERT INTO boss (name, mood, note) SELECT 'b' || i, (ARRAY['low', 'fair', 'high'])[1 + i % 3]::mood, repeat('n', i) FROM generate_series(1, 12) i;
INSERT INTO duty (boss, what, amount) SELECT 1 + i % 12, 'd' || i, i / 7.0 FROM generate_series(1, 40) i;
INSERT INTO loose SELECT i % 3, 'l' FROM generate_series(1, 7) i;
INSERT INTO vendor (name) SELECT 'v' || i FROM generate_series(1, 5) i;
INSERT INTO ware (vendor) SELECT 1 + i % 4 FROM generate_series(1, 9) i;
UPDATE vendor SET best = id + 1 WHERE id < 4;
SELECT nextval('lonely'), nextval('lonely');
INSERT INTO door SELECT i, i, 'b' || i, 1 + i % 12, (ARRAY['open', 'shut'])[1 + i % 2]::state FROM generate_series(1, 9) i;
INSERT INTO vote (door, who) SELECT 1 + i % 5, 'w' || i FROM generate_series(1, 14) i;
INSERT INTO coin SELECT i, i / 3.0, 'f' || i FROM generate_series(1, 6) i;
INSERT INTO spent SELECT 1 + i % 6 FROM generate_series(1, 9) i;
INSERT INTO house SELECT i, ROW('s' || i, 'z' || i, i)::place FROM generate_series(1, 5) i;
INSERT INTO house VALUES (6, NULL), (7, '(,,)');
INSERT INTO log (at, what) SELECT i, 'l' || i FROM generate_series(4, 17) i;
"""


def test_derived_downgrades_are_exact_on_rows(tmp_path, database, pg_binaries):
    exact_on_rows(tmp_path, database, pg_binaries, FIRST, ROWS, LATER)
    certificate = json.loads((tmp_path / "versions/safety/filled_from_another.json").read_text())
    (proof,) = certificate["proofs"].values()
    assert proof["data"] == "generated, none in public.holds"


#: What an upgrade reads is not what a column of that type may hold, and only the upgrade says so.
READ = """
CREATE TABLE run (id int PRIMARY KEY);
CREATE TABLE event (id int PRIMARY KEY, run text NOT NULL, at varchar(60), doc text, tags jsonb, meta jsonb, lang regconfig NOT NULL);
CREATE UNIQUE INDEX event_run ON event (run);
CREATE MATERIALIZED VIEW meta_keys AS SELECT DISTINCT jsonb_object_keys(meta) AS key FROM event;
CREATE TABLE tag (event int, tag text, PRIMARY KEY (event, tag));
CREATE TABLE member (id int PRIMARY KEY, name text NOT NULL, archived_at timestamptz);
CREATE FUNCTION keep_archived() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF OLD.archived_at IS NOT NULL THEN RAISE EXCEPTION 'archived rows do not change'; END IF; RETURN NEW; END $$;
CREATE TRIGGER keep_archived BEFORE UPDATE ON member FOR EACH ROW EXECUTE FUNCTION keep_archived();
CREATE TABLE colour (name text PRIMARY KEY, old boolean); INSERT INTO colour VALUES ('blue', false), ('red', true);
CREATE TABLE car (id int PRIMARY KEY, colour text NOT NULL REFERENCES colour);
CREATE TABLE paper (id int PRIMARY KEY, run int NOT NULL REFERENCES run ON DELETE CASCADE);
CREATE TABLE page (id int PRIMARY KEY, paper int NOT NULL REFERENCES paper ON DELETE CASCADE);
CREATE TABLE "user" (id int PRIMARY KEY, "Login name" text NOT NULL UNIQUE);
CREATE TABLE task (id int PRIMARY KEY, done_by text, asked_by varchar(40) NOT NULL);
CREATE TABLE kind (id int PRIMARY KEY, a text); CREATE TABLE of_kind (id int PRIMARY KEY, kind int NOT NULL REFERENCES kind, note text);
CREATE TABLE span (id int PRIMARY KEY, a timestamptz NOT NULL, b timestamptz NOT NULL); CREATE INDEX took ON span ((b - a));
CREATE TABLE pair (a int, b int);
CREATE FUNCTION as_pair(int) RETURNS pair LANGUAGE sql AS 'SELECT $1, 2';
ALTER TABLE pair ADD c int;
"""
READS = {
    "cast_in_an_update": "ALTER TABLE event ADD run_id uuid; UPDATE event SET run_id = run::uuid, lang = 'english';"
    "DROP INDEX event_run; CREATE INDEX event_run ON event (run)",
    "text_becomes_timestamp": "ALTER TABLE event ALTER at TYPE timestamp USING at::timestamp",
    "text_becomes_document": "DROP MATERIALIZED VIEW meta_keys; ALTER TABLE event ALTER doc TYPE jsonb USING doc::jsonb",
    "taken_apart": "INSERT INTO tag SELECT id, jsonb_array_elements_text(tags) FROM event",
    # A column that takes no NULL in the end and is filled before that needs no empty table.
    "not_of_archived_rows": "UPDATE member SET name = upper(name); ALTER TABLE car ADD owner text; UPDATE car SET owner = colour || 's';"
    "ALTER TABLE car ALTER owner SET NOT NULL, ADD CHECK (id > 0)",
    "found_by_name": 'ALTER TABLE task ADD by_id int REFERENCES "user", ADD for_id int REFERENCES "user";'
    'UPDATE task SET by_id = "user".id FROM "user" WHERE "user"."Login name" = task.done_by;'
    'UPDATE task SET for_id = u.id FROM "user" u WHERE task.asked_by = u."Login name"::text;'
    "ALTER TABLE task ALTER by_id SET NOT NULL, DROP done_by; ALTER TABLE task ALTER for_id SET NOT NULL, DROP asked_by",
    # And an index that could not be built of rows written since, of which the times are infinite.
    "empty_for_sure": "ALTER TABLE kind ADD b int NOT NULL, DROP a; ALTER TABLE of_kind DROP note; ALTER TABLE run ADD note text;"
    "DROP INDEX took",
    "what_is_referred_to": "DELETE FROM colour WHERE NOT old",
    "children_of_children": "DROP TABLE page, paper; CREATE OR REPLACE FUNCTION as_pair(int) RETURNS pair LANGUAGE sql AS 'SELECT $1, 2, 3'",
}  # fmt: skip
READ_ROWS = """
INSERT INTO run SELECT generate_series(1, 5);
INSERT INTO event SELECT i, md5(i::text)::uuid, to_char(timestamp '2020-01-01' + i * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI'), '{"a":' || i || '}',
  jsonb_build_array('t' || i, 'u'), '{"k": 1}', 'simple' FROM generate_series(1, 7) i;
INSERT INTO member (id, name) SELECT i, 'n' || i FROM generate_series(1, 4) i;
INSERT INTO car SELECT i, 'red' FROM generate_series(1, 3) i;
INSERT INTO "user" SELECT i, 'n' || i FROM generate_series(1, 3) i; INSERT INTO task SELECT i, 'n' || i, 'n1' FROM generate_series(1, 3) i;
INSERT INTO paper SELECT i, i FROM generate_series(1, 5) i; INSERT INTO page SELECT i, 1 + i % 5 FROM generate_series(1, 9) i;
"""


def test_what_an_upgrade_reads_is_found_out(tmp_path, database, pg_binaries):
    exact_on_rows(tmp_path, database, pg_binaries, READ, READ_ROWS, READS)
    (proof,) = json.loads((tmp_path / "versions/safety/cast_in_an_update.json").read_text())["proofs"].values()
    assert proof["data"] == "generated, public.event.run as uuid"


#: What sets or loses where sequences stand, and writes no row; what alters one otherwise keeps nothing.
MOVES = {
    "granted": ("GRANT SELECT ON item TO PUBLIC", False),
    "restarted": ("ALTER SEQUENCE ticket RESTART; ALTER TABLE item ALTER id RESTART WITH 3", True),
    "set": ("SELECT setval('ticket', 3)", True),
    "set_by_a_string": ("DO $$ BEGIN EXECUTE format('ALTER SEQUENCE %I RESTART WITH 2', 'ticket'); END $$", True),
    "dropped": ("DROP SEQUENCE bare", True),
    "committed": ("SELECT setval('ticket', 7);\nCREATE INDEX CONCURRENTLY by_id ON item (id)", True),
    "committed_too": ("CREATE INDEX CONCURRENTLY by_id_too ON item (id)", False),
    "bounds": ("ALTER SEQUENCE ticket MINVALUE -90 INCREMENT -1 RESTART WITH -4", True),
    "renamed": ("ALTER SEQUENCE ticket RENAME TO tickets", False),
    "unlogged": ("ALTER TABLE item SET UNLOGGED", False),
    "wider": ("ALTER TABLE item ALTER id TYPE bigint", False),
}


def test_positions_of_sequences_come_back(tmp_path, database, pg_binaries):
    project = Project.new(tmp_path)
    table = "CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"
    project.sql("first", f"CREATE SEQUENCE ticket; CREATE SEQUENCE bare INCREMENT -1; {table}", None)
    for name, (sql, keeps) in MOVES.items():
        path = project.sql(name, sql, None)
        assert alembic("safety-downgrade", name, "--pg-bin", pg_binaries.bindir, cwd=tmp_path).status == 0
        assert json.loads((tmp_path / f"versions/safety/{name}.json").read_text())["grade"] == "exact"
        assert ("op.preserve_sequence(" in path.read_text()) is keeps, name
    where = ("-x", f"url={database.url_text}", "-x", "safety.backup=none")
    assert alembic(*where, "upgrade", "first", cwd=tmp_path).status == 0
    with database.connect(autocommit=True) as connection:
        session = PsycopgSession(connection)
        for name in MOVES:
            database.run(
                "SELECT setval(seqrelid::regclass, 50 * sign(seqincrement)::int) FROM pg_sequence WHERE seqrelid >= 16384"
                " AND seqrelid::regclass::text NOT LIKE 'alembic_safety.%'"
            )
            places = session.fetch(f"{POSITIONS} ORDER BY 1")
            assert alembic(*where, "upgrade", name, cwd=tmp_path).status == 0
            assert alembic(*where, "downgrade", "-1", cwd=tmp_path).status == 0
            assert session.fetch(f"{POSITIONS} ORDER BY 1") == places, name
            assert alembic(*where, "upgrade", name, cwd=tmp_path).status == 0


def lines_of(dump: str) -> list[str]:
    """In any order, which a column that comes back at the end changes."""
    return sorted(line.rstrip(",") for line in dump.splitlines())


def test_a_revision_that_wants_only_its_schema_back(tmp_path, pg_binaries):
    project = Project.new(tmp_path)
    project.sql("r1", FIRST, None)
    path = project.sql("r2", LATER["updated"], None, extra='preserve = "schema"')
    alembic("safety-downgrade", "--pg-bin", pg_binaries.bindir, cwd=tmp_path)
    assert "begin preserve" not in path.read_text()
    assert json.loads((tmp_path / "versions/safety/r2.json").read_text())["grade"] == "schema-exact"


#: Revisions that commit before their end.
LEAVING = {
    "in_two_transactions": "BEGIN; UPDATE duty SET what = upper(what) WHERE id % 2 = 0; COMMIT; BEGIN; DELETE FROM duty WHERE id % 3 = 0; COMMIT",
    "index_and_update": "UPDATE boss SET note = name WHERE note IS NULL OR id > 4;\nCREATE INDEX CONCURRENTLY by_note ON boss (note)",
    "label_used": "ALTER TYPE mood ADD VALUE 'grand'; COMMIT; UPDATE boss SET mood = 'grand' WHERE mood = 'high'; INSERT INTO boss (name, mood) VALUES ('made', 'grand')",
    "row_of_its_own": "INSERT INTO coin VALUES (1000, 1, 'x');\nCREATE INDEX CONCURRENTLY by_face ON coin (face)",
    "column_dropped_late": "CREATE INDEX CONCURRENTLY by_amount ON duty (amount);\nALTER TABLE boss DROP COLUMN note",
}  # fmt: skip
POSITIONS = "SELECT schemaname || '.' || sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname <> 'alembic_safety'"


def exact_on_rows(tmp_path, database, pg_binaries, first, rows, later):
    """Derive a history, and run each revision on a database with rows."""
    project = Project.new(tmp_path)
    (tmp_path / "alembic.ini").write_text(
        (tmp_path / "alembic.ini").read_text()
        + f"sqlalchemy.url = {database.url_text.replace('%', '%%')}\n[alembic:safety]\nbackup = off\n"
    )
    project.sql("first", first, None)
    paths = {name: project.sql(name, sql, None) for name, sql in later.items()}
    derived = alembic("safety-downgrade", "--pg-bin", pg_binaries.bindir, cwd=tmp_path)
    assert derived.status == 0, derived.err
    for name, path in paths.items():
        certificate = json.loads((tmp_path / "versions/safety" / f"{name}.json").read_text())
        assert (certificate["grade"], certificate["reasons"]) == ("exact", []), path.read_text()
        (proof,) = certificate["proofs"].values()
        assert proof["data"].startswith("generated")
        assert "# alembic-safety: begin preserve" in path.read_text()

    assert alembic("upgrade", "first", cwd=tmp_path).status == 0
    database.run(rows)
    with database.connect(autocommit=True) as connection:
        session = PsycopgSession(connection)
        for name in later:
            places = dict(session.fetch(POSITIONS))
            before, schema = rows_of(session), database.dump_schema("--exclude-schema=alembic_safety")
            upgraded = alembic("upgrade", name, cwd=tmp_path)
            assert upgraded.status == 0, upgraded.err
            assert rows_of(session) != before, name
            result = alembic("downgrade", "-1", cwd=tmp_path)
            assert result.status == 0, result.out
            assert rows_of(session) == before, name
            now = dict(session.fetch(POSITIONS))
            assert all(now[sequence] >= place for sequence, place in places.items()), name
            assert lines_of(database.dump_schema("--exclude-schema=alembic_safety")) == lines_of(schema), name
            assert alembic("upgrade", name, cwd=tmp_path).status == 0, name
    return paths


def test_revisions_that_commit_are_exact_on_rows(tmp_path, database, pg_binaries):
    paths = exact_on_rows(tmp_path, database, pg_binaries, FIRST, ROWS, LEAVING)
    assert all("op.expect_commits()" in path.read_text() for path in paths.values())


KIN = """
CREATE TABLE a (id serial PRIMARY KEY, n text UNIQUE);
CREATE TABLE b (id serial PRIMARY KEY, a int REFERENCES a, t text);
CREATE TABLE c (a int PRIMARY KEY REFERENCES a ON DELETE CASCADE, t text);
CREATE TABLE x (id int PRIMARY KEY, y int, t text);
CREATE TABLE y (id int PRIMARY KEY, x int NOT NULL REFERENCES x, t text);
ALTER TABLE x ADD CONSTRAINT x_y FOREIGN KEY (y) REFERENCES y;
"""
KIN_ROWS = """
INSERT INTO a (n) SELECT 'n' || i FROM generate_series(1, 6) i;
INSERT INTO b (a, t) SELECT 1 + i % 6, 't' FROM generate_series(1, 9) i;
INSERT INTO c SELECT i, 't' FROM generate_series(2, 5) i;
INSERT INTO x SELECT i, NULL, 't' FROM generate_series(1, 6) i;
INSERT INTO y SELECT i, i, 't' FROM generate_series(1, 6) i;
UPDATE x SET y = id;
"""
#: Keys that others refer to get other values or go, and foreign keys in a circle.
KEYS = {
    "key_of_another_type": "ALTER TABLE b DROP CONSTRAINT b_a_fkey; ALTER TABLE c DROP CONSTRAINT c_a_fkey; ALTER TABLE a ALTER id DROP DEFAULT;"
    "ALTER TABLE a ALTER id TYPE text USING 'a' || id; ALTER TABLE b ALTER a TYPE text USING 'a' || a; ALTER TABLE c ALTER a TYPE text USING 'a' || a;"
    "ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a; ALTER TABLE c ADD FOREIGN KEY (a) REFERENCES a ON DELETE CASCADE; DROP SEQUENCE a_id_seq",
    "key_of_other_values": "ALTER TABLE b DROP CONSTRAINT b_a_fkey; ALTER TABLE c DROP CONSTRAINT c_a_fkey;"
    "ALTER TABLE a ALTER id TYPE text USING 'x' || id; ALTER TABLE b ALTER a TYPE text USING 'x' || a; ALTER TABLE c ALTER a TYPE text USING 'x' || a;"
    "ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a; ALTER TABLE c ADD FOREIGN KEY (a) REFERENCES a ON DELETE CASCADE",
    "key_replaced": "ALTER TABLE a ADD u uuid NOT NULL DEFAULT gen_random_uuid(); ALTER TABLE b ADD u uuid; UPDATE b SET u = a.u FROM a WHERE a.id = b.a;"
    "ALTER TABLE c ADD u uuid; UPDATE c SET u = a.u FROM a WHERE a.id = c.a; ALTER TABLE c DROP a, ALTER u SET NOT NULL, ADD PRIMARY KEY (u);"
    "ALTER TABLE b DROP a; ALTER TABLE a DROP id, ADD PRIMARY KEY (u); ALTER TABLE b ADD FOREIGN KEY (u) REFERENCES a;"
    "ALTER TABLE c ADD FOREIGN KEY (u) REFERENCES a ON DELETE CASCADE",
    "circle_deleted": "WITH gone AS (DELETE FROM x RETURNING 1) DELETE FROM y",
}  # fmt: skip


def test_keys_that_change_and_circles_are_exact_on_rows(tmp_path, database, pg_binaries):
    exact_on_rows(tmp_path, database, pg_binaries, KIN, KIN_ROWS, KEYS)
