"""Comparison of snapshots: by address, by name, and without knowing any kind of object."""

from __future__ import annotations

import ast
import time
from dataclasses import replace
from pathlib import Path

import pytest

from alembic_safety.downgrade import compare, order, plan
from alembic_safety.downgrade.compare import Tier, changes, differences
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.kinds import KINDS
from alembic_safety.model.snapshot import Snapshot

TABLE = Address("pg_class", 1)


def column(number: int, name: str, kind: str = "integer") -> CatalogObject:
    return CatalogObject(
        kind="column",
        address=Address("pg_class", 1, number),
        identity=f"public.t.{name}",
        name=name,
        schema="public",
        parent=TABLE,
        props={"type": kind},
    )


def table(*columns: str, **facts: object) -> CatalogObject:
    props = {"columns_order": list(columns), "persistence": "permanent"}
    made = CatalogObject(
        kind="table", address=TABLE, identity="public.t", name="t", schema="public", props=props, owner="me"
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def snapshot(*objects: CatalogObject) -> Snapshot:
    return Snapshot(server_version=180000, objects={o.address: o for o in objects})


def test_equal_snapshots_have_neither_changes_nor_differences() -> None:
    one, other = snapshot(table("a"), column(1, "a")), snapshot(table("a"), column(1, "a"))
    assert changes(one, other) == []
    assert differences(one, other) == []


def test_the_physical_order_of_columns_is_no_structure() -> None:
    assert snapshot(table("a", "b")).structure_fingerprint == snapshot(table("b", "a")).structure_fingerprint
    other = snapshot(table("a", "b", props={"persistence": "unlogged"}))
    assert other.structure_fingerprint != snapshot(table("a", "b")).structure_fingerprint


def test_a_rename_is_a_rename_by_address_and_two_differences_by_name() -> None:
    before, after = snapshot(table("a"), column(1, "a")), snapshot(table("b"), column(1, "b"))
    assert [c.action for c in changes(before, after) if c.kind == "column"] == ["renamed"]
    assert [d.message for d in differences(before, after)] == [
        "column public.t.a is missing",
        "column public.t.b was left behind",
    ]


@pytest.mark.parametrize(
    ("facts", "action"),
    [
        ({"schema": "app", "identity": "app.t"}, "moved"),
        ({"owner": "you"}, "re-owned"),
        ({"acl": ("you=r/me",)}, "re-granted"),
        ({"comment": "hello"}, "re-commented"),
        ({"labels": (("p", "l"),)}, "re-labelled"),
    ],
)
def test_each_fact_has_its_action(facts: dict[str, object], action: str) -> None:
    assert changes(snapshot(table()), snapshot(table(**facts)))[0].action == action


def test_created_and_dropped() -> None:
    assert [c.action for c in changes(snapshot(), snapshot(table()))] == ["created"]
    assert [c.action for c in changes(snapshot(table()), snapshot())] == ["dropped"]


def test_a_type_is_told_in_plain_words_with_the_keys_that_changed() -> None:
    before, after = snapshot(table("a"), column(1, "a", "bigint")), snapshot(table("a"), column(1, "a"))
    assert changes(before, after)[0].keys == ("type",)
    assert [d.message for d in differences(before, after)] == ["column public.t.a has type integer, had bigint"]


def test_column_order_is_a_tier_of_its_own() -> None:
    before, after = snapshot(table("a", "b")), snapshot(table("b", "a"))
    assert [d.tier for d in differences(before, after)] == [Tier.COLUMN_ORDER]
    assert changes(before, after)[0].actions == ("re-ordered",)


def test_another_set_of_columns_is_not_reported_as_their_order() -> None:
    assert differences(snapshot(table("a", "b")), snapshot(table("b"))) == []


def test_privileges_can_be_left_out() -> None:
    before, after = snapshot(table()), snapshot(table(owner="you"))
    assert [d.tier for d in differences(before, after)] == [Tier.PRIVILEGES]
    assert differences(before, after, privileges=False) == []


def test_children_of_a_missing_object_are_not_listed_again() -> None:
    before = snapshot(table("a"), column(1, "a"))
    assert [d.message for d in differences(before, snapshot())] == ["table public.t is missing"]
    assert [d.message for d in differences(snapshot(), before)] == ["table public.t was left behind"]


def test_unmodelled_objects_count() -> None:
    other = replace(snapshot(), unmodelled=(("large object", "42"),))
    assert [d.message for d in differences(snapshot(), other)] == ["large object 42 was left behind"]


@pytest.mark.parametrize("module", [compare, order, plan])
def test_the_general_parts_know_no_kind_of_object(module: object) -> None:
    source = Path(str(module.__file__)).read_text()  # type: ignore[attr-defined]
    texts = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert texts.isdisjoint(set(KINDS))


def test_five_thousand_objects_are_compared_within_a_second() -> None:
    def many(kind: str) -> Snapshot:
        return snapshot(table(), *(column(n, f"c{n}", kind) for n in range(1, 5001)))

    one, other = many("integer"), many("bigint")
    start = time.process_time()
    assert len(changes(one, other)) == 5000
    assert len(differences(one, other)) == 5000
    assert time.process_time() - start < 1
