"""What upgrades do to rows, taken back exactly: each case goes up, down, and up and down again."""

from __future__ import annotations

import pytest

ORDERS = """
CREATE TYPE mood AS ENUM ('low', 'fair', 'high');
CREATE TABLE orders (id serial PRIMARY KEY, name text, mood mood, code varchar(8) NOT NULL DEFAULT 'x', doc json, at point,
  twice int GENERATED ALWAYS AS (2) STORED);
INSERT INTO orders (name, mood, code, doc, at)
SELECT CASE WHEN i % 7 > 0 THEN 'n' || i END, 'high', 'c' || i, '{"a":   1}', point(i, -0.0) FROM generate_series(1, 60) i;
"""
KEYLESS = "CREATE TABLE marks (a int, b text); INSERT INTO marks SELECT i % 4, NULLIF(i % 3, 0) FROM generate_series(1, 24) i;"
PARTS = """
CREATE TABLE parts (id int, region text, note text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE parts_x PARTITION OF parts FOR VALUES IN ('x');
CREATE TABLE parts_y (note text, id int NOT NULL, region text NOT NULL);
ALTER TABLE parts ATTACH PARTITION parts_y FOR VALUES IN ('y');
INSERT INTO parts SELECT i, CASE WHEN i % 2 = 0 THEN 'x' ELSE 'y' END, 'n' || i FROM generate_series(1, 20) i;
"""
FAMILY = """
CREATE TABLE mother (id int PRIMARY KEY, note text);
CREATE TABLE child (extra text, PRIMARY KEY (id)) INHERITS (mother);
INSERT INTO mother SELECT i, 'm' || i FROM generate_series(1, 5) i;
INSERT INTO child SELECT i, 'c' || i, 'e' || i FROM generate_series(1, 5) i;
"""
NAME = '"Ein Schema"."Täglich ""neu"""'
STRANGE = (
    f'CREATE SCHEMA "Ein Schema"; CREATE TABLE {NAME} ("der Schlüssel" text, "%s" int, "%" int, PRIMARY KEY ("der Schlüssel", "%s"));'
    f"INSERT INTO {NAME} SELECT 'k''' || i || E'\\\\', i, -i FROM generate_series(1, 9) i;"
)
FAMILIES = """
CREATE TABLE boss (id int PRIMARY KEY, of int REFERENCES boss, name text UNIQUE);
CREATE TABLE duty (id int PRIMARY KEY, boss int NOT NULL REFERENCES boss ON DELETE CASCADE, what text);
INSERT INTO boss SELECT i, NULLIF(i / 2, 0), 'b' || i FROM generate_series(1, 20) i;
INSERT INTO duty SELECT i, 1 + i % 20, 'd' || i FROM generate_series(1, 40) i;
"""
ALWAYS = """
CREATE TABLE ticket (code text PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, note text);
INSERT INTO ticket (code, note) SELECT 'c' || i, 'n' || i FROM generate_series(1, 10) i;
"""
COLLATED = """
CREATE COLLATION own (provider = libc, locale = 'C');
CREATE TABLE folk (name text COLLATE own PRIMARY KEY, age int);
INSERT INTO folk VALUES ('Anna', 1), ('bert', 2), ('CARL', 3);
"""

#: Name: setup, what is kept, the upgrade, the downgrade (in brackets: what is restored there).
CASES: dict[str, tuple[str, list[str], str, list[str]]] = {
    "columns_dropped": (
        ORDERS,
        ["preserve 'columns', 'public.orders', ARRAY['mood', 'code', 'at']"],
        "ALTER TABLE orders DROP mood, DROP code, DROP at; DROP TYPE mood",
        [
            "CREATE TYPE mood AS ENUM ('low', 'fair', 'high'); ALTER TABLE orders ADD mood mood, ADD at point, ADD code varchar(8) DEFAULT 'x'",
            "[public.orders]",
            "ALTER TABLE orders ALTER code SET NOT NULL",
        ],
    ),
    "rows_changed_many_times": (
        ORDERS,
        ["preserve 'rows', 'public.orders'"],
        ("UPDATE orders SET name = 'z' WHERE id < 9; DELETE FROM orders WHERE id > 50; INSERT INTO orders (name) VALUES ('new'), ('newer');"
        "UPDATE orders SET name = name || '!', code = 'u' WHERE id < 12; DELETE FROM orders WHERE name = 'new';"
        "INSERT INTO orders (id, name) VALUES (55, 'again'), (3000, 'far'); DO $$ BEGIN PERFORM set_config('a.b', '', true);"
        " FOR i IN 20 .. 40 LOOP UPDATE orders SET doc = '[]' WHERE id = i; END LOOP; END $$"),
        ["[public.orders]"],
    ),
    "rows_within_savepoints": (
        ORDERS,
        ["preserve 'rows', 'public.orders'"],
        "DO $$ BEGIN UPDATE orders SET name = 'lost'; RAISE 'no'; EXCEPTION WHEN raise_exception THEN UPDATE orders SET name = 'kept' WHERE id = 4; END $$",
        ["[public.orders]"],
    ),
    "table_truncated": (
        ORDERS,
        ["preserve 'rows', 'public.orders'"],
        "UPDATE orders SET name = 'z' WHERE id < 9; TRUNCATE orders; INSERT INTO orders (id, name) VALUES (1, 'other')",
        ["[public.orders]"],
    ),
    "keys_changed": (ORDERS, ["preserve 'rows', 'public.orders'"], "UPDATE orders SET id = -id", ["[public.orders]"]),
    "table_dropped": (
        ORDERS,
        ["preserve 'table', 'public.orders'"],
        "DROP TABLE orders; DROP TYPE mood",
        [
            ("CREATE TYPE mood AS ENUM ('low', 'fair', 'high'); CREATE TABLE orders (id serial PRIMARY KEY, name text, mood mood,"
            " code varchar(8) NOT NULL DEFAULT 'x', doc json, at point, twice int GENERATED ALWAYS AS (2) STORED)"),
            "[public.orders]",
        ],
    ),
    "type_narrowed": (
        ORDERS,
        ["preserve 'columns', 'public.orders', ARRAY['name', 'at']"],
        "ALTER TABLE orders ALTER name TYPE int USING length(name), ALTER at TYPE text USING 'same'",
        ["ALTER TABLE orders ALTER name TYPE text USING name::text, ALTER at TYPE point USING NULL", "[public.orders]"],
    ),
    "renamed_and_written": (
        ORDERS,
        ["preserve 'rows', 'public.orders'"],
        ("ALTER TABLE orders RENAME TO purchases; ALTER TABLE purchases RENAME name TO title; ALTER TABLE purchases ADD extra int;"
        "UPDATE purchases SET title = 't', extra = 1 WHERE id < 5; INSERT INTO purchases (title, extra) VALUES ('n', 2)"),
        ["ALTER TABLE purchases DROP extra; ALTER TABLE purchases RENAME title TO name; ALTER TABLE purchases RENAME TO orders", "[public.orders]"],
    ),
    "columns_dropped_and_rows_changed": (
        ORDERS,
        ["preserve 'columns', 'public.orders', ARRAY['mood']", "preserve 'rows', 'public.orders'"],
        "UPDATE orders SET name = mood::text WHERE id % 2 = 0; DELETE FROM orders WHERE id = 7; ALTER TABLE orders DROP mood; UPDATE orders SET code = 'z'",
        ["ALTER TABLE orders ADD mood mood", "[public.orders]"],
    ),
    "no_key": (KEYLESS, ["preserve 'rows', 'public.marks'"], "UPDATE marks SET a = a + 1; DELETE FROM marks WHERE a = 2; INSERT INTO marks VALUES (9, 'n')", ["[public.marks]"]),
    "no_key_column_dropped": (
        KEYLESS,
        ["preserve 'columns', 'public.marks', ARRAY['b']"],
        "ALTER TABLE marks DROP b",
        ["ALTER TABLE marks ADD b text", "[public.marks]"],
    ),
    "partitions": (
        PARTS,
        ["preserve 'rows', 'public.parts'"],
        ("UPDATE parts SET region = 'x' WHERE id < 6; DELETE FROM parts_y WHERE id = 7; INSERT INTO parts_x VALUES (77, 'x'); UPDATE parts_x SET note = 'w' WHERE id = 10;"
        "INSERT INTO parts VALUES (78, 'y', 'v')"),
        ["[public.parts]"],
    ),
    "partitions_truncated": (PARTS, ["preserve 'rows', 'public.parts'"], "DELETE FROM parts WHERE id = 2; TRUNCATE parts", ["[public.parts]"]),
    "inheritance": (
        FAMILY,
        ["preserve 'rows', 'public.mother'", "preserve 'rows', 'public.child'"],
        "UPDATE mother SET note = 'z' WHERE id < 3; DELETE FROM mother WHERE id = 4",
        ["[public.mother, public.child]"],
    ),
    "strange_names": (
        STRANGE,
        [f"preserve 'rows', '{NAME}'", f"preserve 'columns', '{NAME}', ARRAY['%']"],
        f'UPDATE {NAME} SET "%s" = 100 + "%s"; ALTER TABLE {NAME} DROP "%"',
        [f'ALTER TABLE {NAME} ADD "%" int', f"[{NAME}]"],
    ),
    "parents_and_children": (
        FAMILIES,
        ["preserve 'rows', 'public.boss'", "preserve 'rows', 'public.duty'"],
        "INSERT INTO boss VALUES (100, 1, 'new'); UPDATE duty SET boss = 100 WHERE id < 10; UPDATE boss SET of = NULL; DELETE FROM boss WHERE id BETWEEN 5 AND 12",
        ["[public.boss, public.duty]"],
    ),
    "identity_always": (
        ALWAYS,
        ["preserve 'columns', 'public.ticket', ARRAY['number']", "preserve 'rows', 'public.ticket'"],
        "DELETE FROM ticket WHERE code < 'c4'; ALTER TABLE ticket DROP number",
        ["ALTER TABLE ticket ADD number bigint GENERATED ALWAYS AS IDENTITY", "[public.ticket]"],
    ),
    "key_without_a_collation_of_the_server": (
        COLLATED,
        ["preserve 'columns', 'public.folk', ARRAY['age']", "preserve 'rows', 'public.folk'"],
        "UPDATE folk SET name = upper(name) WHERE name = 'Anna'; ALTER TABLE folk DROP age",
        ["ALTER TABLE folk ADD age int", "[public.folk]"],
    ),
    "one_column": ("CREATE TABLE one (a text PRIMARY KEY); INSERT INTO one VALUES (''), ('b')", ["preserve 'rows', 'public.one'"], "UPDATE one SET a = a || 'x'", ["[public.one]"]),
    "no_columns": ("CREATE TABLE none (); INSERT INTO none DEFAULT VALUES; INSERT INTO none DEFAULT VALUES", ["preserve 'rows', 'public.none'"], "DELETE FROM none", ["[public.none]"]),
    "policies_forced": (
        ORDERS + "ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
        ["preserve 'rows', 'public.orders'"],
        "UPDATE orders SET name = 'z' WHERE id < 9",
        ["[public.orders]"],
    ),
    "checks_that_need_search_path": (
        ORDERS
        + "CREATE FUNCTION least_id() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT min(id) FROM orders); END $$;"
        "CREATE FUNCTION fits(n int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN n >= coalesce(least_id(), 0) - 100; END $$;"
        "CREATE DOMAIN fitting AS int CHECK (fits(VALUE)); ALTER TABLE orders ADD n fitting, ADD CHECK (fits(id)); UPDATE orders SET n = id;",
        ["preserve 'rows', 'public.orders'"],
        "UPDATE orders SET n = NULL WHERE id < 9; DELETE FROM orders WHERE id > 58",
        ["[public.orders]"],
    ),
    "application_triggers": (
        ORDERS
        + "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := 'spoilt'; RETURN NEW; END $$;"
        "CREATE TRIGGER spoil BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION spoil();"
        "CREATE RULE never AS ON DELETE TO orders DO ALSO UPDATE orders SET code = 'rule';",
        ["preserve 'rows', 'public.orders'"],
        "UPDATE orders SET code = 'z' WHERE id < 9; DELETE FROM orders WHERE id > 58",
        ["[public.orders]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_rows_are_as_before(preserved, case):
    setup, keep, upgrade, downgrade = CASES[case]
    preserved.session.execute(setup)
    before = preserved.rows()
    for _ in range(2):
        assert preserved.up(keep, upgrade) == []
        assert preserved.left_over() == []
        assert preserved.rows() != before
        preserved.down(*downgrade)
        assert preserved.rows() == before
        assert preserved.left_over() == []
    assert preserved.session.fetch("SELECT 1 FROM pg_trigger WHERE tgenabled = 'D'") == []
