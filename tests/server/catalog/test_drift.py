"""Text that is emitted through ``undrift`` comes back from the server as it was."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from alembic_safety.postgres.catalog import undrift
from tests.conftest import ScratchDatabase

EXPRESSIONS = """
v IN ('a', 'b')
v NOT IN ('a', 'b', 'it''s [x]')
v = ANY (ARRAY['a', 'b'])
v = ALL (ARRAY['a'::varchar, 'b'])
n IN (1, 2.5) AND v LIKE 'a%'
n = ANY (ARRAY[1, 2])
b = ANY (ARRAY[1, 2])
c IN ('a', 'b')
t IN ('a', 'b')
v10 IN ('x', 'y') OR v10 IS NULL
v10 = 'x'::varchar(5)
e = ANY (ARRAY['x', 'y']::en[])
dv IN ('a', 'b')
(v IN ('a', 'b')) = (v10 IN ('c', 'd'))
v = ANY ('{a,b}'::text[])
arr && ARRAY['a', 'b'] AND varr && ARRAY['a']::varchar[]
(j -> 'a' ->> 'b')::int > 0
CASE WHEN v = 'a' THEN true ELSE b > 1 END
v SIMILAR TO 'a|b' AND substring(v FROM 1 FOR 3) = 'abc'
interval '1' day * b > interval '2 hours' AND n > -1
CAST(b AS varchar(5)) IN ('1', '2')
""".strip().splitlines()

_Read = Callable[[psycopg.Cursor[tuple[str]]], None]
#: How to make an object of an expression, of the server's own text, and where to read that text.
KINDS = {
    "check": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK ({})",
        "ALTER TABLE t ADD CONSTRAINT k {}",
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'",
    ),
    "index": ("CREATE INDEX i ON t (b) WHERE {}", "{}", "SELECT pg_get_indexdef('i'::regclass)"),
    "view": (
        "CREATE VIEW w AS SELECT {0} AS r FROM t WHERE {0}",
        "CREATE VIEW w AS {}",
        "SELECT pg_get_viewdef('w'::regclass)",
    ),
    "policy": (
        "CREATE POLICY p ON t USING ({})",
        "CREATE POLICY p ON t USING ({})",
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy",
    ),
    "generated": (
        "ALTER TABLE t ADD g bool GENERATED ALWAYS AS ({}) STORED",
        "ALTER TABLE t ADD g bool GENERATED ALWAYS AS ({}) STORED",
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 't'::regclass",
    ),
}
DOMAIN = ("CREATE DOMAIN d AS varchar(20) CONSTRAINT k CHECK ({})", "CREATE DOMAIN d AS varchar(20) CONSTRAINT k {}",
          "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'")  # fmt: skip


def test_expressions_come_back_identical(database: ScratchDatabase) -> None:
    with database.connect() as connection:
        connection.execute(
            "CREATE TYPE en AS ENUM ('x', 'y'); CREATE DOMAIN dv AS varchar(10); CREATE TABLE t (v varchar, v10 varchar(10),"
            " c char(3), t text, n numeric, b int, arr text[], varr varchar[], e en, j jsonb, dv dv)"
        )

        def printed(statement: str, query: str) -> str:
            with connection.transaction(force_rollback=True):
                connection.execute(statement)  # type: ignore[arg-type]
                row = connection.execute(query).fetchone()  # type: ignore[arg-type]
                assert row is not None
                return str(row[0])

        cases = [(kind, *KINDS[kind], each) for kind in KINDS for each in EXPRESSIONS]
        cases += [
            ("domain", *DOMAIN, each)
            for each in ("VALUE IN ('a', 'b')", "VALUE = ANY (ARRAY['a', 'b'])", "VALUE ~ '^a'")
        ]
        for kind, make, again, query, expression in cases:
            first = printed(make.format(expression), query)
            assert printed(again.format(undrift(first)), query) == first, (kind, expression)


@pytest.mark.parametrize(
    ("text", "emitted"),
    [
        ("((s)::text = ANY ((ARRAY['a'::character varying])::text[]))", "((s)::text = ANY (ARRAY['a'::character varying]))"),
        ("(x <> ALL ((ARRAY['(ARRAY['::character varying, ']'::character varying])::text[]))",
         "(x <> ALL (ARRAY['(ARRAY['::character varying, ']'::character varying]))"),
        ("'= ANY ((ARRAY[1])::text[])'::text", "'= ANY ((ARRAY[1])::text[])'::text"),
        ("$f$ ANY ((ARRAY[1])::text[]) $f$", "$f$ ANY ((ARRAY[1])::text[]) $f$"),
        ("f((ARRAY['a'::character varying])::text[])", "f((ARRAY['a'::character varying])::text[])"),
        ("ANY ((ARRAY['a", "ANY ((ARRAY['a"),
        ("nothing", "nothing"),
    ],
)  # fmt: skip
def test_only_the_outer_cast_of_an_array_goes(text: str, emitted: str) -> None:
    assert undrift(text) == emitted
