"""Upgrades and downgrades that commit in between: what others write then, what breaks off, and what goes on where it stopped."""

from __future__ import annotations

import psycopg
import pytest

from alembic_safety.postgres.session import PsycopgSession
from tests.server.preservation.conftest import HERE

SETUP = """
CREATE TABLE item (id int PRIMARY KEY, name text, note text);
INSERT INTO item SELECT i, 'n' || i, 'note' FROM generate_series(1, 9) i;
CREATE TABLE loose (a int, b text);
INSERT INTO loose SELECT i, 'x' FROM generate_series(1, 5) i;
"""


@pytest.fixture
def steps(preserved, database):
    """Run statements each in a transaction of its own, as one session or as another one."""
    preserved.session.execute(SETUP)

    class Steps:
        def __init__(self):
            self.sessions = {"ours": preserved.session}
            self.connections = []

        def open(self, name):
            connection = database.connect(autocommit=True)
            self.connections.append(connection)
            self.sessions[name] = PsycopgSession(connection)

        def __call__(self, sql, who="ours"):
            if who not in self.sessions:
                self.open(who)
            self.sessions[who].execute(sql)

        def block(self, *calls, who="ours"):
            self("; ".join(f"SELECT alembic_safety.{name}({HERE}{arguments})" for name, arguments in calls), who)

        def finish(self, who="ours"):
            return [row[0] for row in self.sessions[who].fetch(f"SELECT alembic_safety.finish_preserving({HERE})")]

    found = Steps()
    yield found
    for connection in found.connections:
        connection.close()


ROWS = [("expect_commits", ""), ("preserve", ", 'rows', 'public.item'")]


def names(preserved):
    return dict(preserved.session.fetch("SELECT id, name FROM item ORDER BY id"))


def test_what_was_written_in_each_transaction_comes_back(preserved, steps):
    before = preserved.rows()
    steps.block(*ROWS, ("preserve", ", 'table', 'public.loose'"))
    steps("UPDATE item SET name = 'x' WHERE id < 4")
    steps("CREATE INDEX CONCURRENTLY made ON item (name)")
    steps("DELETE FROM item WHERE id = 9; INSERT INTO item VALUES (20, 'made'); UPDATE loose SET b = 'y'")
    steps("UPDATE item SET name = 'y' WHERE id < 6")
    assert steps.finish() == []
    assert preserved.left_over() == []
    preserved.down("[public.item, public.loose]", "DROP INDEX made")
    assert preserved.rows() == before


def test_what_others_write_in_between_counts_as_changed_since(preserved, steps):
    steps.block(*ROWS)
    steps("UPDATE item SET name = 'x' WHERE id < 5")
    steps(
        "UPDATE item SET name = 'theirs' WHERE id IN (1, 8); DELETE FROM item WHERE id = 2; INSERT INTO item VALUES (30, 'theirs')",
        "other",
    )
    steps("UPDATE item SET note = 'y' WHERE id < 3")
    assert steps.finish() == []
    preserved.down("[public.item]")
    expected = {i: f"n{i}" for i in range(1, 10)} | {1: "theirs", 8: "theirs", 30: "theirs"}
    del expected[2]
    assert names(preserved) == expected


@pytest.mark.parametrize("call", ["'table', 'public.item'", "'columns', 'public.item', ARRAY['note']"])
def test_what_others_write_to_what_was_kept_as_a_whole_is_said(preserved, steps, call):
    steps.block(("expect_commits", ""), ("preserve", f", {call}"))
    steps("INSERT INTO item VALUES (30, 'theirs')", "other")
    steps("ALTER TABLE item DROP note")
    (doubt,) = steps.finish() or preserved.session.fetch("SELECT unnest(doubts) FROM alembic_safety.preservation")[0]
    assert doubt.startswith("public.item: other sessions wrote to it after its rows had been kept")
    with pytest.raises(psycopg.errors.NoDataFound, match="other sessions wrote to it"):
        preserved.down("ALTER TABLE item ADD note text", "[public.item]")


def test_an_upgrade_that_breaks_off_goes_on_where_it_stopped(preserved, steps):
    before = preserved.rows()
    steps.block(*ROWS, who="first")
    steps("UPDATE item SET name = 'x' WHERE id < 4", "first")
    with pytest.raises(psycopg.errors.NoDataFound, match="did not come to its end"):
        preserved.down("[public.item]")
    steps.connections[0].close()
    steps.block(*ROWS, who="second")
    steps("UPDATE item SET name = name || '!' WHERE id < 6", "second")
    assert steps.finish("second") == []
    assert preserved.left_over() == []
    preserved.down("[public.item]")
    assert preserved.rows() == before


def test_triggers_that_were_switched_off_or_another_session_are_noticed(preserved, steps):
    steps.block(*ROWS)
    steps("ALTER TABLE item DISABLE TRIGGER ALL")
    steps("UPDATE item SET name = 'x'")
    steps("SELECT 1", "other")
    assert steps.finish("other") == []  # it is committed: the downgrade has to ask
    (doubts,) = preserved.session.fetch("SELECT doubts FROM alembic_safety.preservation")[0]
    assert "it went on in another session than it began in" in doubts
    assert "public.item: the triggers that keep its rows were dropped or switched off" in doubts


def test_a_downgrade_that_breaks_off_goes_on_where_it_stopped(preserved, steps):
    before = preserved.rows()
    preserved.up(
        ["preserve 'rows', 'public.item'", "preserve 'rows', 'public.loose'"],
        "DELETE FROM item WHERE id > 5; UPDATE item SET name = 'x'; DELETE FROM loose WHERE a = 1",
    )
    for step in ("begin_restore({})", "restore({}, ARRAY['public.item'])", "begin_restore({})", "restore({}, ARRAY['public.item'])",
                 "restore({}, ARRAY['public.loose'])", "end_restore({})"):  # fmt: skip
        steps(f"SELECT alembic_safety.{step.format(HERE)}")
    assert preserved.rows() == before
    assert preserved.left_over() == []
