"""Databases with planted faults: for each check a schema that holds the fault beside rows and objects that only look like it.

``expected`` lists every finding that verifying the schema must give, and no other may come: (code, subject, count, examples).
A count of None is not compared, neither are examples of None.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

Expected = tuple[str, str, "int | None", "tuple[str, ...] | None"]


@dataclass(frozen=True)
class Case:
    name: str
    sql: str
    expected: tuple[Expected, ...]
    #: From this major version on.
    since: int = 14
    #: What SQL in one string can't plant: called with autocommit connections' maker, after ``sql``.
    then: Callable[[Callable[[], psycopg.Connection[Any]], str], None] | None = None
    #: SQL that must give a row, else the server can't hold the case.
    needs: str | None = None


def _failed_index_build(connect, schema):
    with connect() as connection, suppress(psycopg.errors.UniqueViolation):
        connection.execute(f"CREATE UNIQUE INDEX CONCURRENTLY account_email ON {schema}.account (lower(email))")
    with connect() as connection, suppress(psycopg.errors.UniqueViolation):
        connection.execute(f"CREATE UNIQUE INDEX CONCURRENTLY clean_code ON {schema}.clean (code) WHERE code > 0")


def _killed_index_build(connect, schema):
    # A transaction that is older than the build makes it wait before the index is ready.
    with connect() as old, connect() as builder:
        old.execute("BEGIN")
        old.execute(f"INSERT INTO {schema}.event VALUES (3)")
        builder.execute("SET statement_timeout = '300ms'")
        with suppress(psycopg.errors.QueryCanceled):
            builder.execute(f"CREATE INDEX CONCURRENTLY event_half ON {schema}.event (id)")
        old.execute("ROLLBACK")


_REPLICA = "SET session_replication_role = replica;"
_ORIGIN = "SET session_replication_role = origin;"

CASES: tuple[Case, ...] = (
    Case(
        "fk_replica",
        f"""CREATE TABLE customer (id int PRIMARY KEY);
        CREATE TABLE "Order" (id int PRIMARY KEY, customer_id int REFERENCES customer, "billing Customer" int REFERENCES customer);
        INSERT INTO customer SELECT generate_series(1, 10);
        INSERT INTO "Order" SELECT g, g, NULL FROM generate_series(1, 10) g;
        {_REPLICA} INSERT INTO "Order" VALUES (11, 99, 1), (12, 98, 98); UPDATE "Order" SET customer_id = 97 WHERE id = 3; {_ORIGIN}""",
        (
            (
                "orphan-rows",
                'fk_replica."Order"."Order_customer_id_fkey"',
                3,
                ("id=11: customer_id=99", "id=12: customer_id=98", "id=3: customer_id=97"),
            ),
            ("orphan-rows", 'fk_replica."Order"."Order_billing Customer_fkey"', 1, ('id=12: "billing Customer"=98',)),
        ),
    ),
    Case(
        "fk_disable_trigger_all",
        """CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1), (2);
        CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent); INSERT INTO child VALUES (1, 1), (2, 2);
        ALTER TABLE parent DISABLE TRIGGER ALL; DELETE FROM parent WHERE id = 2; ALTER TABLE parent ENABLE TRIGGER ALL;""",
        (("orphan-rows", "fk_disable_trigger_all.child.child_parent_id_fkey", 1, ("id=2: parent_id=2",)),),
    ),
    Case(
        "fk_left_disabled",
        """CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);
        CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent); INSERT INTO child VALUES (1, 1);
        ALTER TABLE child DISABLE TRIGGER ALL;""",
        (("disabled-trigger", "fk_left_disabled.child.child_parent_id_fkey", None, ()),),
    ),
    Case(
        "fk_simple",
        f"""CREATE TABLE p (a int, b text, PRIMARY KEY (a, b), UNIQUE (b, a)); INSERT INTO p VALUES (1, 'x');
        CREATE TABLE c (id int PRIMARY KEY, a int, b text, FOREIGN KEY (b, a) REFERENCES p (b, a));
        {_REPLICA} INSERT INTO c VALUES (1, 1, 'x'), (2, NULL, 'y'), (3, 5, NULL), (4, NULL, NULL), (5, 1, 'y'); {_ORIGIN}""",
        (("orphan-rows", "fk_simple.c.c_b_a_fkey", 1, ("id=5: b=y, a=1",)),),
    ),
    Case(
        "fk_full",
        f"""CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1);
        CREATE TABLE c (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES p MATCH FULL);
        {_REPLICA} INSERT INTO c VALUES (1, 1, 1), (2, NULL, 1), (3, NULL, NULL); {_ORIGIN}""",
        (("orphan-rows", "fk_full.c.c_a_b_fkey", 1, ("id=2: a=NULL, b=1",)),),
    ),
    Case(
        "fk_self",
        f"""CREATE TABLE node (id int PRIMARY KEY, parent_id int REFERENCES node);
        INSERT INTO node VALUES (1, NULL), (2, 1), (3, 3);
        {_REPLICA} INSERT INTO node VALUES (4, 44); {_ORIGIN}""",
        (("orphan-rows", "fk_self.node.node_parent_id_fkey", 1, ("id=4: parent_id=44",)),),
    ),
    Case(
        "fk_partitioned_child",
        f"""CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
        CREATE TABLE c (id int, day int, p_id int REFERENCES p, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10); CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
        CREATE TABLE c_rest PARTITION OF c DEFAULT;
        INSERT INTO c VALUES (1, 1, 1), (2, 11, 1), (3, 50, 1); {_REPLICA} INSERT INTO c VALUES (4, 12, 7); {_ORIGIN}""",
        (("orphan-rows", "fk_partitioned_child.c.c_p_id_fkey", 1, ("id=4, day=12: p_id=7",)),),
    ),
    Case(
        "fk_partitioned_parent",
        f"""CREATE TABLE p (id int PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO p SELECT generate_series(1, 20);
        CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p); INSERT INTO c SELECT g, g FROM generate_series(1, 20) g;
        {_REPLICA} DELETE FROM p WHERE id = 13; {_ORIGIN}""",
        (("orphan-rows", "fk_partitioned_parent.c.c_p_id_fkey", 1, ("id=13: p_id=13",)),),
    ),
    Case(
        "fk_not_valid",
        """CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int); INSERT INTO c VALUES (1, 5), (2, NULL);
        ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p NOT VALID;
        CREATE TABLE clean (id int PRIMARY KEY, p_id int); INSERT INTO clean VALUES (1, NULL);
        ALTER TABLE clean ADD CONSTRAINT clean_p FOREIGN KEY (p_id) REFERENCES p NOT VALID;""",
        (
            ("orphan-rows", "fk_not_valid.c.c_p", 1, ("id=1: p_id=5",)),
            ("constraint-not-valid", "fk_not_valid.c.c_p", None, ()),
            ("constraint-not-valid", "fk_not_valid.clean.clean_p", None, ()),
        ),
    ),
    Case(
        "fk_not_enforced",
        """CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p NOT ENFORCED); INSERT INTO c VALUES (1, 5);""",
        (
            ("orphan-rows", "fk_not_enforced.c.c_p_id_fkey", 1, ("id=1: p_id=5",)),
            ("constraint-not-enforced", "fk_not_enforced.c.c_p_id_fkey", None, ()),
        ),
        since=18,
    ),
    Case(
        "fk_period",
        f"""CREATE TABLE p (id int4range, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
        CREATE TABLE c (id int PRIMARY KEY, p int4range, during daterange, FOREIGN KEY (p, PERIOD during) REFERENCES p (id, PERIOD during));
        INSERT INTO p VALUES ('[1,2)', '[2020-01-01,2020-06-01)'), ('[1,2)', '[2020-06-01,2021-01-01)');
        INSERT INTO c VALUES (1, '[1,2)', '[2020-03-01,2020-09-01)');
        {_REPLICA} INSERT INTO c VALUES (2, '[1,2)', '[2020-03-01,2021-09-01)'), (3, NULL, '[2020-01-01,2029-01-01)'); {_ORIGIN}""",
        (("orphan-rows", "fk_period.c.c_p_during_fkey", 1, ("id=2: p=[1,2), during=[2020-03-01,2021-09-01)",)),),
        since=18,
    ),
    Case(
        "fk_swallowed_cascade",
        """CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
        CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p ON DELETE CASCADE); INSERT INTO c VALUES (1, 1), (2, 2);
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER keep BEFORE DELETE ON c FOR EACH ROW EXECUTE FUNCTION keep(); DELETE FROM p WHERE id = 1;""",
        (("orphan-rows", "fk_swallowed_cascade.c.c_p_id_fkey", 1, ("id=1: p_id=1",)),),
    ),
    Case(
        "fk_no_trigger",
        f"""CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p);
        DELETE FROM pg_depend WHERE classid = 'pg_trigger'::regclass AND objid IN (SELECT oid FROM pg_trigger WHERE tgconstraint = (
            SELECT oid FROM pg_constraint WHERE conrelid = 'fk_no_trigger.c'::regclass AND contype = 'f'));
        DELETE FROM pg_trigger WHERE tgconstraint = (SELECT oid FROM pg_constraint WHERE conrelid = 'fk_no_trigger.c'::regclass AND contype = 'f');
        {_REPLICA} INSERT INTO c VALUES (1, 1); {_ORIGIN}""",
        (
            ("missing-trigger", "fk_no_trigger.c.c_p_id_fkey", None, ()),
            ("orphan-rows", "fk_no_trigger.c.c_p_id_fkey", 1, ("id=1: p_id=1",)),
        ),
    ),
    Case(
        "fk_nondeterministic",
        f"""CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE p (name text COLLATE ci PRIMARY KEY); INSERT INTO p VALUES ('Alpha'), ('Beta');
        CREATE TABLE c (id int PRIMARY KEY, name text COLLATE ci REFERENCES p); INSERT INTO c VALUES (1, 'ALPHA');
        {_REPLICA} INSERT INTO c VALUES (2, 'gamma'); {_ORIGIN}""",
        (("orphan-rows", "fk_nondeterministic.c.c_name_fkey", 1, ("id=2: name=gamma",)),),
        needs="SELECT FROM pg_collation WHERE collprovider = 'i'",
    ),
    Case(
        "fk_large",
        f"""CREATE TABLE p (id bigint PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 30000);
        CREATE TABLE region (id int PRIMARY KEY); INSERT INTO region SELECT generate_series(1, 20);
        CREATE TABLE c (id int PRIMARY KEY, merged bigint REFERENCES p, loose int REFERENCES region, hashed bigint REFERENCES p);
        CREATE INDEX ON c (merged); CREATE INDEX ON c (loose);
        INSERT INTO c SELECT g, g % 30000 + 1, g % 20 + 1, g % 3000 + 1 FROM generate_series(1, 60000) g;
        {_REPLICA} UPDATE c SET merged = 40000, loose = 21, hashed = 40001 WHERE id IN (77, 7777); {_ORIGIN}""",
        (
            ("orphan-rows", "fk_large.c.c_merged_fkey", 2, ("id=77: merged=40000", "id=7777: merged=40000")),
            ("orphan-rows", "fk_large.c.c_loose_fkey", 2, ("id=77: loose=21", "id=7777: loose=21")),
            ("orphan-rows", "fk_large.c.c_hashed_fkey", 2, ("id=77: hashed=40001", "id=7777: hashed=40001")),
        ),
        then=lambda connect, schema: _vacuum(connect, f"{schema}.p", f"{schema}.region", f"{schema}.c"),
    ),
    Case(
        "fk_listed",
        f"""CREATE DOMAIN code AS varchar(40); CREATE TYPE mood AS ENUM ('happy', 'sad');
        CREATE TABLE u (id uuid PRIMARY KEY); INSERT INTO u SELECT md5(g::text)::uuid FROM generate_series(1, 2000) g;
        CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t SELECT 'it''s %s ' || g FROM generate_series(1, 2000) g;
        CREATE TABLE s (id text COLLATE "C" PRIMARY KEY); INSERT INTO s SELECT 'code ' || g FROM generate_series(1, 2000) g;
        CREATE TABLE b (id char(12) PRIMARY KEY); INSERT INTO b SELECT 'b' || g FROM generate_series(1, 2000) g;
        CREATE TABLE n (id numeric PRIMARY KEY); INSERT INTO n SELECT g / 4.0 FROM generate_series(1, 2000) g;
        CREATE TABLE d (id date PRIMARY KEY); INSERT INTO d SELECT '2020-01-01'::date + g FROM generate_series(1, 2000) g;
        CREATE TABLE w (id bigint PRIMARY KEY); INSERT INTO w SELECT g * 1000000007::bigint FROM generate_series(1, 2000) g;
        CREATE TABLE m (id mood PRIMARY KEY); INSERT INTO m VALUES ('happy'), ('sad');
        CREATE TABLE empty (id uuid PRIMARY KEY); CREATE TABLE "Odd %s {{x}}" ("The Id" text PRIMARY KEY); INSERT INTO "Odd %s {{x}}" VALUES ('a');
        CREATE TABLE c (id int PRIMARY KEY, u uuid REFERENCES u, t text REFERENCES t, s code REFERENCES s, b char(12) REFERENCES b,
            n numeric(9, 3) REFERENCES n, d date REFERENCES d, w bigint REFERENCES w MATCH FULL, m mood REFERENCES m, e uuid REFERENCES empty,
            "o'{{}} %s" text REFERENCES "Odd %s {{x}}", fine text REFERENCES t, CHECK (t NOT LIKE '%s{{}}$1'));
        INSERT INTO c SELECT g, md5((g % 2000 + 1)::text)::uuid, 'it''s %s ' || g % 2000 + 1, 'code ' || g % 2000 + 1, 'b' || g % 2000 + 1,
            (g % 2000 + 1) / 4.0, '2020-01-02'::date + g % 2000, (g % 2000 + 1) * 1000000007::bigint, 'happy', NULL, 'a', NULL FROM generate_series(1, 21000) g;
        {_REPLICA} UPDATE c SET u = md5('x')::uuid, t = 'none', s = 'CODE 1', b = 'b', n = 0.1, d = '1999-01-01', w = 5, e = md5('x')::uuid, "o'{{}} %s" = '$1'
            WHERE id IN (77, 7777); DELETE FROM m WHERE id = 'happy'; {_ORIGIN}""",
        (
            *(
                (
                    "orphan-rows",
                    f"fk_listed.c.c_{column}_fkey",
                    2,
                    (f"id=77: {column}={value}", f"id=7777: {column}={value}"),
                )
                for column, value in (
                    ("u", "9dd4e461-268c-8034-f5c8-564e155c67a6"),
                    ("t", "none"),
                    ("s", "CODE 1"),
                    ("b", "b"),
                    ("n", "0.100"),
                    ("d", "1999-01-01"),
                    ("w", "5"),
                    ("e", "9dd4e461-268c-8034-f5c8-564e155c67a6"),
                )
            ),
            ("orphan-rows", "fk_listed.c.c_m_fkey", 21000, None),
            (
                "orphan-rows",
                """fk_listed.c.\"c_o'{} %s_fkey\"""",
                2,
                ("""id=77: \"o'{} %s\"=$1""", """id=7777: \"o'{} %s\"=$1"""),
            ),
        ),
        then=lambda connect, schema: _vacuum(
            connect, *(f"{schema}.{table}" for table in ("u", "t", "s", "b", "n", "d", "w", "c"))
        ),
    ),
    Case(
        "not_null",
        """CREATE TABLE t (id int PRIMARY KEY, "Name" text, other text NOT NULL, free text);
        INSERT INTO t VALUES (1, 'a', 'b', NULL), (2, NULL, 'b', NULL), (3, NULL, 'b', 'x');
        UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'not_null.t'::regclass AND attname = 'Name';""",
        (("null-in-not-null", 'not_null.t."Name"', 2, ("id=2", "id=3")),),
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
    Case(
        "half_detached",
        """CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
        CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
        UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'half_detached.t1'::regclass;""",
        (("partition-half-detached", "half_detached.t1", None, ()),),
    ),
    Case(
        "temporal",
        f"""CREATE TABLE t (id int4range, during daterange, CONSTRAINT t_key PRIMARY KEY (id, during WITHOUT OVERLAPS) DEFERRABLE);
        INSERT INTO t VALUES ('[1,2)', '[2020-01-01,2020-02-01)'), ('[1,2)', '[2020-02-01,2020-03-01)');
        {_REPLICA} INSERT INTO t VALUES ('[1,2)', '[2020-01-15,2020-01-20)'), ('[2,3)', '[2020-01-15,2020-01-20)'); {_ORIGIN}""",
        (
            (
                "exclusion-violated",
                "temporal.t.t_key",
                1,
                ("id=[1,2), during=[2020-01-01,2020-02-01) and id=[1,2), during=[2020-01-15,2020-01-20)",),
            ),
        ),
        since=18,
    ),
    Case(
        "fk_everywhere",
        f"""CREATE TABLE p (id int, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
        CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1, 1), (2, 2);
        CREATE TABLE c (id int, k int, p int, PRIMARY KEY (id, k), FOREIGN KEY (p, k) REFERENCES p) PARTITION BY LIST (k);
        CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1) PARTITION BY RANGE (id); CREATE TABLE c11 PARTITION OF c1 FOR VALUES FROM (0) TO (10);
        CREATE TABLE c2 PARTITION OF c DEFAULT; INSERT INTO c VALUES (1, 1, 1), (2, 2, 2);
        CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (one); INSERT INTO one VALUES (1); INSERT INTO heir VALUES (2);
        CREATE TABLE late (id int PRIMARY KEY, one int REFERENCES one DEFERRABLE INITIALLY DEFERRED, g int GENERATED ALWAYS AS (id) STORED REFERENCES one);
        {_REPLICA} INSERT INTO c VALUES (3, 1, 9); INSERT INTO late VALUES (1, 2); {_ORIGIN}""",
        (
            ("orphan-rows", "fk_everywhere.c.c_p_k_fkey", 1, ("id=3, k=1: p=9, k=1",)),
            # A row of a table that inherits is no row of the table that is referred to.
            ("orphan-rows", "fk_everywhere.late.late_one_fkey", 1, ("id=1: one=2",)),
        ),
    ),
    Case(
        "unique_invalid",
        """CREATE TABLE account (id int PRIMARY KEY, email text); INSERT INTO account VALUES (1, 'a'), (2, 'A'), (3, 'b'), (4, NULL), (5, NULL);
        CREATE TABLE clean (id int PRIMARY KEY, code int); INSERT INTO clean VALUES (1, 1), (2, -1), (3, -1);""",
        (
            ("duplicate-keys", "unique_invalid.account_email", 1, ("lower(email)=a",)),
            ("invalid-index", "unique_invalid.account_email", None, ()),
        ),
        then=_failed_index_build,
    ),
    Case(
        "unique_deferrable",
        f"""CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT t_ab UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, NULL, 1), (4, NULL, 1);
        {_REPLICA} INSERT INTO t VALUES (5, 1, 1); {_ORIGIN}
        CREATE TABLE clean (id int PRIMARY KEY DEFERRABLE); INSERT INTO clean VALUES (1), (2);""",
        (("duplicate-keys", "unique_deferrable.t.t_ab", 1, ("a=1, b=1",)),),
    ),
    Case(
        "unique_nulls",
        f"""CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT t_a UNIQUE NULLS NOT DISTINCT (a) DEFERRABLE); INSERT INTO t VALUES (1, NULL);
        {_REPLICA} INSERT INTO t VALUES (2, NULL); {_ORIGIN}""",
        (("duplicate-keys", "unique_nulls.t.t_a", 1, ("a=NULL",)),),
        since=15,
    ),
    Case(
        "unique_partitioned",
        f"""CREATE TABLE t (id int, a int, PRIMARY KEY (id), CONSTRAINT t_u UNIQUE (id, a) DEFERRABLE) PARTITION BY LIST (id);
        CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1, 2); CREATE TABLE t2 PARTITION OF t DEFAULT;
        ALTER TABLE t DROP CONSTRAINT t_pkey; INSERT INTO t VALUES (1, 1), (9, 1); {_REPLICA} INSERT INTO t VALUES (9, 1); {_ORIGIN}""",
        (
            ("duplicate-keys", "unique_partitioned.t.t_u", 1, ("id=9, a=1",)),
            ("no-primary-key", "unique_partitioned.t", None, ()),
        ),
    ),
    Case(
        "exclusion",
        f"""CREATE TABLE booking (id int PRIMARY KEY, room int4range, during int8range,
            CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&) WHERE (id < 1000) DEFERRABLE);
        INSERT INTO booking VALUES (1, NULL, '[1,5)'), (2, NULL, '[5,9)'), (3, NULL, NULL), (1001, NULL, '[1,9)'), (4, NULL, 'empty');
        {_REPLICA} INSERT INTO booking VALUES (5, NULL, '[8,12)'), (6, NULL, '[100,)'); {_ORIGIN}
        CREATE TABLE spot (id int PRIMARY KEY, place circle, EXCLUDE USING gist (place WITH &&) DEFERRABLE);
        INSERT INTO spot VALUES (1, '<(0,0),1>'), (2, '<(5,5),1>'); {_REPLICA} INSERT INTO spot VALUES (3, '<(5,5),2>'); {_ORIGIN}
        CREATE TABLE clean (id int PRIMARY KEY, during numrange, EXCLUDE USING gist (during WITH &&));
        INSERT INTO clean VALUES (1, '(,1]'), (2, '(1,2]'), (3, '(2,)'), (4, NULL);""",
        (
            ("exclusion-violated", "exclusion.booking.no_overlap", 1, ("id=2 and id=5",)),
            ("exclusion-violated", "exclusion.spot.spot_place_excl", 1, ("id=2 and id=3",)),
        ),
    ),
    Case(
        "half_built",
        "CREATE TABLE event (id int PRIMARY KEY); INSERT INTO event VALUES (1);",
        (("invalid-index", "half_built.event_half", None, ()),),
        then=_killed_index_build,
    ),
    Case(
        "partitioned_index",
        """CREATE TABLE t (id int PRIMARY KEY, a int) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
        CREATE INDEX incomplete ON ONLY t (a); CREATE INDEX complete ON t (id, a);""",
        (("invalid-index", "partitioned_index.incomplete", None, ()),),
    ),
    Case(
        "triggers",
        """CREATE TABLE t (id int PRIMARY KEY);
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER off BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noted(); ALTER TABLE t DISABLE TRIGGER off;
        CREATE TRIGGER "on" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noted();
        CREATE TRIGGER always BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noted(); ALTER TABLE t ENABLE ALWAYS TRIGGER always;
        CREATE TRIGGER replica BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noted(); ALTER TABLE t ENABLE REPLICA TRIGGER replica;
        CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE quiet;""",
        (
            ("disabled-trigger", "triggers.t.off", None, ()),
            ("disabled-trigger", "triggers.t.replica", None, ()),
            ("disabled-trigger", "triggers.t.quiet", None, ()),
        ),
    ),
    Case(
        "sequences",
        """CREATE TABLE fine (id serial PRIMARY KEY, n int); INSERT INTO fine (n) SELECT g FROM generate_series(1, 5) g;
        CREATE TABLE fresh (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
        CREATE TABLE deleted (id serial PRIMARY KEY); INSERT INTO deleted DEFAULT VALUES; INSERT INTO deleted DEFAULT VALUES; DELETE FROM deleted;
        CREATE TABLE behind (id serial PRIMARY KEY); INSERT INTO behind SELECT generate_series(1, 7); SELECT setval('sequences.behind_id_seq', 5);
        CREATE TABLE unset (id serial PRIMARY KEY); INSERT INTO unset VALUES (1);
        CREATE TABLE exact (id serial PRIMARY KEY); INSERT INTO exact VALUES (9); SELECT setval('sequences.exact_id_seq', 10, false);
        CREATE TABLE down (id int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1) PRIMARY KEY); INSERT INTO down VALUES (-5);
        CREATE SEQUENCE round MAXVALUE 10 CYCLE; CREATE TABLE cyclic (id int PRIMARY KEY, n int DEFAULT nextval('sequences.round'));
        INSERT INTO cyclic VALUES (1, 10);
        CREATE SEQUENCE shared; CREATE TABLE named (id int DEFAULT nextval('sequences.shared') PRIMARY KEY); INSERT INTO named VALUES (3);
        CREATE TABLE tiny (id smallserial PRIMARY KEY); SELECT setval('sequences.tiny_id_seq', 32000);
        CREATE SEQUENCE big; CREATE TABLE narrow (id int DEFAULT nextval('sequences.big') PRIMARY KEY); SELECT setval('sequences.big', 2147483647);
        CREATE TABLE parted (id bigserial PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parted1 PARTITION OF parted FOR VALUES FROM (0) TO (99);
        INSERT INTO parted VALUES (33);""",
        (
            ("sequence-behind", "sequences.behind_id_seq", 1, ("id=7",)),
            ("sequence-behind", "sequences.unset_id_seq", 1, ("id=1",)),
            ("sequence-behind", "sequences.down_id_seq", 1, ("id=-5",)),
            ("sequence-behind", "sequences.shared", 1, ("id=3",)),
            ("sequence-running-out", "sequences.tiny_id_seq", 767, ()),
            ("sequence-running-out", "sequences.big", 0, ()),
            ("sequence-behind", "sequences.parted_id_seq", 1, ("id=33",)),
        ),
    ),
    Case(
        "identity",
        """CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY); CREATE TABLE good (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
        DELETE FROM pg_depend WHERE objid = 'identity.t_id_seq'::regclass AND refobjid = 'identity.t'::regclass; DROP SEQUENCE t_id_seq;
        CREATE TABLE p (id bigint PRIMARY KEY, n int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);""",
        (("identity-without-sequence", "identity.t.id", None, ()),),
    ),
    Case(
        "identity_partitioned",
        """CREATE TABLE p (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); INSERT INTO p DEFAULT VALUES;""",
        (),
        since=17,
    ),
    Case(
        "views",
        """CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE gone (id int PRIMARY KEY);
        CREATE FUNCTION inlined() RETURNS SETOF int LANGUAGE sql STABLE AS 'SELECT id FROM views.gone';
        CREATE VIEW broken AS SELECT * FROM inlined() AS i(id); CREATE VIEW fine AS SELECT id FROM t;
        CREATE VIEW on_top AS SELECT * FROM broken; CREATE VIEW writes AS SELECT nextval('views.s') FROM t;
        CREATE MATERIALIZED VIEW empty AS SELECT * FROM t WITH NO DATA; CREATE MATERIALIZED VIEW full_one AS SELECT * FROM t;
        DROP TABLE gone;""".replace("CREATE VIEW broken", "CREATE SEQUENCE s; CREATE VIEW broken"),
        (
            ("broken-view", "views.broken", None, ()),
            ("broken-view", "views.on_top", None, ()),
            ("broken-routine", "views.inlined()", None, ()),
            ("view-not-populated", "views.empty", None, ()),
        ),
    ),
    Case(
        "routines",
        """CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE gone (id int);
        CREATE FUNCTION reads() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM routines.gone';
        CREATE FUNCTION fine() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM routines.t';
        CREATE FUNCTION declares() RETURNS void LANGUAGE plpgsql AS 'DECLARE r routines.gone%ROWTYPE; BEGIN NULL; END';
        CREATE PROCEDURE fine_too() LANGUAGE plpgsql AS 'DECLARE r routines.t%ROWTYPE; BEGIN COMMIT; END';
        CREATE FUNCTION own_path() RETURNS bigint LANGUAGE sql SET search_path = routines AS 'SELECT count(*) FROM t';
        CREATE FUNCTION needs_path() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t';
        CREATE FUNCTION dangerous() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM routines.t; RAISE EXCEPTION ''executed''; END';
        SET check_function_bodies = off;
        CREATE FUNCTION syntax() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1 END';
        CREATE PROCEDURE sql_syntax(INOUT a int) LANGUAGE sql AS 'SELEC 1'; SET check_function_bodies = on; DROP TABLE gone;""",
        (
            ("broken-routine", "routines.reads()", None, ()),
            ("broken-routine", "routines.declares()", None, ()),
            ("broken-routine", "routines.syntax()", None, ()),
            ("broken-routine", "routines.sql_syntax(INOUT a integer)", None, ()),
            ("routine-needs-search-path", "routines.needs_path()", None, ()),
        ),
    ),
    Case(
        "row_security",
        """CREATE TABLE closed (id int PRIMARY KEY); ALTER TABLE closed ENABLE ROW LEVEL SECURITY;
        CREATE TABLE fine (id int PRIMARY KEY); ALTER TABLE fine ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON fine USING (true);
        CREATE TABLE off (id int PRIMARY KEY); CREATE POLICY p ON off USING (true);""",
        (
            ("row-security-without-policy", "row_security.closed", None, ()),
            ("policy-without-row-security", "row_security.off", 1, ()),
        ),
    ),
    Case(
        "primary_keys",
        """CREATE TABLE keyless (id int UNIQUE NOT NULL); CREATE TABLE parted (id int) PARTITION BY LIST (id);
        CREATE TABLE parted1 PARTITION OF parted DEFAULT; CREATE TABLE keyed (id int PRIMARY KEY) PARTITION BY LIST (id);
        CREATE TABLE keyed1 PARTITION OF keyed DEFAULT;""",
        (
            ("no-primary-key", "primary_keys.keyless", None, ()),
            ("no-primary-key", "primary_keys.parted", None, ()),
        ),
    ),
    Case(
        "collations",
        """CREATE COLLATION old (provider = builtin, locale = 'C.UTF-8'); CREATE COLLATION current (provider = builtin, locale = 'C.UTF-8');
        CREATE TABLE t (id int PRIMARY KEY, a text COLLATE old, b text COLLATE current); CREATE UNIQUE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b);
        UPDATE pg_collation SET collversion = '0' WHERE oid = 'collations.old'::regcollation;""",
        (("collation-version-mismatch", "collations.old", 1, ("collations.t_a",)),),
        since=17,
    ),
    Case(
        "collations_icu",
        """CREATE COLLATION old (provider = icu, locale = 'de'); CREATE COLLATION current (provider = icu, locale = 'de');
        CREATE TABLE t (id int PRIMARY KEY, a text COLLATE old, b text COLLATE current); CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b);
        UPDATE pg_collation SET collversion = '0' WHERE oid = 'collations_icu.old'::regcollation;""",
        (("collation-version-mismatch", "collations_icu.old", 1, ("collations_icu.t_a",)),),
        needs="SELECT FROM pg_collation WHERE collprovider = 'i'",
    ),
    Case(
        "types",
        """CREATE DOMAIN key AS bigint; CREATE TABLE p (id bigint PRIMARY KEY, code varchar(10) UNIQUE);
        CREATE TABLE c (id int PRIMARY KEY, narrow int REFERENCES p, fine bigint REFERENCES p, domain_too key REFERENCES p, code text REFERENCES p (code));""",
        (("reference-type-mismatch", "types.c.c_narrow_fkey", None, ()),),
    ),
    Case(
        "inferred",
        """CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers VALUES (1);
        CREATE TABLE companies (id uuid PRIMARY KEY); CREATE TABLE invoices (id int PRIMARY KEY, customer_id int, billing_customer_id bigint,
            company_id uuid, parent_id int, grid int, external_id text, customer_code int);
        INSERT INTO invoices VALUES (1, 1, 1, NULL, NULL, 5, 'x', 4), (2, 1, 77, NULL, 9, 6, 'y', 4);""",
        (
            ("undeclared-reference", "inferred.invoices.customer_id", None, ()),
            ("undeclared-reference", "inferred.invoices.company_id", None, ()),
            ("orphan-rows-inferred", "inferred.invoices.billing_customer_id", 1, ("id=2: billing_customer_id=77",)),
            ("orphan-rows-inferred", "inferred.invoices.parent_id", 1, ("id=2: parent_id=9",)),
        ),
    ),
    Case(
        "no_key_at_all",
        f"""CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p_id int REFERENCES p);
        {_REPLICA} INSERT INTO c VALUES (5); {_ORIGIN}""",
        (
            ("orphan-rows", "no_key_at_all.c.c_p_id_fkey", 1, ("ctid=(0,1): p_id=5",)),
            ("no-primary-key", "no_key_at_all.c", None, ()),
        ),
    ),
)


def _vacuum(connect, *tables):
    with connect() as connection:
        for table in tables:
            connection.execute(f"VACUUM ANALYZE {table}")


def plant(connect: Callable[[], psycopg.Connection[Any]], version: int) -> list[Case]:
    """Make a schema for each case that this server can hold; gives those cases."""
    planted = []
    for case in CASES:
        with connect() as connection:
            if version < case.since * 10000 or (case.needs and not connection.execute(case.needs).fetchone()):
                continue
            connection.execute(f"CREATE SCHEMA {case.name}")
            connection.execute(f"SET search_path = {case.name}")
            connection.execute(case.sql, prepare=False)
        if case.then is not None:
            case.then(connect, case.name)
        planted.append(case)
    return planted
