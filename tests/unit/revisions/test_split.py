"""Splitting SQL text: where statements end, and that nothing gets lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alembic_safety.errors import SourceError
from alembic_safety.revisions.script import join
from alembic_safety.revisions.split import split
from alembic_safety.revisions.sql_text import decode_sql

TEXTS = {
    "one": ("SELECT 1", ["SELECT 1"]),
    "two": ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
    "empty": ("", []),
    "only comments": ("-- nothing\n/* ; */\n", []),
    "only semicolons": (";;\n;", []),
    "byte order mark": ("\ufeffSELECT 1;", ["SELECT 1"]),
    "string": ("SELECT 'a;''b;'; SELECT 2", ["SELECT 'a;''b;'", "SELECT 2"]),
    "backslash in a plain string": (r"SELECT 'a\'; SELECT 2", [r"SELECT 'a\'", "SELECT 2"]),
    "escape string": (r"SELECT E'a\';'; SELECT 2", [r"SELECT E'a\';'", "SELECT 2"]),
    "escape string goes on": ("SELECT E'a'\n 'b\\';'; SELECT 2", ["SELECT E'a'\n 'b\\';'", "SELECT 2"]),
    "plain string goes on": ("SELECT 'a'\n'b\\'; SELECT 2", ["SELECT 'a'\n'b\\'", "SELECT 2"]),
    "escape string goes on after a comment": (
        "SELECT E'a' -- it's\n 'b\\';'; SELECT 2",
        ["SELECT E'a' -- it's\n 'b\\';'", "SELECT 2"],
    ),
    "bit and unicode strings": (
        r"SELECT B'1;', X';', U&'\0441;'; SELECT 2",
        [r"SELECT B'1;', X';', U&'\0441;'", "SELECT 2"],
    ),
    "identifier": ('SELECT "a;""b;", U&"x;"; SELECT 2', ['SELECT "a;""b;", U&"x;"', "SELECT 2"]),
    "dollar quotes": ("SELECT $$;$$, $a$ $$;$b$ $a$; SELECT 2", ["SELECT $$;$$, $a$ $$;$b$ $a$", "SELECT 2"]),
    "dollar tag in the body": ("SELECT $a$ $b$a$; SELECT 2", ["SELECT $a$ $b$a$", "SELECT 2"]),
    "dollar in a name": ("SELECT a$b$; SELECT c$b$", ["SELECT a$b$", "SELECT c$b$"]),
    "unicode dollar tag": ("SELECT $é$;$é$; SELECT 2", ["SELECT $é$;$é$", "SELECT 2"]),
    "parameter": ("SELECT $1; SELECT $2", ["SELECT $1", "SELECT $2"]),
    "nested comment": ("SELECT 1 /* a /* ; */ ; */ + 1; SELECT 2", ["SELECT 1 /* a /* ; */ ; */ + 1", "SELECT 2"]),
    "comment after an operator": ("SELECT 1 +-- ;\n 2; SELECT 3", ["SELECT 1 +-- ;\n 2", "SELECT 3"]),
    "comment at the end": ("SELECT 1 -- ;", ["SELECT 1"]),
    "quote in a comment": ("-- it's\nSELECT 1; -- don't\nSELECT 2", ["SELECT 1", "SELECT 2"]),
    "no-break space is a name": ("SELECT a\u00a0b; SELECT 2", ["SELECT a\u00a0b", "SELECT 2"]),
    "rule with several actions": (
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
        ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"],
    ),
    "begin atomic": (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; SELECT 3",
        ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END", "SELECT 3"],
    ),
    "begin atomic of a replaced procedure": (
        "create or replace procedure p() begin /* x */ atomic insert into t values (1); end; select 3",
        ["create or replace procedure p() begin /* x */ atomic insert into t values (1); end", "select 3"],
    ),
    "a function called begin": (
        "CREATE FUNCTION begin() RETURNS int RETURN 1; SELECT 2",
        ["CREATE FUNCTION begin() RETURNS int RETURN 1", "SELECT 2"],
    ),
    "a column called end": (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.end, 1 AS end FROM t; SELECT 2; END; SELECT 3",
        ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.end, 1 AS end FROM t; SELECT 2; END", "SELECT 3"],
    ),
    "plpgsql": (
        "DO $$ BEGIN PERFORM 1; END $$; SELECT 1",
        ["DO $$ BEGIN PERFORM 1; END $$", "SELECT 1"],
    ),
    "standard strings turned off": (
        "SET standard_conforming_strings = off; SELECT 'a\\';'; SET standard_conforming_strings TO on; SELECT 'a\\'; SELECT 1",
        [
            "SET standard_conforming_strings = off",
            "SELECT 'a\\';'",
            "SET standard_conforming_strings TO on",
            "SELECT 'a\\'",
            "SELECT 1",
        ],
    ),
    "windows line ends": ("SELECT 1;\r\n-- c\r\nSELECT 2;\r\n", ["SELECT 1", "SELECT 2"]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_statements_end_where_the_server_ends_them(name: str) -> None:
    text, expected = TEXTS[name]
    script = split(text)
    assert [s.text for s in script.statements] == expected
    assert join(script) == text


def test_a_statement_knows_its_place_and_first_words() -> None:
    text = "-- é\n\nSELECT 1;\n  /* x\n */ create unique\n index concurrently i ON t (a);"
    first, second = split(text).statements
    assert (first.line, second.line) == (3, 5)
    assert text[second.offset :].startswith("create unique")
    assert second.words[:4] == ("CREATE", "UNIQUE", "INDEX", "CONCURRENTLY")


def test_copy_takes_its_data_along() -> None:
    text = "COPY t (a) FROM STDIN WITH (DELIMITER ';'); -- data\n1;'\n\\N\n\\.\nSELECT 1;"
    copy, select = split(text).statements
    assert copy.copy_data == "1;'\n\\N\n"
    assert (select.text, select.line) == ("SELECT 1", 5)
    assert join(split(text)) == text


@pytest.mark.parametrize("end", ["", "\\.", "\\.\n", "\\.\r\n", "\n"])
def test_copy_data_end_at_the_marker_or_with_the_file(end: str) -> None:
    text = f"copy s.t from stdin;\na\tb\n{end}"
    (copy,) = split(text).statements
    assert copy.copy_data.startswith("a\tb\n")
    assert "\\." not in copy.copy_data
    assert join(split(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "COPY t FROM '/tmp/x'; SELECT 1",
        "COPY (SELECT * FROM stdin) TO STDOUT; SELECT 1",
        "COPY stdin TO '/x'; SELECT 1",
    ],
)
def test_other_copies_have_no_data(text: str) -> None:
    assert len(split(text).statements) == 2


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("SELECT 1;\n\\connect other", 2, "\\connect is a command of psql"),
        ("\\i other.sql\n", 1, "wrap that file"),
        ("SELECT 1 \\gexec", 1, "DO block"),
        ("\\set x 1", 1, "write the value"),
        ("\\restrict abc\nSELECT 1;", 1, "pg_dump"),
        ("SELECT 1;\nSELECT 'abc", 2, "unterminated quoted string"),
        ('SELECT 1;\n\nSELECT "abc', 3, "unterminated quoted identifier"),
        ("SELECT $a$ $$", 1, "unterminated dollar-quoted string $a$"),
        ("\n/* /* */", 2, "unterminated /* comment"),
        ("COPY t FROM STDIN; SELECT 1;\n", 1, "next line"),
    ],
)
def test_what_only_psql_understands_is_refused_with_its_place(text: str, line: int, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        split(text, file="001.sql")
    assert says in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("001.sql", line)


def test_a_meta_command_in_a_comment_or_string_is_none() -> None:
    assert len(split("-- \\connect\nSELECT '\\d';\n/* \\i */ SELECT $$\\x$$").statements) == 2


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(SourceError, match=r"x.sql:2: is not UTF-8: byte 0xe9 at offset 13"):
        decode_sql(b"SELECT 1;\n-- \xe9", name="x.sql")
    with pytest.raises(SourceError, match="NUL"):
        decode_sql(b"SELECT \0", name="x.sql")
    assert decode_sql(b"\xe9", name="x.sql", encoding="latin-1") == "é"


PIECES = st.sampled_from(
    [
        "SELECT 1", ";", ";\n", "'a'", "''", "E'\\''", "$$", "$x$", "$$;$$", "--", "/*", "*/", '"', '"a;"', "(", ")", "\n", " ",
        "CREATE FUNCTION f()", " BEGIN ATOMIC ", " CASE ", " END", "COPY t FROM STDIN;\n", "\\.\n", "é", "\u00a0", "\r\n", "1", "a$b", "-", "/",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_joining_gives_the_text_back(text: str) -> None:
    try:
        script = split(text)
    except SourceError:
        return
    assert join(script) == text
    for statement in script.statements:
        assert text[statement.offset :].startswith(statement.text)
        assert statement.text == statement.text.strip(" \t\r\n\f\v")
        assert statement.line == text.count("\n", 0, statement.offset) + 1


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t (a, b) VALUES (1, 'abc''def');\n" * 40_000,
        "SELECT '" + "a''b\n" * 400_000 + "'",
        "CREATE FUNCTION f() AS $$" + "x := 'y';\n" * 200_000 + "$$",
        "CREATE TABLE t (" + ",\n".join(f"c{i} integer NOT NULL" for i in range(80_000)) + ")",
        "/*" * 20_000 + "*/" * 20_000,
        "SELECT 1 " + "+ a " * 400_000,
        "SELECT E'" + "\\'" * 500_000 + "'",
    ],
    ids=["inserts", "string", "body", "table", "comments", "expression", "escapes"],
)
def test_time_is_linear(text: str) -> None:
    began = time.perf_counter()
    assert join(split(text)) == text
    assert time.perf_counter() - began < 10  # about a second; quadratic would be minutes
