"""Fingerprints of tables notice what a dump of their rows would show, and nothing else."""

from __future__ import annotations

import pytest

from alembic_safety.postgres.fingerprint import differences, fingerprints
from tests.conftest import ScratchDatabase

pytestmark = pytest.mark.server

_TABLE = """
CREATE TYPE mood AS ENUM ('calm', 'wild');
CREATE TYPE pair AS (a int, m mood);
CREATE DOMAIN label AS text;
CREATE TABLE "odd Table" (
    id int, n numeric, f float8, i interval, m mood, ms mood[], p pair, l label, j json, b bit(3),
    g point, a aclitem, "Quoted é" text, c char(4), x bytea, ts timestamptz
);
INSERT INTO "odd Table" VALUES
    (1, 1.0, 0.0, '1 day', 'calm', '{calm,NULL}', '(1,wild)', 'l', '{"a": 1}', '101', '(1,2)', 'postgres=r/postgres', 'x', 'ab',
     '\\x00', '2024-01-01'),
    (2, 2, 'NaN', '1 mon', 'wild', NULL, NULL, '', NULL, NULL, NULL, NULL, E'y\\n', NULL, '', 'infinity');
"""
_NAME = 'public."odd Table"'


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE "odd Table" SET n = 1.00 WHERE id = 1""",
        """UPDATE "odd Table" SET n = -n""",
        """UPDATE "odd Table" SET f = '-0' WHERE id = 1""",
        """UPDATE "odd Table" SET i = '24 hours' WHERE id = 1""",
        """UPDATE "odd Table" SET id = 3 - id""",
        """UPDATE "odd Table" SET m = 'wild'""",
        """UPDATE "odd Table" SET j = '{"a":1}' WHERE id = 1""",
        """UPDATE "odd Table" SET l = NULL WHERE id = 2""",
        """UPDATE "odd Table" SET a = 'postgres=w/postgres' WHERE id = 1""",
        """INSERT INTO "odd Table" SELECT * FROM "odd Table" WHERE id = 1""",
        """DELETE FROM "odd Table" WHERE id = 1""",
    ],
)
def test_every_change_is_noticed(database: ScratchDatabase, change: str) -> None:
    database.run(_TABLE)
    session = database.session()
    for strong in (False, True):
        before = fingerprints(session, [_NAME], strong=strong, by_column=True)[_NAME]
        session.execute("BEGIN")
        session.execute(change)
        after = fingerprints(session, [_NAME], strong=strong, by_column=True)[_NAME]
        session.execute("ROLLBACK")
        assert before != after
        assert differences(before, after)
        assert fingerprints(session, [_NAME], strong=strong)[_NAME] == before


def test_what_is_no_difference_is_none(database: ScratchDatabase) -> None:
    database.run(_TABLE)
    session = database.session()
    before = fingerprints(session, [_NAME], by_column=True)[_NAME]
    database.run(
        """
        UPDATE "odd Table" SET id = id;
        ALTER TABLE "odd Table" ADD m2 text;
        UPDATE "odd Table" SET m2 = m;
        ALTER TABLE "odd Table" DROP m;
        ALTER TYPE mood RENAME TO mood_old;
        CREATE TYPE mood AS ENUM ('calm', 'wild');
        ALTER TABLE "odd Table" ADD m mood;
        UPDATE "odd Table" SET m = m2::mood;
        ALTER TABLE "odd Table" DROP m2, ALTER ms TYPE mood[] USING ms::text::mood[];
        """
    )
    session.execute("SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET IntervalStyle = 'iso_8601'")
    after = fingerprints(session, [_NAME], by_column=True)[_NAME]
    assert after == before
    assert differences(before, after) == ()


def test_swapped_values_columns_and_missing_tables(database: ScratchDatabase) -> None:
    database.run("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 10), (2, 20); CREATE TABLE none ()")
    session = database.session()
    before = fingerprints(session, ["public.t", "public.none", "public.gone"], by_column=True)
    assert set(before) == {"public.t", "public.none"}
    assert before["public.none"].rows == 0
    only_a = fingerprints(session, ["public.t"], columns={"public.t": ["a"]})
    database.run("UPDATE t SET b = 30 - b")
    after = fingerprints(session, ["public.t"], by_column=True)
    assert differences(before["public.t"], after["public.t"]) == ("values belong to other rows than before",)
    assert fingerprints(session, ["public.t"], columns={"public.t": ["a"]}) == only_a
    database.run("UPDATE t SET b = 7")
    after = fingerprints(session, ["public.t"], by_column=True)
    assert differences(before["public.t"], after["public.t"]) == ("values of b differ",)
    database.run("DELETE FROM t WHERE a = 1")
    after = fingerprints(session, ["public.t"])
    assert differences(before["public.t"], after["public.t"]) == ("2 rows became 1",)


def test_the_widest_table(database: ScratchDatabase) -> None:
    columns = ", ".join(f"c{i} int DEFAULT {i}" for i in range(1600))
    database.run(f"CREATE TABLE wide ({columns}); INSERT INTO wide DEFAULT VALUES")
    session = database.session()
    before = fingerprints(session, ["public.wide"])["public.wide"]
    database.run("UPDATE wide SET c1599 = 0")
    assert fingerprints(session, ["public.wide"])["public.wide"] != before
