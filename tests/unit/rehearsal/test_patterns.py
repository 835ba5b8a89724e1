"""Texts are written that match a pattern, or none at all."""

from __future__ import annotations

import re

import pytest

from alembic_safety.rehearsal.rows.patterns import matching


@pytest.mark.parametrize(
    "pattern",
    [
        r"^LN-\d{4}-\d{5}$",
        r"^[A-Z]{3}$",
        r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        r"^(a|bc)d?$",
        r"^#[0-9a-fA-F]{6}$",
        r"^[\w.-]{2,}x*?$",
        r"^[]a]$",
        r"^\+[1-9]\d{1,14}$",
    ],
)
def test_what_is_written_matches(pattern: str) -> None:
    texts = [matching(pattern, number) for number in range(20)]
    for text in texts:
        assert text is not None
        assert re.search(pattern, text), text
    assert len(set(texts)) > 1


@pytest.mark.parametrize("pattern", ["(?=a)b", "((", "[", "a{", r"(a)\1", "a)", "*{"])
def test_what_is_not_understood_gives_nothing_or_a_text(pattern: str) -> None:
    assert matching(pattern, 1) is None or isinstance(matching(pattern, 1), str)
