"""Rows that refer to nothing, under every kind of foreign key."""

from __future__ import annotations

from tests.support.corruption.case import ORIGIN, REPLICA, Case, vacuum

CASES: tuple[Case, ...] = (
    Case(
        "fk_replica",
        f"""CREATE TABLE customer (id int PRIMARY KEY);
        CREATE TABLE "Order" (id int PRIMARY KEY, customer_id int REFERENCES customer, "billing Customer" int REFERENCES customer);
        INSERT INTO customer SELECT generate_series(1, 10);
        INSERT INTO "Order" SELECT g, g, NULL FROM generate_series(1, 10) g;
        {REPLICA} INSERT INTO "Order" VALUES (11, 99, 1), (12, 98, 98); UPDATE "Order" SET customer_id = 97 WHERE id = 3; {ORIGIN}""",
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
        {REPLICA} INSERT INTO c VALUES (1, 1, 'x'), (2, NULL, 'y'), (3, 5, NULL), (4, NULL, NULL), (5, 1, 'y'); {ORIGIN}""",
        (("orphan-rows", "fk_simple.c.c_b_a_fkey", 1, ("id=5: b=y, a=1",)),),
    ),
    Case(
        "fk_full",
        f"""CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1);
        CREATE TABLE c (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES p MATCH FULL);
        {REPLICA} INSERT INTO c VALUES (1, 1, 1), (2, NULL, 1), (3, NULL, NULL); {ORIGIN}""",
        (("orphan-rows", "fk_full.c.c_a_b_fkey", 1, ("id=2: a=NULL, b=1",)),),
    ),
    Case(
        "fk_self",
        f"""CREATE TABLE node (id int PRIMARY KEY, parent_id int REFERENCES node);
        INSERT INTO node VALUES (1, NULL), (2, 1), (3, 3);
        {REPLICA} INSERT INTO node VALUES (4, 44); {ORIGIN}""",
        (("orphan-rows", "fk_self.node.node_parent_id_fkey", 1, ("id=4: parent_id=44",)),),
    ),
    Case(
        "fk_partitioned_child",
        f"""CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
        CREATE TABLE c (id int, day int, p_id int REFERENCES p, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10); CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
        CREATE TABLE c_rest PARTITION OF c DEFAULT;
        INSERT INTO c VALUES (1, 1, 1), (2, 11, 1), (3, 50, 1); {REPLICA} INSERT INTO c VALUES (4, 12, 7); {ORIGIN}""",
        (("orphan-rows", "fk_partitioned_child.c.c_p_id_fkey", 1, ("id=4, day=12: p_id=7",)),),
    ),
    Case(
        "fk_partitioned_parent",
        f"""CREATE TABLE p (id int PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO p SELECT generate_series(1, 20);
        CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p); INSERT INTO c SELECT g, g FROM generate_series(1, 20) g;
        {REPLICA} DELETE FROM p WHERE id = 13; {ORIGIN}""",
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
        {REPLICA} INSERT INTO c VALUES (2, '[1,2)', '[2020-03-01,2021-09-01)'), (3, NULL, '[2020-01-01,2029-01-01)'); {ORIGIN}""",
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
        {REPLICA} INSERT INTO c VALUES (1, 1); {ORIGIN}""",
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
        {REPLICA} INSERT INTO c VALUES (2, 'gamma'); {ORIGIN}""",
        (("orphan-rows", "fk_nondeterministic.c.c_name_fkey", 1, ("id=2: name=gamma",)),),
        needs="SELECT FROM pg_collation WHERE collprovider = 'i'",
    ),
    Case(
        "fk_of_length",
        f"""CREATE DOMAIN currency AS char(3); CREATE DOMAIN flags AS bit(4);
        CREATE TABLE p (c currency PRIMARY KEY, f flags UNIQUE); INSERT INTO p VALUES ('EUR', B'0101'), ('USD', B'0001');
        CREATE TABLE c (id int PRIMARY KEY, c currency REFERENCES p, f flags REFERENCES p (f)); INSERT INTO c VALUES (1, 'EUR', B'0101');
        {REPLICA} INSERT INTO c VALUES (2, 'ERR', B'0000'); {ORIGIN}""",
        (
            ("orphan-rows", "fk_of_length.c.c_c_fkey", 1, ("id=2: c=ERR",)),
            ("orphan-rows", "fk_of_length.c.c_f_fkey", 1, ("id=2: f=0000",)),
        ),
    ),
    Case(
        "fk_large",
        f"""CREATE TABLE p (id bigint PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 30000);
        CREATE TABLE region (id int PRIMARY KEY); INSERT INTO region SELECT generate_series(1, 20);
        CREATE TABLE c (id int PRIMARY KEY, merged bigint REFERENCES p, loose int REFERENCES region, hashed bigint REFERENCES p);
        CREATE INDEX ON c (merged); CREATE INDEX ON c (loose);
        INSERT INTO c SELECT g, g % 30000 + 1, g % 20 + 1, g % 3000 + 1 FROM generate_series(1, 60000) g;
        {REPLICA} UPDATE c SET merged = 40000, loose = 21, hashed = 40001 WHERE id IN (77, 7777); {ORIGIN}""",
        (
            ("orphan-rows", "fk_large.c.c_merged_fkey", 2, ("id=77: merged=40000", "id=7777: merged=40000")),
            ("orphan-rows", "fk_large.c.c_loose_fkey", 2, ("id=77: loose=21", "id=7777: loose=21")),
            ("orphan-rows", "fk_large.c.c_hashed_fkey", 2, ("id=77: hashed=40001", "id=7777: hashed=40001")),
        ),
        then=lambda connect, schema: vacuum(connect, f"{schema}.p", f"{schema}.region", f"{schema}.c"),
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
        {REPLICA} UPDATE c SET u = md5('x')::uuid, t = 'none', s = 'CODE 1', b = 'b', n = 0.1, d = '1999-01-01', w = 5, e = md5('x')::uuid, "o'{{}} %s" = '$1'
            WHERE id IN (77, 7777); DELETE FROM m WHERE id = 'happy'; {ORIGIN}""",
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
        then=lambda connect, schema: vacuum(
            connect, *(f"{schema}.{table}" for table in ("u", "t", "s", "b", "n", "d", "w", "c"))
        ),
    ),
    Case(
        "fk_probed",
        f"""CREATE DOMAIN code AS varchar(40);
        CREATE TABLE u (id uuid PRIMARY KEY); INSERT INTO u SELECT md5(g::text)::uuid FROM generate_series(1, 100) g;
        CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t SELECT 'code ' || g FROM generate_series(100, 199) g;
        CREATE TABLE "T {{x}}" ("Id %s" text COLLATE "C" PRIMARY KEY); INSERT INTO "T {{x}}" SELECT 'code ' || g FROM generate_series(100, 199) g;
        CREATE TABLE n (id numeric PRIMARY KEY); INSERT INTO n SELECT g / 4.0 FROM generate_series(1, 100) g;
        CREATE TABLE f (id float8 PRIMARY KEY); INSERT INTO f VALUES ('-infinity'), (0), ('infinity');
        CREATE TABLE b (id bytea PRIMARY KEY); INSERT INTO b SELECT decode(md5(g::text), 'hex') FROM generate_series(1, 100) g;
        CREATE TABLE part (id text PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO part SELECT id FROM t;
        CREATE TABLE empty (id uuid PRIMARY KEY);
        CREATE TABLE c (id int PRIMARY KEY, below uuid REFERENCES u, above uuid REFERENCES u, within code REFERENCES t, backwards text REFERENCES t,
            pattern text REFERENCES t, c text COLLATE "C" REFERENCES "T {{x}}", n numeric(9, 3) REFERENCES n, nan float8 REFERENCES f, zero float8 REFERENCES f,
            b bytea REFERENCES b, part text REFERENCES part, e uuid REFERENCES empty, fine text REFERENCES t, none text REFERENCES t);
        CREATE INDEX ON c (below); CREATE INDEX ON c (above, id); CREATE INDEX ON c (within); CREATE INDEX ON c (backwards DESC NULLS LAST);
        CREATE INDEX ON c (pattern text_pattern_ops); CREATE INDEX ON c (c); CREATE INDEX ON c (n); CREATE INDEX ON c (nan); CREATE INDEX ON c (zero);
        CREATE INDEX ON c (b); CREATE INDEX ON c (part); CREATE INDEX ON c (e); CREATE INDEX ON c (fine); CREATE INDEX ON c (none);
        INSERT INTO c SELECT g, md5((g % 100 + 1)::text)::uuid, md5((g % 100 + 1)::text)::uuid, k, k, k, k, (g % 100 + 1) / 4.0, 0, '-0', decode(md5((g % 100 + 1)::text), 'hex'),
            k, NULL, CASE WHEN g % 2 = 0 THEN k END, NULL FROM (SELECT g, 'code ' || g % 100 + 100 AS k FROM generate_series(1, 21000) g) AS rows;
        {REPLICA} UPDATE c SET below = '00000000-0000-0000-0000-000000000000', above = 'ffffffff-ffff-ffff-ffff-ffffffffffff', within = 'code 1', backwards = 'code 1000',
            pattern = 'code 1000', c = 'CODE 100', n = 0.251, nan = 'NaN', b = '', part = 'code', e = md5('x')::uuid WHERE id IN (77, 7777); {ORIGIN}""",
        tuple(
            (
                "orphan-rows",
                f"fk_probed.c.c_{column}_fkey",
                2,
                (f"id=77: {column}={value}", f"id=7777: {column}={value}"),
            )
            for column, value in (
                ("below", "00000000-0000-0000-0000-000000000000"),
                ("above", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
                ("within", "code 1"),
                ("backwards", "code 1000"),
                ("pattern", "code 1000"),
                ("c", "CODE 100"),
                ("n", "0.251"),
                ("nan", "NaN"),
                ("b", "\\x"),
                ("part", "code"),
                ("e", "9dd4e461-268c-8034-f5c8-564e155c67a6"),
            )
        ),
        then=lambda connect, schema: vacuum(
            connect, *(f"{schema}.{table}" for table in ("u", "t", '"T {x}"', "n", "f", "b", "part", "c"))
        ),
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
        {REPLICA} INSERT INTO c VALUES (3, 1, 9); INSERT INTO late VALUES (1, 2); {ORIGIN}""",
        (
            ("orphan-rows", "fk_everywhere.c.c_p_k_fkey", 1, ("id=3, k=1: p=9, k=1",)),
            # A row of a table that inherits is no row of the table that is referred to.
            ("orphan-rows", "fk_everywhere.late.late_one_fkey", 1, ("id=1: one=2",)),
        ),
    ),
    Case(
        "fk_odd",
        f"""CREATE TABLE parent (parent int PRIMARY KEY, "select" int UNIQUE); INSERT INTO parent SELECT g, g FROM generate_series(1, 300) g;
        CREATE TABLE ends (id bigint PRIMARY KEY); INSERT INTO ends VALUES (-9223372036854775808), (9223372036854775807), (0);
        CREATE TABLE pair (a int, b text, PRIMARY KEY (a, b)); INSERT INTO pair SELECT g, 'x' || g FROM generate_series(1, 300) g;
        CREATE TABLE child (child int PRIMARY KEY, parent int REFERENCES parent, "count" int REFERENCES parent, map int REFERENCES parent,
            v int REFERENCES parent ("select"), safety_jump int REFERENCES parent, ends bigint REFERENCES ends,
            a int, b text, FOREIGN KEY (a, b) REFERENCES pair, FOREIGN KEY (a, b) REFERENCES pair MATCH FULL);
        CREATE INDEX ON child (v); CREATE INDEX ON child (safety_jump); CREATE INDEX ON child (a, b);
        INSERT INTO child SELECT g, k, k, k, k, k, 0, k, 'x' || k FROM (SELECT g, g % 300 + 1 AS k FROM generate_series(1, 21000) g) AS rows;
        CREATE TABLE heir (PRIMARY KEY (child)) INHERITS (child); INSERT INTO heir VALUES (1, 99999);
        {REPLICA} UPDATE child SET parent = 0, "count" = 0, map = 0, v = 0, safety_jump = 0, ends = 1, a = 299 WHERE child = 8;
        UPDATE child SET b = NULL WHERE child = 9; UPDATE child SET a = NULL, b = NULL WHERE child = 10; {ORIGIN}""",
        (
            *(
                ("orphan-rows", f"fk_odd.child.child_{column}_fkey", 1, (f"child=8: {column}={value}",))
                for column, value in (
                    ("parent", 0),
                    ("count", 0),
                    ("map", 0),
                    ("v", 0),
                    ("safety_jump", 0),
                    ("ends", 1),
                )
            ),
            ("orphan-rows", "fk_odd.child.child_a_b_fkey", 1, ("child=8: a=299, b=x9",)),
            ("orphan-rows", "fk_odd.child.child_a_b_fkey1", 2, ("child=8: a=299, b=x9", "child=9: a=10, b=NULL")),
        ),
        then=lambda connect, schema: vacuum(connect, f"{schema}.parent", f"{schema}.pair", f"{schema}.child"),
    ),
    Case(
        "fk_half_its_triggers",
        """CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p);
        DELETE FROM pg_depend WHERE classid = 'pg_trigger'::regclass AND objid IN (SELECT oid FROM pg_trigger WHERE tgrelid = 'fk_half_its_triggers.p'::regclass);
        DELETE FROM pg_trigger WHERE tgrelid = 'fk_half_its_triggers.p'::regclass;""",
        (("missing-trigger", "fk_half_its_triggers.c.c_p_id_fkey", None, ()),),
    ),
    Case(
        "no_key_at_all",
        f"""CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p_id int REFERENCES p);
        {REPLICA} INSERT INTO c VALUES (5); {ORIGIN}""",
        (
            ("orphan-rows", "no_key_at_all.c.c_p_id_fkey", 1, ("ctid=(0,1): p_id=5",)),
            ("no-primary-key", "no_key_at_all.c", None, ()),
        ),
    ),
)
