"""Duplicates and overlaps, and the indexes that should have kept them out."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.support.corruption.case import ORIGIN, REPLICA, Case


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


CASES: tuple[Case, ...] = (
    Case(
        "temporal",
        f"""CREATE TABLE t (id int4range, during daterange, CONSTRAINT t_key PRIMARY KEY (id, during WITHOUT OVERLAPS) DEFERRABLE);
        INSERT INTO t VALUES ('[1,2)', '[2020-01-01,2020-02-01)'), ('[1,2)', '[2020-02-01,2020-03-01)');
        {REPLICA} INSERT INTO t VALUES ('[1,2)', '[2020-01-15,2020-01-20)'), ('[2,3)', '[2020-01-15,2020-01-20)'); {ORIGIN}""",
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
        {REPLICA} INSERT INTO t VALUES (5, 1, 1); {ORIGIN}
        CREATE TABLE clean (id int PRIMARY KEY DEFERRABLE); INSERT INTO clean VALUES (1), (2);""",
        (("duplicate-keys", "unique_deferrable.t.t_ab", 1, ("a=1, b=1",)),),
    ),
    Case(
        "unique_nulls",
        f"""CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT t_a UNIQUE NULLS NOT DISTINCT (a) DEFERRABLE); INSERT INTO t VALUES (1, NULL);
        {REPLICA} INSERT INTO t VALUES (2, NULL); {ORIGIN}""",
        (("duplicate-keys", "unique_nulls.t.t_a", 1, ("a=NULL",)),),
        since=15,
    ),
    Case(
        "unique_partitioned",
        f"""CREATE TABLE t (id int, a int, PRIMARY KEY (id), CONSTRAINT t_u UNIQUE (id, a) DEFERRABLE) PARTITION BY LIST (id);
        CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1, 2); CREATE TABLE t2 PARTITION OF t DEFAULT;
        ALTER TABLE t DROP CONSTRAINT t_pkey; INSERT INTO t VALUES (1, 1), (9, 1); {REPLICA} INSERT INTO t VALUES (9, 1); {ORIGIN}""",
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
        {REPLICA} INSERT INTO booking VALUES (5, NULL, '[8,12)'), (6, NULL, '[100,)'); {ORIGIN}
        CREATE TABLE spot (id int PRIMARY KEY, place circle, EXCLUDE USING gist (place WITH &&) DEFERRABLE);
        INSERT INTO spot VALUES (1, '<(0,0),1>'), (2, '<(5,5),1>'); {REPLICA} INSERT INTO spot VALUES (3, '<(5,5),2>'); {ORIGIN}
        CREATE TABLE clean (id int PRIMARY KEY, during numrange, EXCLUDE USING gist (during WITH &&));
        INSERT INTO clean VALUES (1, '(,1]'), (2, '(1,2]'), (3, '(2,)'), (4, NULL);""",
        (
            ("exclusion-violated", "exclusion.booking.no_overlap", 1, ("id=2 and id=5",)),
            ("exclusion-violated", "exclusion.spot.spot_place_excl", 1, ("id=2 and id=3",)),
        ),
    ),
    Case(
        "index_gone",
        """CREATE TABLE p (id int PRIMARY KEY, u int UNIQUE); CREATE TABLE c (id int PRIMARY KEY, u int REFERENCES p (u));
        DELETE FROM pg_depend WHERE 'index_gone.p_u_key'::regclass IN (objid, refobjid); DROP INDEX p_u_key;""",
        (
            ("constraint-without-index", "index_gone.c.c_u_fkey", None, ()),
            ("constraint-without-index", "index_gone.p.p_u_key", None, ()),
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
)
