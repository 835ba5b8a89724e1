from __future__ import annotations

import threading

import pytest

from alembic_safety.integrity.checks.inferred import Column, references
from alembic_safety.integrity.connections import as_conninfo
from alembic_safety.integrity.queue import WorkQueue
from alembic_safety.integrity.work import BATCH_SIZE, Item, Task, batches


def task(name, seconds, parallel=False):
    return Task("check", name, seconds, lambda session: (), parallel)


def drain(queue):
    names = []
    while (turn := queue.take()) is not None:
        names.append((turn.task.subject, turn.workers))
        queue.finish(turn)
    return names


def test_the_catalog_comes_first_then_the_largest():
    queue = WorkQueue([task("small", 0.1), task("catalog", 0), task("large", 9)], 2, 0)
    assert [name for name, _ in drain(queue)] == ["catalog", "large", "small"]
    assert queue.remaining() == pytest.approx(0, abs=1e-9)


def test_what_remains_follows_the_pace_and_what_runs(monkeypatch):
    now = 100.0
    monkeypatch.setattr("alembic_safety.integrity.queue.time.monotonic", lambda: now)
    queue = WorkQueue([task("large", 10), task("next", 6), task("last", 4)], 1, 0)
    assert queue.remaining() == pytest.approx(20)
    large = queue.take()
    now += 4
    assert queue.remaining() == pytest.approx(16)
    now += 11  # it takes longer than estimated, and so will the others
    assert queue.remaining() == pytest.approx(1.5 * 10)
    now += 5
    queue.finish(large)
    assert queue.remaining() == pytest.approx(2 * 10, rel=0.05)
    two = WorkQueue([task("large", 10), task("small", 1)], 2, 0)
    assert two.remaining() == pytest.approx(5.5)
    two.take()
    assert two.remaining() == pytest.approx(10)  # nobody helps with the large one


def test_workers_only_for_what_would_run_on_alone():
    tasks = [task("huge", 10, parallel=True), task("serial", 8), task("a", 1, parallel=True), task("b", 1)]
    assert drain(WorkQueue(tasks, 2, 2)) == [("huge", 0), ("serial", 0), ("a", 0), ("b", 0)]
    assert drain(WorkQueue([task("huge", 10, parallel=True), task("b", 1)], 3, 8)) == [("huge", 2), ("b", 0)]
    assert drain(WorkQueue([task("huge", 10, parallel=True)], 3, 1)) == [("huge", 1)]
    assert drain(WorkQueue([task("huge", 10, parallel=True)], 1, 8)) == [("huge", 0)]


def test_processes_are_never_more_than_allowed():
    queue = WorkQueue([task("huge", 10, parallel=True), task("next", 1)], 2, 2)
    first = queue.take()
    assert first is not None
    assert first.workers == 1
    got = []
    thread = threading.Thread(target=lambda: got.append(queue.take()))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()  # no room beside the parallel one
    queue.finish(first)
    thread.join(2)
    assert got[0].task.subject == "next"


def test_stopping_wakes_those_that_wait():
    queue = WorkQueue([task("huge", 10, parallel=True), task("next", 1)], 2, 2)
    queue.take()
    got = []
    thread = threading.Thread(target=lambda: got.append(queue.take()))
    thread.start()
    queue.stop()
    thread.join(2)
    assert got == [None]
    assert [left.subject for left in queue.left] == ["next"]


def test_small_things_share_a_statement_and_large_ones_do_not():
    items = [Item(n, str(n), 0.0) for n in range(BATCH_SIZE + 1)] + [Item(999, "large", 5.0)]
    sizes = sorted(len(batch) for batch in batches(items))
    assert sizes == [1, 1, BATCH_SIZE]


@pytest.mark.parametrize(
    ("url", "conninfo"),
    [
        ("postgresql://u:p%40@h:5/d", "postgresql://u:p%40@h:5/d"),
        ("postgresql+asyncpg://u:p%40@h:5/d", "postgresql://u:p%40@h:5/d"),
        ("postgresql+psycopg://u@/d?host=/run/pg", "postgresql://u@/d?host=%2Frun%2Fpg"),
        ("host=/run/pg dbname=d", "host=/run/pg dbname=d"),
    ],
)
def test_a_url_of_any_driver_is_understood(url, conninfo):
    assert as_conninfo(url) == conninfo


def column(table, relation, name, category="N", type=23, schema="public"):
    return Column(table, schema, relation, name, category, type)


PARENTS = [
    column(1, "customers", "id"),
    column(2, "company", "id"),
    column(3, "categories", "id", "U", 2950),
    column(4, "boxes", "box_id"),
    column(5, "country", "code", "S", 25),
    column(6, "orders", "id"),
    column(7, "orders", "id", schema="archive"),
]


@pytest.mark.parametrize(
    ("name", "category", "type", "parent"),
    [
        ("customer_id", "N", 20, 1),
        ("billing_customer_id", "N", 23, 1),
        ("billingCustomerId", "N", 23, 1),
        ("company_id", "N", 23, 2),
        ("category_id", "U", 2950, 3),
        ("category_id", "N", 23, None),
        ("box_id", "N", 23, 4),
        ("country_code", "S", 1043, 5),
        ("order_id", "N", 23, 6),
        ("grid", "N", 23, None),
        ("external_id", "N", 23, None),
        ("id", "N", 23, None),
    ],
)
def test_references_by_name(name, category, type, parent):
    found = [p.table for _, p in references(iter([column(50, "invoices", name, category, type)]), PARENTS)]
    assert found == ([] if parent is None else [parent])


def test_a_name_that_fits_two_tables_elsewhere_is_no_reference():
    assert list(references(iter([column(50, "invoices", "order_id", schema="other")]), PARENTS)) == []


def test_parent_id_refers_to_the_table_itself():
    assert [p.table for _, p in references(iter([column(1, "customers", "parent_id")]), PARENTS)] == [1]
    assert list(references(iter([column(4, "boxes", "box_id")]), PARENTS)) == []
