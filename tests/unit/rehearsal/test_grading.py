"""What a grade says of things that nothing observes."""

from __future__ import annotations

import pytest

from alembic_safety.rehearsal.grading import large_objects_lost


@pytest.mark.parametrize(
    ("upgrade", "is_lost"),
    [
        ("op.run_sql('SELECT lo_put(scan, 0, data) FROM page')", True),
        ("op.run_sql('UPDATE page SET scan = lo_from_bytea (0, data)')", True),
        ("op.execute(\"DO $$ BEGIN EXECUTE format('ALTER LARGE  OBJECT %s OWNER TO app', 5); END $$\")", True),
        ("op.run_sql('UPDATE page SET data = lo_get(scan)')", False),
        ("op.add_column('page', sa.Column('lo_create', sa.Text()))", False),
    ],
)
def test_large_objects_that_an_upgrade_writes_are_said_to_be_lost(upgrade: str, is_lost: bool) -> None:
    source = (
        f"def upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    op.run_sql('SELECT lo_unlink(scan) FROM page')\n"
    )
    assert bool(large_objects_lost(source)) is is_lost
