"""Rendering statements as Python: readable, and the same statements."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given, settings
from hypothesis import strategies as st

from alembic_safety.errors import IrreversibleError
from alembic_safety.revisions.lexer import tokens
from alembic_safety.revisions.render import comments, render_body, render_irreversible, render_sql, render_statement
from alembic_safety.revisions.sql_format import formatted, same_tokens


@dataclass
class Step:
    sql: str
    reason: str = ""
    group: str = ""
    call: str = ""


def sent(lines: list[str]) -> str:
    """What the rendered code sends to the server."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer, "transaction_per_migration": True}
    )
    code = "def f(op):\n" + "\n".join("    " + line for line in lines)
    names: dict[str, Any] = {}
    exec(code, names)
    names["f"](Operations(context))
    return buffer.getvalue()


STATEMENTS = [
    "DROP TABLE app.orders",
    "DROP TABLE orders",
    'DROP TABLE "Orders"',
    'DROP TABLE app."user"',
    "DROP INDEX app.orders_idx",
    "DROP INDEX CONCURRENTLY orders_idx",
    "DROP TABLE a, b",
    "ALTER TABLE app.orders DROP COLUMN total",
    "ALTER TABLE app.orders DROP COLUMN total CASCADE",
    "ALTER TABLE app.orders DROP CONSTRAINT orders_check",
    "ALTER TABLE app.orders RENAME TO old_orders",
    "ALTER TABLE app.orders RENAME COLUMN a TO b",
    "ALTER TABLE app.orders ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE app.orders ALTER COLUMN a DROP NOT NULL",
    "ALTER TABLE ONLY app.orders ALTER COLUMN a SET DEFAULT 'a:b %s \\ \"x\"'",
    'COMMENT ON TABLE t IS \'%(a)s :b """ \\\'',
    "CREATE VIEW v AS\n SELECT ':a' AS a,\n    'x\n   y' AS b\n   FROM t",
    "CREATE VIEW v AS\n SELECT a,\n    b\n   FROM t",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $function$\n  SELECT '\"\"\"' || E'\\n'\n\n$function$",
    "SELECT 1 -- c\n+ 2",
    "SELECT 'a'\n'b'",
    "SELECT " + " + ".join(["some_function(1, 'x')"] * 20) + " FROM t WHERE a = 'b' AND c IN (1, 2)",
    "CREATE TABLE t (" + ", ".join(f"column_{i} integer DEFAULT 5 NOT NULL" for i in range(20)) + ")",
    "COMMENT ON TABLE t IS 'Ж \u202e é'",
    "COMMENT ON TABLE t IS 'a\rb\x01'",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_what_is_rendered_sends_the_same_tokens(sql: str) -> None:
    output = sent(render_statement(sql)).replace("COMMIT;", "").replace("BEGIN;", "").strip().removesuffix(";")

    def pieces(text: str) -> list[str]:
        return [text[t.start : t.end].replace('"user"', "user") for t in tokens(text)]

    assert pieces(output) == [p for p in pieces(sql) if p != "COLUMN" or "RENAME" not in sql]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_any_literal_arrives_as_it_is(value: str) -> None:
    sql = "COMMENT ON TABLE t IS '" + value.replace("'", "''") + "'"
    output = sent(render_statement(sql))
    assert output == sql + ";\n\n"


def test_a_body_is_grouped_and_says_why() -> None:
    steps = [
        Step("DROP VIEW v", "it reads the column", "column t.a"),
        Step("ALTER TABLE t DROP COLUMN a", "", "column t.a"),
        Step("DROP TABLE u", "", "table u"),
        Step('SET ROLE "a:b"', "", "table u"),  # for what follows: run_sql would take it back
    ]
    assert render_body(steps, remarks=["Proven on PostgreSQL 18."]) == [
        "# Proven on PostgreSQL 18.",
        "",
        "# column t.a",
        "# it reads the column",
        'op.run_sql("DROP VIEW v")',
        'op.drop_column("t", "a")',
        "",
        "# table u",
        'op.drop_table("u")',
        """op.execute('SET ROLE "a\\\\:b"')""",
    ]
    assert render_body([]) == ["pass"]
    assert render_sql(steps) == (
        "-- column t.a\n-- it reads the column\nDROP VIEW v;\nALTER TABLE t DROP COLUMN a;\n\n-- table u\nDROP TABLE u;\n"
        'SET ROLE "a:b";\n'
    )


def test_what_cannot_be_undone_raises_with_the_reason() -> None:
    for reasons in (["rows of app.orders are gone"], [f"table number {i} is gone" for i in range(20)]):
        with pytest.raises(IrreversibleError) as caught:
            sent(render_irreversible(reasons))
        assert str(caught.value) == "; ".join(reasons)


def test_long_queries_are_laid_out_and_nothing_else_is() -> None:
    query = "CREATE VIEW v AS SELECT a.x, b.y FROM schema_one.table_a a JOIN schema_two.table_b b ON a.id = b.id WHERE a.x > 5"
    assert formatted(query).count("\n") > 2
    assert same_tokens(query, formatted(query))
    function = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1 FROM a WHERE b AND c$$ " + "COST 100 " * 10
    assert formatted(function) == function
    assert not same_tokens("SELECT a - -1", "SELECT a --1")
    assert not same_tokens("SELECT a <= b", "SELECT a < = b")


def test_a_naming_convention_of_the_project_changes_no_name() -> None:
    assert render_statement("DROP INDEX app.i", op="o") == ['o.drop_index(o.f("i"), schema="app")']
    assert render_statement("ALTER TABLE t DROP CONSTRAINT c") == ['op.drop_constraint(op.f("c"), "t")']


def test_a_reason_of_several_lines_stays_a_comment() -> None:
    assert comments(["it fails:\nin: SELECT 1\n  FROM t"]) == ["# it fails: in: SELECT 1   FROM t"]
