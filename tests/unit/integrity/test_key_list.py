"""Which keys are looked up in lists: as many as fit, the smallest parents first."""

from __future__ import annotations

from dataclasses import replace

from alembic_safety.integrity.foreign_key import ForeignKey, Side
from alembic_safety.integrity.key_list import MOST_BYTES, key_lists
from alembic_safety.integrity.relation import Relation

KEY = ForeignKey(
    oid=1,
    identity="public.c.fk",
    name="fk",
    child=Relation(10, "public.c", "r", ("id",)),
    parent=Relation(20, "public.p", "r", ("id",)),
    columns=("p",),
    referenced=("id",),
    comparisons=("{parent} OPERATOR(pg_catalog.=) {child}",),
    full=False,
    period=False,
    validated=True,
    enforced=True,
    child_side=Side(1e6, 1e4, 1.0),
    parent_side=Side(1000, 10, 1.0),
    indexed=False,
    distinct=900,
    suspect=None,
    membership="{child} OPERATOR(pg_catalog.=) ANY ({list})",
    element_type="pg_catalog.uuid",
    width=16,
)


def test_a_key_names_its_list():
    (one,), joined = key_lists([KEY])
    assert joined == []
    assert one.violated == "(p OPERATOR(pg_catalog.=) ANY (alembic_safety_list_1)) IS FALSE"
    assert one.load == "SELECT coalesce(array_agg(id::pg_catalog.uuid), '{}') FROM ONLY public.p WHERE id IS NOT NULL"


def test_what_does_not_fit_is_joined():
    rows = MOST_BYTES / (96 + 16) / 2
    half = replace(KEY, oid=2, parent_side=Side(rows * 0.9, 10, 1.0))
    most = replace(KEY, oid=3, parent_side=Side(rows * 1.2, 10, 1.0))
    lists, joined = key_lists([most, half, KEY])
    assert [one.key.oid for one in lists] == [1, 2]
    assert joined == [most]
    assert key_lists([replace(KEY, width=MOST_BYTES)])[0] == []


def test_what_indexes_or_nothing_answer_is_joined():
    merged = replace(KEY, indexed=True)
    unhashable = replace(KEY, membership=None)
    larger = replace(KEY, parent_side=Side(2e6, 1e4, 1.0), width=1)
    assert key_lists([merged, unhashable, larger]) == ([], [merged, unhashable, larger])
