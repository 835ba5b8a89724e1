"""Which stored downgrades are run, and in which order."""

from __future__ import annotations

import pytest

from alembic_safety.errors import GuardError
from alembic_safety.guard.stored import Stored, way_down

#: Two branches over a root, one of them merged with the other.
PARENTS = {"root": (), "a1": ("root",), "a2": ("a1",), "b1": ("root",), "b2": ("b1",), "m": ("a2", "b2"), "n": ("m",)}


def _stored(*missing: str) -> dict[str, Stored]:
    return {
        revision: Stored(revision=revision, down_revisions=parents, title="", grade="exact", statements=())
        for revision, parents in PARENTS.items()
        if revision not in missing
    }


def _way(heads: set[str], to: str | None, *missing: str) -> list[str]:
    return [item.revision for item in way_down(_stored(*missing), heads, to)]


@pytest.mark.parametrize(
    ("heads", "to", "way"),
    [
        ({"n"}, None, ["n"]),
        ({"n"}, "m", ["n"]),
        ({"n"}, "n", []),
        ({"n"}, "base", ["n", "m", "b2", "b1", "a2", "a1", "root"]),
        # What does not stand on it stays, as with 'alembic downgrade'.
        ({"n"}, "a1", ["n", "m", "a2"]),
        ({"a2", "b2"}, "a1", ["a2"]),
        ({"a2", "b2"}, "a2", []),
        ({"a2", "b2"}, "root", ["b2", "b1", "a2", "a1"]),
        ({"a2", "b1"}, "base", ["b1", "a2", "a1", "root"]),
    ],
)
def test_what_stands_on_the_revision_goes_children_first(heads: set[str], to: str | None, way: list[str]) -> None:
    assert _way(heads, to) == way


def test_a_gap_below_the_revision_does_no_harm() -> None:
    assert _way({"n"}, "m", "a1", "root") == ["n"]


@pytest.mark.parametrize(
    ("heads", "to", "missing", "told"),
    [
        ({"a2", "b2"}, None, (), "at 2 heads"),
        ({"n"}, "a1", ("m",), "no downgrade is stored for revision m"),
        ({"n"}, None, ("n",), "no downgrade is stored for revision n"),
        ({"a2", "b2"}, "a1", ("b1",), "no downgrade is stored for revision b1"),  # it may stand on a1
        ({"a2"}, "b1", (), "does not lie below"),
        ({"a2"}, "nowhere", (), "there is no revision 'nowhere'"),
    ],
)
def test_where_there_is_no_way(heads: set[str], to: str | None, missing: tuple[str, ...], told: str) -> None:
    with pytest.raises(GuardError, match=told):
        _way(heads, to, *missing)
