"""NULLs, CHECK and domain violators, rows outside their partition, values that nobody would generate today."""

from __future__ import annotations

from tests.support.corruption.case import Case

CASES: tuple[Case, ...] = (
    Case(
        "not_null",
        """CREATE TABLE t (id int PRIMARY KEY, "Name" text, other text NOT NULL, free text);
        INSERT INTO t VALUES (1, 'a', 'b', NULL), (2, NULL, 'b', NULL), (3, NULL, 'b', 'x');
        UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'not_null.t'::regclass AND attname = 'Name';""",
        (("null-in-not-null", 'not_null.t."Name"', 2, ("id=2", "id=3")),),
    ),
    Case(
        "primary_key_null",
        """CREATE TABLE t (id int PRIMARY KEY, n int); DELETE FROM pg_constraint WHERE conrelid = 'primary_key_null.t'::regclass AND contype = 'n';
        UPDATE pg_attribute SET attnotnull = false WHERE attrelid = 'primary_key_null.t'::regclass AND attname = 'id';
        INSERT INTO t VALUES (NULL, 1), (1, NULL);""",
        (("null-in-not-null", "primary_key_null.t.id", 1, ("id=NULL",)),),
    ),
    Case(
        "bounds_otherwise",
        """CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE rest PARTITION OF t DEFAULT; INSERT INTO t VALUES (5), (500);
        ALTER TABLE t DETACH PARTITION rest; CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10);
        ALTER TABLE rest ADD CONSTRAINT pretended CHECK (NOT (id IS NOT NULL AND id >= 0 AND id < 10)) NOT VALID;
        UPDATE pg_constraint SET convalidated = true WHERE conname = 'pretended';
        ALTER TABLE t ATTACH PARTITION rest DEFAULT; ALTER TABLE rest DROP CONSTRAINT pretended;
        CREATE TABLE h (id int PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO h VALUES (1), (2), (3);
        UPDATE pg_class c SET relfilenode = other.relfilenode FROM pg_class other
            WHERE c.oid IN ('h0'::regclass, 'h1'::regclass) AND other.oid IN ('h0'::regclass, 'h1'::regclass) AND other.oid <> c.oid;
        CREATE TABLE e (k text, d date) PARTITION BY RANGE (lower(k), (d + 1)); CREATE TABLE e1 PARTITION OF e FOR VALUES FROM ('a', MINVALUE) TO ('m', MAXVALUE);
        CREATE TABLE e_rest PARTITION OF e DEFAULT; INSERT INTO e VALUES ('B', '2020-01-01'), (NULL, NULL), ('Z', '2020-01-01');""",
        (
            ("row-outside-partition", "bounds_otherwise.rest", 1, ("id=5",)),
            ("row-outside-partition", "bounds_otherwise.h0", 1, ("id=3",)),
            ("row-outside-partition", "bounds_otherwise.h1", 2, ("id=1", "id=2")),
            ("no-primary-key", "bounds_otherwise.e", None, ()),
        ),
    ),
    Case(
        "not_null_not_valid",
        """CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, NULL), (2, 'x');
        ALTER TABLE t ADD CONSTRAINT a_given NOT NULL a NOT VALID;""",
        (
            ("null-in-not-null", "not_null_not_valid.t.a", 1, ("id=1",)),
            ("constraint-not-valid", "not_null_not_valid.t.a_given", None, ()),
        ),
        since=18,
    ),
    Case(
        "checks",
        """CREATE TABLE t (id int PRIMARY KEY, price int, CONSTRAINT "price > 0" CHECK (price > 0)); INSERT INTO t VALUES (1, 5), (2, NULL);
        CREATE TABLE late (id int PRIMARY KEY, price int); INSERT INTO late VALUES (1, -5), (2, 5), (3, NULL);
        ALTER TABLE late ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;
        CREATE FUNCTION small(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 < 100';
        CREATE TABLE redefined (id int PRIMARY KEY, n int CHECK (checks.small(n))); INSERT INTO redefined VALUES (1, 50), (2, 5);
        CREATE OR REPLACE FUNCTION small(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 < 10';
        CREATE TABLE whole (id int PRIMARY KEY, CHECK (whole IS NOT NULL)); INSERT INTO whole VALUES (1);""",
        (
            ("check-violated", "checks.late.positive", 1, ("id=1",)),
            ("constraint-not-valid", "checks.late.positive", None, ()),
            ("check-violated", "checks.redefined.redefined_n_check", 1, ("id=1",)),
        ),
    ),
    Case(
        "check_not_enforced",
        """CREATE TABLE t (id int PRIMARY KEY, n int CONSTRAINT n_positive CHECK (n > 0) NOT ENFORCED); INSERT INTO t VALUES (1, -1);""",
        (
            ("check-violated", "check_not_enforced.t.n_positive", 1, ("id=1",)),
            ("constraint-not-enforced", "check_not_enforced.t.n_positive", None, ()),
        ),
        since=18,
    ),
    Case(
        "inherited_check",
        """CREATE TABLE base (id int PRIMARY KEY, n int);
        CREATE TABLE derived (PRIMARY KEY (id)) INHERITS (base); INSERT INTO derived VALUES (1, -1); INSERT INTO base VALUES (1, 1);
        ALTER TABLE base ADD CONSTRAINT positive CHECK (n > 0) NOT VALID; ALTER TABLE ONLY base ADD CHECK (n < 9) NO INHERIT;""",
        (
            ("check-violated", "inherited_check.derived.positive", 1, ("id=1",)),
            ("constraint-not-valid", "inherited_check.base.positive", None, ()),
            ("constraint-not-valid", "inherited_check.derived.positive", None, ()),
        ),
    ),
    Case(
        "domains",
        """CREATE DOMAIN code AS text CHECK (VALUE <> 'the VALUE');
        CREATE DOMAIN positive AS int; CREATE DOMAIN small AS positive CHECK (VALUE < 100);
        CREATE DOMAIN given AS int NOT NULL; CREATE TYPE pair AS (a positive, b text);
        CREATE TABLE t (id int PRIMARY KEY, p positive, s small, c code, list positive[], mixed pair);
        INSERT INTO t VALUES (1, 5, 5, 'x', '{1,2}', (1, 'x')), (2, -5, -7, 'x', '{1,-2}', (-1, 'x')), (3, NULL, NULL, NULL, NULL, NULL);
        ALTER DOMAIN positive ADD CONSTRAINT above_zero CHECK (VALUE > 0) NOT VALID;
        CREATE TABLE g (id int PRIMARY KEY, v given); INSERT INTO g VALUES (1, 1);
        INSERT INTO g SELECT 2, (SELECT v FROM domains.g WHERE false);""",
        (
            ("domain-violated", "domains.t.p", 1, ("id=2",)),
            ("domain-violated", "domains.t.s", 1, ("id=2",)),
            ("domain-violated", "domains.t.list", 1, ("id=2",)),
            ("domain-violated", "domains.t.mixed", 1, ("id=2",)),
            ("domain-violated", "domains.g.v", 1, ("id=2",)),
            ("constraint-not-valid", "domains.positive.above_zero", None, ()),
        ),
    ),
    Case(
        "domains_of_length",
        """CREATE DOMAIN currency AS char(3) CHECK (VALUE ~ '^[A-Z]{3}$'); CREATE DOMAIN flags AS bit(4) CHECK (VALUE <> B'0000');
        CREATE DOMAIN rate AS numeric(5, 2) CHECK (VALUE <> 2); CREATE DOMAIN listed AS char(2)[];
        CREATE TABLE t (id int PRIMARY KEY, c currency, f flags, r rate, l listed);
        INSERT INTO t VALUES (1, 'EUR', B'0101', 1.99, '{ab}'), (2, 'USD', B'0001', 2.01, '{cd}');
        ALTER DOMAIN currency ADD CONSTRAINT no_dollar CHECK (VALUE <> 'USD') NOT VALID;
        ALTER DOMAIN listed ADD CONSTRAINT no_cd CHECK (NOT 'cd' = ANY (VALUE)) NOT VALID;""",
        (
            ("domain-violated", "domains_of_length.t.c", 1, ("id=2",)),
            ("domain-violated", "domains_of_length.t.l", 1, ("id=2",)),
            ("constraint-not-valid", "domains_of_length.currency.no_dollar", None, ()),
            ("constraint-not-valid", "domains_of_length.listed.no_cd", None, ()),
        ),
    ),
    Case(
        "bounds",
        """CREATE TABLE t (id int, day int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE good PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE rest PARTITION OF t DEFAULT;
        INSERT INTO t VALUES (1, 5), (2, 500);
        CREATE TABLE bad (id int, day int NOT NULL, PRIMARY KEY (id, day), CONSTRAINT pretended CHECK (day >= 10 AND day < 20) NOT VALID);
        UPDATE pg_constraint SET convalidated = false WHERE conname = 'pretended';
        ALTER TABLE bad DROP CONSTRAINT pretended; INSERT INTO bad VALUES (3, 15), (4, 99);
        ALTER TABLE bad ADD CONSTRAINT pretended CHECK (day IS NOT NULL AND day >= 10 AND day < 20) NOT VALID;
        UPDATE pg_constraint SET convalidated = true WHERE conname = 'pretended';
        ALTER TABLE t ATTACH PARTITION bad FOR VALUES FROM (10) TO (20);
        ALTER TABLE bad DROP CONSTRAINT pretended;
        CREATE TABLE h (id int PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO h SELECT generate_series(1, 50);
        CREATE TABLE l (id int, k text, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
        CREATE TABLE l1 PARTITION OF l FOR VALUES IN ('a', 'b') PARTITION BY RANGE (id);
        CREATE TABLE l1a PARTITION OF l1 FOR VALUES FROM (0) TO (10); INSERT INTO l VALUES (5, 'a');
        CREATE TABLE only_default (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE od PARTITION OF only_default DEFAULT;
        INSERT INTO only_default VALUES (1);""",
        (("row-outside-partition", "bounds.bad", 1, ("id=4, day=99",)),),
    ),
    Case(
        "domains_within",
        """CREATE DOMAIN positive AS int; CREATE DOMAIN list AS positive[]; CREATE DOMAIN short AS int[];
        CREATE TYPE inner_pair AS (p positive, n int); CREATE TYPE outer_pair AS (i inner_pair, x text);
        CREATE DOMAIN ordered AS inner_pair; CREATE TYPE span AS RANGE (subtype = positive);
        CREATE TABLE t (id int PRIMARY KEY, a list, b positive[][], s short, o outer_pair, l outer_pair[], d ordered, r span, rs span[]);
        INSERT INTO t VALUES (1, '{1}', '{{1,2}}', '{1}', ROW(ROW(1, 1), 'x'), ARRAY[ROW(ROW(1, 1), 'x')::outer_pair], ROW(1, 2), '[1,2]', ARRAY['[1,)'::span]),
            (2, '{-1}', '{{1,-2}}', '{1,2,3}', ROW(ROW(-1, 1), 'x'), ARRAY[ROW(ROW(1, 1), 'x')::outer_pair, ROW(ROW(-1, 1), 'x')::outer_pair], ROW(2, 1), '[-1,2]', ARRAY['[-9,)'::span]),
            (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, '{}', '{}', '{}', ROW(NULL, 'x'), '{}', NULL, 'empty', '{}');
        ALTER DOMAIN positive ADD CONSTRAINT above_zero CHECK (VALUE > 0) NOT VALID;
        ALTER DOMAIN short ADD CONSTRAINT few CHECK (cardinality(VALUE) < 3) NOT VALID;
        ALTER DOMAIN ordered ADD CONSTRAINT in_order CHECK ((VALUE).p < (VALUE).n) NOT VALID;""",
        (
            *(
                ("domain-violated", f"domains_within.t.{column}", 1, ("id=2",))
                for column in ("a", "b", "s", "o", "l", "d", "r", "rs")
            ),
            ("constraint-not-valid", "domains_within.positive.above_zero", None, ()),
            ("constraint-not-valid", "domains_within.short.few", None, ()),
            ("constraint-not-valid", "domains_within.ordered.in_order", None, ()),
        ),
    ),
    Case(
        "enums",
        """CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TYPE once AS ENUM ('a'); CREATE DOMAIN felt AS mood; CREATE TYPE pair AS (m mood, n int);
        CREATE TYPE fine AS ENUM ('b', 'it''s', 'c'); ALTER TYPE fine ADD VALUE 'a' BEFORE 'b'; ALTER TYPE fine RENAME VALUE 'c' TO 'C {c}';
        CREATE TABLE t (id int PRIMARY KEY, m mood, d felt, l mood[], p pair, o once, f fine, fs fine[]);
        INSERT INTO t VALUES (1, 'sad', 'happy', '{sad,NULL}', ROW('sad', 1), NULL, 'it''s', '{b,NULL}'),
            (2, 'ok', 'ok', '{{sad,sad},{ok,happy}}', ROW('ok', 1), NULL, 'C {c}', '{}'),
            (3, NULL, NULL, NULL, NULL, 'a', NULL, NULL), (4, 'happy', 'sad', '{}', ROW(NULL, 1), NULL, 'b', '{b,"C {c}"}');
        CREATE TABLE keyed (m mood PRIMARY KEY); INSERT INTO keyed VALUES ('ok'), ('sad');
        DELETE FROM pg_enum WHERE enumlabel = 'ok' AND enumtypid = 'enums.mood'::regtype OR enumtypid = 'enums.once'::regtype;""",
        (
            *(("enum-label-missing", f"enums.t.{column}", 1, ("id=2",)) for column in ("m", "d", "l", "p")),
            ("enum-label-missing", "enums.t.o", 1, ("id=3",)),
            ("enum-label-missing", "enums.keyed.m", 1, ()),
        ),
    ),
    Case(
        "generated",
        """CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
        CREATE FUNCTION fine(int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 3.0';
        CREATE TABLE t (id int PRIMARY KEY, n int, doubled int GENERATED ALWAYS AS (generated.twice(n)) STORED,
            third numeric(5, 2) GENERATED ALWAYS AS (generated.fine(n)) STORED, plain int GENERATED ALWAYS AS (n + 1) STORED);
        INSERT INTO t (id, n) VALUES (1, 5), (2, 0), (3, NULL);
        CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 3 * $1';""",
        (("generated-column-stale", "generated.t.doubled", 1, ("id=1",)),),
    ),
    Case(
        "generated_virtual",
        """CREATE FUNCTION given(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
        CREATE TABLE t (id int PRIMARY KEY, n int, v int GENERATED ALWAYS AS (n * 2) VIRTUAL, failing int GENERATED ALWAYS AS (1 / n) VIRTUAL,
            fine int GENERATED ALWAYS AS (n) VIRTUAL, CONSTRAINT small CHECK (v < 100));
        INSERT INTO t (id, n) VALUES (1, 5), (2, NULL), (3, 0);
        UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'generated_virtual.t'::regclass AND attname = 'v';
        ALTER TABLE t DROP CONSTRAINT small; INSERT INTO t (id, n) VALUES (4, 80); ALTER TABLE t ADD CONSTRAINT small CHECK (v < 100) NOT VALID;""",
        (
            ("null-in-not-null", "generated_virtual.t.v", 1, ("id=2",)),
            ("check-violated", "generated_virtual.t.small", 1, ("id=4",)),
            ("constraint-not-valid", "generated_virtual.t.small", None, ()),
        ),
        since=18,
    ),
)
