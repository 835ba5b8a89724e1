"""Tables of every shape are filled, and every constraint holds afterwards."""

from __future__ import annotations

import pytest

from alembic_safety.postgres.fingerprint import fingerprints
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.rehearsal.rows.fill import Filled, Memory, fill
from alembic_safety.rehearsal.rows.shape import followers
from tests.conftest import ScratchDatabase

pytestmark = pytest.mark.server

_SCHEMA = r"""
CREATE TYPE mood AS ENUM ('calm', 'O''Neill', 'wild');
CREATE TYPE pair AS (a int, m mood);
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@\s]+@[^@\s]+\.[a-z]+$');
CREATE DOMAIN code AS varchar(8) NOT NULL CHECK (VALUE ~ '^LN-\d{4}$');
CREATE TABLE every_type (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric,
    n2 numeric(6, 2), money money, t text, v varchar(3), c char(5), by bytea, d date, tm time, tz timetz, ts timestamp,
    tstz timestamptz(0), iv interval, u uuid, j json, jb jsonb, jp jsonpath, x xml, ip inet, ci cidr, m macaddr, m8 macaddr8,
    bi bit(4), vb varbit(6), po point, li line, ls lseg, bo box, pa path, pg polygon, cr circle, tv tsvector, tq tsquery, o oid,
    lsn pg_lsn, ta text[], ia int[][], ma mood[], mo mood, pr pair, prs pair[], em email, r int4range, tr tstzrange,
    mr nummultirange, rc regclass, nm name, twice int8 GENERATED ALWAYS AS (i4::int8 * 2) STORED
);
CREATE TABLE "Odd ""table"" é" ("a b" int PRIMARY KEY, "select" text NOT NULL UNIQUE, i int);
CREATE TABLE checked (
    code code PRIMARY KEY, status text NOT NULL CHECK (status IN ('open', 'closed')), closed_at timestamptz,
    low int NOT NULL, high int NOT NULL, size int CHECK (size BETWEEN 10 AND 12), mail email UNIQUE,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)), CHECK (low < high)
);
CREATE TABLE tenant (id uuid PRIMARY KEY);
CREATE TABLE project (tenant uuid REFERENCES tenant, id int, lead int, PRIMARY KEY (tenant, id));
CREATE TABLE person (id int PRIMARY KEY, tenant uuid NOT NULL, project int NOT NULL,
    boss int NOT NULL REFERENCES person, FOREIGN KEY (tenant, project) REFERENCES project ON DELETE CASCADE);
ALTER TABLE project ADD FOREIGN KEY (lead) REFERENCES person DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE item (tenant uuid NOT NULL REFERENCES tenant, id int, main int, PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, main) REFERENCES item);
CREATE TABLE use_of_item (tenant uuid NOT NULL, project int NOT NULL, item int NOT NULL, other int, PRIMARY KEY (tenant, project, item),
    FOREIGN KEY (tenant, project) REFERENCES project, FOREIGN KEY (tenant, item) REFERENCES item, FOREIGN KEY (tenant, other) REFERENCES item,
    FOREIGN KEY (tenant) REFERENCES tenant);
CREATE TABLE membership (person int REFERENCES person, tenant uuid REFERENCES tenant, PRIMARY KEY (person, tenant));
CREATE TABLE event (at date NOT NULL, kind text NOT NULL, person int REFERENCES person) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (kind);
CREATE TABLE event_2a PARTITION OF event_2 FOR VALUES IN ('a', 'b');
CREATE TABLE booking (room int NOT NULL, during tsrange NOT NULL, EXCLUDE USING gist (during WITH &&));
CREATE TABLE ordered (id int PRIMARY KEY DEFERRABLE, lower_name text NOT NULL);
CREATE UNIQUE INDEX ON ordered (lower(lower_name));
CREATE TABLE only_id (id serial PRIMARY KEY);
CREATE TABLE guarded (id int PRIMARY KEY, a text);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE TRIGGER refuse BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE never (a int CHECK (a > 0 AND a < 0) NOT NULL);
"""
_TABLES = "SELECT oid::int8 FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"


def _fill(database: ScratchDatabase, *, seed: int = 0, hurting: bool = True, rows: int = 12) -> Filled:
    with database.connect() as connection:
        session = PsycopgSession(connection)
        tables = [int(oid) for (oid,) in session.fetch(_TABLES)]
        filled = fill(session, tables, rows=rows, seed=seed, hurting=hurting)
        connection.commit()
    return filled


def test_every_table_is_filled_and_keeps_its_constraints(database: ScratchDatabase) -> None:
    database.run(_SCHEMA)
    assert _fill(database.clone(), hurting=False).empty == ("public.never",)
    filled = _fill(database)
    assert filled.empty == ("public.never",)
    assert {name: filled.rows[f"public.{name}"] for name in ("booking", "only_id", "ordered")} == {
        "booking": 12, "only_id": 12, "ordered": 12,
    }  # fmt: skip
    session = database.session()
    columns = session.fetch(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = 'every_type'::regclass AND attnum > 1 "
        "AND attname <> 'x'"  # not every server is built with XML
    )
    for (name,) in columns:
        filled, rows = session.fetch(f"SELECT sum(num_nonnulls({name})), count(*) FROM every_type")[0]
        assert 0 < filled < rows, f"{name} holds {filled} values in {rows} rows"
    # Foreign keys and checks hold by query, too: adding them again is what the server checks by itself.
    for table, name, definition in session.fetch(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype IN ('f', 'c') AND conrelid <> 0 AND conparentid = 0 AND coninhcount = 0 ORDER BY contype"
    ):
        session.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}; ALTER TABLE {table} ADD {definition}")
    assert session.fetch("SELECT count(DISTINCT tableoid) FROM event") == [(2,)]


def test_the_same_seed_gives_the_same_rows(database: ScratchDatabase) -> None:
    database.run(_SCHEMA)
    tables = ["public.every_type", "public.checked", "public.person", "public.membership"]
    prints = []
    for seed in (1, 1, 2):
        copy = database.clone()
        _fill(copy, seed=seed)
        prints.append(fingerprints(copy.session(), tables))
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]


def test_many_rows_are_written_as_a_set_and_keys_hold(database: ScratchDatabase) -> None:
    database.run(
        "CREATE TABLE a (id serial PRIMARY KEY, t text NOT NULL, up int REFERENCES a); "
        "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); CREATE TABLE c (x int, y int, UNIQUE (x, y)); "
        "CREATE TABLE d (id uuid PRIMARY KEY, x int, y int, FOREIGN KEY (x, y) REFERENCES c (x, y) MATCH FULL); "
        "CREATE TABLE seen (n int); CREATE TABLE e (id int PRIMARY KEY, a int REFERENCES a); "
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen SELECT count(*) FROM n; RETURN NULL; END'; "
        "CREATE TRIGGER see AFTER INSERT ON e REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION see()"
    )
    filled = _fill(database, rows=2_000)
    assert {name: filled.rows[f"public.{name}"] for name in "abce"} == dict.fromkeys("abce", 2_000)
    session = database.session()
    assert (2_000,) in session.fetch("SELECT n FROM seen")
    for table, name, definition in session.fetch(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
    ):
        session.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}; ALTER TABLE {table} ADD {definition}")


def test_tables_that_need_milder_rows(database: ScratchDatabase) -> None:
    database.run(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, x int, y int, FOREIGN KEY (x) REFERENCES a); "
        "CREATE TABLE one_of (id serial PRIMARY KEY, a int REFERENCES a, b int REFERENCES b, t text, CHECK (num_nonnulls(a, b, t) = 1)); "
        "CREATE TABLE made (a int PRIMARY KEY REFERENCES a); "
        "CREATE FUNCTION make() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO made VALUES (NEW.id); RETURN NEW; END'; "
        "CREATE TRIGGER make AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION make(); "
        "CREATE TABLE late (id int PRIMARY KEY); "
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; "
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse(); "
        "CREATE TABLE twin_1 (a int, CONSTRAINT twin FOREIGN KEY (a) REFERENCES a DEFERRABLE INITIALLY DEFERRED); "
        "CREATE TABLE twin_2 (a int, CONSTRAINT twin FOREIGN KEY (a) REFERENCES a)"
    )
    filled = _fill(database, rows=8)
    assert filled.empty == ()
    assert database.session().fetch("SELECT count(a) > 0, count(b) > 0, count(t) > 0 FROM one_of") == [
        (True, True, True)
    ]


def test_tables_that_follow_by_cascade(database: ScratchDatabase) -> None:
    database.run(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a ON DELETE CASCADE); "
        "CREATE TABLE c (id int REFERENCES b ON DELETE SET NULL); CREATE TABLE d (id int REFERENCES a)"
    )
    session = database.session()
    oids = {
        name: int(oid) for name, oid in session.fetch("SELECT relname, oid::int8 FROM pg_class WHERE relkind = 'r'")
    }
    assert followers(session, [oids["a"]]) == {oids["a"], oids["b"], oids["c"]}


def test_tables_that_refer_to_each_other_do_so_in_their_rows(database: ScratchDatabase) -> None:
    database.run(
        "CREATE TABLE vendor (id serial PRIMARY KEY, name text UNIQUE, favourite int, region text, "
        "only_one int UNIQUE, CHECK (region IS NULL OR favourite IS NULL));"
        "CREATE TABLE ware (id serial, region text, vendor int REFERENCES vendor, PRIMARY KEY (id), UNIQUE (region, id));"
        "ALTER TABLE vendor ADD FOREIGN KEY (favourite) REFERENCES ware, ADD FOREIGN KEY (only_one) REFERENCES ware"
    )
    memory: Memory = {}
    for _ in range(2):
        with database.connect() as connection:
            session = PsycopgSession(connection)
            oids = [int(oid) for (oid,) in session.fetch(_TABLES)]
            assert not fill(session, oids, rows=12, memory=memory).empty
            counts = session.fetch(
                "SELECT count(only_one), (SELECT count(vendor) FROM ware), count(*) FROM vendor JOIN ware ON only_one = ware.id"
            )
            assert all(count >= 3 for count in counts[0]), counts
            connection.rollback()


def test_no_two_tables_refer_to_the_same_row(database: ScratchDatabase) -> None:
    database.run(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a); "
        "CREATE TABLE c (id int PRIMARY KEY, a int NOT NULL REFERENCES a, other int NOT NULL REFERENCES a)"
    )
    with database.connect() as connection:
        session = PsycopgSession(connection)
        filled = fill(session, [int(oid) for (oid,) in session.fetch(_TABLES)], rows=8, hurting=False, apart=True)
        assert filled.rows == {"public.a": 8, "public.b": 2, "public.c": 2}
        used = session.fetch("SELECT a FROM b UNION ALL SELECT a FROM c UNION ALL SELECT other FROM c")
        assert len(set(used)) == len(used) == 6
