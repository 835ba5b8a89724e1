"""Quoting follows PostgreSQL's rules (the comparison with a server is in tests/server)."""

from __future__ import annotations

import pytest

from alembic_safety.postgres.identifiers import qualified, quote_ident, quote_literal


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders", "orders"),
        ("_x9", "_x9"),
        ("Orders", '"Orders"'),
        ("9lives", '"9lives"'),
        ("with space", '"with space"'),
        ('with"quote', '"with""quote"'),
        ("a$b", '"a$b"'),
        ("user", '"user"'),
        ("select", '"select"'),
        ("left", '"left"'),  # may be a function or type
        ("between", '"between"'),  # may be a column
        ("name", "name"),  # unreserved
        ("straße", '"straße"'),
        ("line\nbreak", '"line\nbreak"'),
        ("trailing\n", '"trailing\n"'),
    ],
)
def test_quote_ident(name: str, expected: str) -> None:
    assert quote_ident(name) == expected


@pytest.mark.parametrize("name", ["", "nul\0"])
def test_what_can_not_be_an_identifier(name: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        quote_ident(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "''"),
        ("it's", "'it''s'"),
        ("back\\slash", "E'back\\\\slash'"),
        ("\\'", "E'\\\\'''"),
        ("%s :x $1", "'%s :x $1'"),
    ],
)
def test_quote_literal(text: str, expected: str) -> None:
    assert quote_literal(text) == expected


def test_a_literal_can_not_hold_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote_literal("a\0b")


def test_qualified() -> None:
    assert qualified("public", "Table") == 'public."Table"'
    assert qualified(None, "table") == '"table"'
    assert qualified("", "t") == "t"
