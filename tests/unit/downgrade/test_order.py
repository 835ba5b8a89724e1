"""Order by need: hard and weak needs, ties, circles."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alembic_safety.downgrade.order import CircleError, Needs, arrange


def needs(*pairs: tuple[str, str], weak: tuple[tuple[str, str], ...] = ()) -> Needs[str]:
    made: Needs[str] = Needs()
    for node, needed in pairs:
        made.add(node, needed)
    for node, needed in weak:
        made.prefer(node, needed)
    return made


def test_ties_go_by_key() -> None:
    assert arrange("cab", needs(), key=str) == ["a", "b", "c"]


def test_what_is_needed_comes_first() -> None:
    assert arrange("abc", needs(("a", "b"), ("b", "c")), key=str) == ["c", "b", "a"]


def test_needs_of_others_are_ignored() -> None:
    assert arrange("ab", needs(("a", "z")), key=str) == ["a", "b"]


def test_a_weak_need_is_kept_where_it_can_be() -> None:
    assert arrange("ab", needs(weak=(("a", "b"),)), key=str) == ["b", "a"]


def test_a_weak_need_gives_way_to_a_circle_and_the_others_stay() -> None:
    assert arrange("abc", needs(("b", "a"), weak=(("a", "b"), ("a", "c"))), key=str) == ["c", "a", "b"]


def test_a_circle_is_named() -> None:
    with pytest.raises(CircleError) as caught:
        arrange("abcd", needs(("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")), key=str)
    assert sorted(caught.value.circle) == ["a", "b", "c"]


def test_why_is_kept() -> None:
    made: Needs[str] = Needs()
    made.add("a", "b", "because")
    made.add("a", "b", "another")
    assert made.why("a", "b") == "because"
    assert made.why("b", "a") is None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=60))
def test_any_order_honours_all_needs_or_names_a_true_circle(pairs: list[tuple[int, int]]) -> None:
    made: Needs[int] = Needs()
    for node, needed in pairs:
        made.add(node, needed)
    try:
        result = arrange(range(21), made, key=lambda n: n)
    except CircleError as error:
        circle = error.circle
        assert all(needed in made.hard[node] for node, needed in zip(circle, [*circle[1:], circle[0]], strict=True))
    else:
        place = {node: n for n, node in enumerate(result)}
        assert sorted(result) == list(range(21))
        assert all(place[needed] < place[node] for node, needed in pairs if node != needed)


def test_five_thousand_nodes_are_arranged_within_a_second() -> None:
    made: Needs[int] = Needs()
    for node in range(1, 5000):
        made.add(node, node - 1)
        made.add(node, node // 2)
    start = time.process_time()
    assert arrange(range(5000), made, key=lambda n: n) == list(range(5000))
    assert time.process_time() - start < 1
