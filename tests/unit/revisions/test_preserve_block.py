"""The block at the start of ``upgrade()``: put there, replaced, taken out, and left alone where somebody edited it."""

from __future__ import annotations

import pytest

from alembic_safety.revisions.anatomy import canonical_source, holds_block, policy_of
from alembic_safety.revisions.rewrite import set_preserve

PLAIN = '''"""title"""
from alembic import op

revision = "a"
down_revision = None


def upgrade() -> None:
    # why this is done
    op.run_sql("SELECT 1")


def downgrade() -> None:
    pass
'''
LINES = ['op.preserve_rows("public.t")', 'op.preserve_columns("public.u", ["a", "b"])']


def body_of(source: str) -> str:
    return source[source.index("def upgrade") : source.index("def downgrade")]


def test_it_comes_first_and_every_other_byte_stays():
    source = set_preserve(PLAIN, LINES)
    assert body_of(source).splitlines()[1:5] == [
        next(line for line in source.splitlines() if "begin preserve" in line),
        '    op.preserve_rows("public.t")',
        '    op.preserve_columns("public.u", ["a", "b"])',
        "    # alembic-safety: end preserve",
    ]
    assert set_preserve(source, ()) == PLAIN
    assert set_preserve(source, LINES) == source
    assert set_preserve(source, LINES[:1]) == set_preserve(PLAIN, LINES[:1])


def test_a_certificate_does_not_get_stale_by_it():
    assert canonical_source(set_preserve(PLAIN, LINES)) == canonical_source(PLAIN)


@pytest.mark.parametrize(
    "upgrade",
    [
        'def upgrade() -> None:\n    """Doc."""\n    op.run_sql("SELECT 1")\n',
        'def upgrade(\n    engine: str = "}:{",\n) -> None:\n\n    op.run_sql("SELECT 1")\n',
        'def upgrade():\n\tif True:\n\t\top.run_sql("SELECT 1")\n',
        'def upgrade() -> None:\n    """Only a docstring."""\n',
    ],
)
def test_other_shapes(upgrade):
    source = PLAIN[: PLAIN.index("def upgrade")] + upgrade + "\n\n" + PLAIN[PLAIN.index("def downgrade") :]
    written = set_preserve(source, LINES)
    compile(written, "x", "exec")
    lines = [line.strip() for line in body_of(written).splitlines()]
    assert lines.index(LINES[0]) < (lines.index('op.run_sql("SELECT 1")') if 'op.run_sql("SELECT 1")' in lines else 99)
    assert set_preserve(written, ()) == source


def test_line_ends_and_the_name_of_op():
    crlf = PLAIN.replace("\n", "\r\n")
    assert set_preserve(crlf, LINES).count("\r\n") == crlf.count("\r\n") + 4
    renamed = PLAIN.replace("from alembic import op", "from alembic import op as o").replace("op.run", "o.run")
    assert '    o.preserve_rows("public.t")' in set_preserve(renamed, LINES)
    without = PLAIN.replace("from alembic import op\n", "").replace('op.run_sql("SELECT 1")', "pass")
    assert "    from alembic import op\n" in set_preserve(without, LINES)


def test_an_edited_block_is_its_authors():
    edited = set_preserve(PLAIN, LINES).replace('"public.t"', '"public.other"')
    assert set_preserve(edited, LINES) == edited
    assert not holds_block(edited)
    assert not holds_block("def upgrade(): pass\n")


def test_what_a_revision_says_of_itself():
    assert policy_of(PLAIN) is None
    assert policy_of('preserve = "schema"\n' + PLAIN) == "schema"
    assert policy_of("preserve = 1\n" + PLAIN) is None
