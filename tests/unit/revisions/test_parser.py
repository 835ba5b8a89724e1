"""The grammar behind one module of ours."""

from __future__ import annotations

from alembic_safety.postgres.parser import canonical


def test_a_text_is_written_anew_from_its_tree() -> None:
    assert canonical("select  1 -- c") == canonical("SELECT 1") == "SELECT 1"
    assert canonical("SELECT 'a'") != canonical("SELECT 'b'")


def test_what_is_not_parsed_gets_the_cautious_answer() -> None:
    assert canonical("SELEC 1") is None
