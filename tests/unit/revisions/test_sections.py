"""The two directions of files that hold both."""

from __future__ import annotations

import pytest

from alembic_safety.errors import SourceError
from alembic_safety.revisions.sections import doubtful_line, section_of, tool_of

LIQUIBASE = """\
--liquibase formatted sql

--changeset me:1 runInTransaction:false
CREATE TABLE a (id int);
--rollback DROP TABLE a;

--changeset me:2 dbms:mysql
CREATE TABLE `b` (id int);
--rollback DROP TABLE `b`;

--changeset me:3 dbms:postgresql,h2 runInTransaction:false
--comment two of them
CREATE TABLE c (id int);
CREATE INDEX i ON c (id);
--rollback DROP INDEX i;
--rollback DROP TABLE c

--changeset me:4 runInTransaction:false
INSERT INTO c VALUES (1);
--rollback not required
"""


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("-- Up Migration\nUP;\n-- Down Migration\nBACK;\n", "node-pg-migrate"),
        ("UP;\n--- down migration\nBACK;\n", "node-pg-migrate"),
        ("-- ==== UP ====\nUP;\n-- ==== DOWN ====\nBACK;\n", "shmig"),
        ("-- // title\nUP;\n-- //@UNDO\nBACK;\n", "MyBatis"),
        ("# --- !Ups\nUP;;\n# --- !Downs\nBACK;\n", "Play"),
    ],
)
def test_markers(text: str, tool: str) -> None:
    assert tool_of(text) == tool
    up, down = section_of(text, "up").text, section_of(text, "down").text
    lines = [line.replace(";;", ";") for line in text.splitlines()]
    # Errors point to the line of the file.
    assert (up.splitlines().index("UP;"), down.splitlines().index("BACK;")) == (
        lines.index("UP;"),
        lines.index("BACK;"),
    )
    assert "BACK" not in up
    assert "UP;" not in down


def test_liquibase() -> None:
    up, down = section_of(LIQUIBASE, "up"), section_of(LIQUIBASE, "down")
    assert not up.transaction
    assert "`b`" not in up.text
    # An error in it still points to the line of the file.
    assert up.text.splitlines().index("CREATE INDEX i ON c (id);") == LIQUIBASE.splitlines().index(
        "CREATE INDEX i ON c (id);"
    )
    assert down.text.split() == ["DROP", "INDEX", "i;", "DROP", "TABLE", "c", ";", "DROP", "TABLE", "a;"]
    assert section_of(LIQUIBASE.replace("--rollback DROP TABLE a;", ""), "down").is_empty
    block = LIQUIBASE.replace("--rollback DROP TABLE a;", "/* liquibase rollback\nDROP TABLE a;\n*/")
    assert section_of(block, "down").text.split() == down.text.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--changeset me:1 endDelimiter:/\nSELECT 1\n/\n", "endDelimiter"),
        ("--changeset me:1\nCREATE TABLE ${schema}.t (id int);\n", r"\$\{schema\}: write the value"),
    ],
)
def test_liquibase_that_needs_its_tool_is_refused(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        section_of(f"--liquibase formatted sql\n{text}", "up", file="a.sql")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("CREATE TABLE t (id int);\n-- DOWN\nDROP TABLE t;\n", 2),
        ("CREATE TABLE t (id int);\n\n--- migrate: rollback ---\nDROP TABLE t;\n", 3),
        ("SELECT 1;\n#undo\nSELECT 0;\n", 2),
        # Only comments follow, or it is a sentence.
        ("CREATE TABLE t (id int);\n-- Rollback:\n-- DROP TABLE t;\n", None),
        ("-- roll back by hand: drop the table\nCREATE TABLE t (id int);\n", None),
        ("-- scale down\nUPDATE t SET n = 1;\n", None),
    ],
)
def test_what_may_be_a_way_back_is_told(text: str, line: int | None) -> None:
    assert tool_of(text) is None
    assert doubtful_line(text) == line
