"""The rules of every kind of object: one literal mapping, so that a forgotten kind is seen at once."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_safety.downgrade.kinds.base import Rules
from alembic_safety.errors import SynthesisError

#: Kind of ``model.kinds.KINDS`` -> its rules.
RULES: Mapping[str, Rules] = {
}


def rules_of(kind: str) -> Rules:
    """The rules of a kind.

    :raises SynthesisError: for a kind without rules, naming what to extend.
    """
    try:
        return RULES[kind]
    except KeyError:
        raise SynthesisError(
            f"no rules for objects of kind {kind!r}; add them to alembic_safety/downgrade/kinds", subject=kind
        ) from None
