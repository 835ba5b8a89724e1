"""What the setting ``exclude`` means to a rehearsal."""

from __future__ import annotations

from alembic_safety.rehearsal.options import parse_exclusions


def test_a_word_is_a_schema_and_a_dotted_name_a_table_besides_what_always_is():
    exclusions = parse_exclusions(("audit", "public.spatial_ref_sys"))
    assert exclusions.schemas == {"alembic_safety", "audit"}
    assert exclusions.tables == {"alembic_version", "public.spatial_ref_sys"}


def test_nothing_named_leaves_what_always_is():
    exclusions = parse_exclusions(())
    assert (exclusions.schemas, exclusions.tables) == ({"alembic_safety"}, {"alembic_version"})
