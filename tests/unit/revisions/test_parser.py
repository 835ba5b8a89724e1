"""The grammar behind one module of ours."""

from __future__ import annotations

from alembic_safety.postgres.parser import canonical, same_meaning, statement_kinds


def test_texts_are_compared_by_their_trees() -> None:
    assert same_meaning("select  1 -- c", "SELECT 1")
    assert not same_meaning("SELECT 'a'", "SELECT 'b'")
    assert statement_kinds("CREATE INDEX i ON t (a); VACUUM") == ("index_stmt", "vacuum_stmt")


def test_what_is_not_parsed_gets_the_cautious_answer() -> None:
    assert statement_kinds("SELEC 1") is None
    assert canonical("SELEC 1") is None
    assert not same_meaning("SELEC 1", "SELEC 1")
