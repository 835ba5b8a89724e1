"""Downgrades that can't but fail are told from those that may not."""

from __future__ import annotations

import textwrap

import pytest

from alembic_safety.revisions.anatomy import Anatomy, refusal_of

REFUSALS = {
    'raise NotImplementedError("rows are merged\\nfor good")': "its downgrade() raises NotImplementedError: rows are merged",
    'if 1 > 2:\n    raise ValueError\nop.irreversible("keys are gone")': "keys are gone",
    'op.execute("drop table u")\nraise errors.Never': "its downgrade() raises errors.Never",
    'raise ValueError(f"{op}")': "its downgrade() raises ValueError",
    "if op.get_bind():\n    return\nraise ValueError": "",
    "if op.get_bind():\n    raise ValueError": "",
    'op.execute("drop table u")': "",
    "pass": "",
}


@pytest.mark.parametrize("body", REFUSALS)
def test_a_refusal(body: str) -> None:
    function = Anatomy("def downgrade():\n" + textwrap.indent(body, "    ")).downgrade
    assert function is not None
    assert refusal_of(function) == REFUSALS[body]
