"""Marked blocks: what is an edit, and what a code formatter may do."""

from __future__ import annotations

import pytest

from alembic_safety.revisions.markers import blocks, mark


def intact(code: str, now: str) -> bool:
    begin, end = mark("downgrade", code)
    (block,) = blocks(f"{begin}\n{now}{end}\n")
    return block.intact


@pytest.mark.parametrize(
    ("code", "now"),
    [
        ("op.execute('a')\n", 'op.execute("a")\n'),
        ("op.execute('it is \"a\"')\n", 'op.execute("it is \\"a\\"")\n'),
        ("op.execute('')\n", 'op.execute("""""")\n'),
        ("op.execute('a\\nb')\n", 'op.execute("""a\nb""")\n'),
        ("f('é', r'\\d')\n", 'f("é", "\\\\d",)\n'),
    ],
)
def test_other_quotes_are_no_edit(code: str, now: str) -> None:
    assert intact(code, now)
    assert intact(now, code)


@pytest.mark.parametrize(
    ("code", "now"),
    [
        ("f('a')\n", "f('b')\n"),
        ("f('a')\n", "f(b'a')\n"),
        ("f('a\\\\n')\n", "f('a\\n')\n"),
        ("f('\"')\n", 'f("\'")\n'),
    ],
)
def test_other_text_is_one(code: str, now: str) -> None:
    assert not intact(code, now)
