"""Wrapping raw SQL: which files are migrations, in which order, and which two belong together."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from alembic.config import Config

from alembic_safety.revisions.chain import load_chain
from alembic_safety.revisions.wrap import wrap
from tests.support.raw_sql import outline, tree

LAYOUTS: dict[str, tuple[dict[str, str], list[tuple[str, str, str | None]]]] = {
    "numbers": (
        {"10_c.sql": "SELECT 10", "9_b.sql": "SELECT 9", "1_a.sql": "SELECT 1"},
        [("1", "1_a.sql", None), ("9", "9_b.sql", None), ("10", "10_c.sql", None)],
    ),
    "timestamps": (
        {"20240102030405_b.sql": "SELECT 2", "2024-01-01-000000_a.sql": "SELECT 1"},
        [("20240101000000", "2024-01-01-000000_a.sql", None), ("20240102030405", "20240102030405_b.sql", None)],
    ),
    "golang-migrate": (
        {"000001_a.up.sql": "SELECT 1", "000001_a.down.sql": "SELECT 0", "000002_scale_down.up.sql": "SELECT 2"},
        [("000001", "000001_a.up.sql", "000001_a.down.sql"), ("000002", "000002_scale_down.up.sql", None)],
    ),
    "plain up with down file": (
        {
            "001_a.sql": "SELECT 1",
            "001_a.down.sql": "SELECT 0",
            "002_b.sql": "SELECT 2",
            "002_b.rollback.sql": "SELECT 0",
        },
        [("001", "001_a.sql", "001_a.down.sql"), ("002", "002_b.sql", "002_b.rollback.sql")],
    ),
    "underscore directions": (
        {
            "001_a_up.sql": "SELECT 1",
            "001_a_down.sql": "SELECT 0",
            "002_set_up.sql": "SELECT 2",
            "003_take_down.sql": "SELECT 3",
        },
        [
            ("001", "001_a_up.sql", "001_a_down.sql"),
            ("002", "002_set_up.sql", None),
            ("003", "003_take_down.sql", None),
        ],
    ),
    "rollback folder": (
        {
            "001_a.sql": "SELECT 1",
            "002_b.sql": "SELECT 2",
            "rollback/001_a.sql": "SELECT 0",
            "rollbacks/002_b.rollback.sql": "SELECT 0",
        },
        [("001", "001_a.sql", "001_a.down.sql"), ("002", "002_b.sql", "002_b.down.sql")],
    ),
    "up and down folders": (
        {"up/001_a.sql": "SELECT 1", "down/001_a.sql": "SELECT 0"},
        [("001", "001_a.sql", "001_a.down.sql")],
    ),
    "flyway": (
        {
            "V1_10__ten.sql": "SELECT 3",
            "V1_9__nine.sql": "SELECT 2",
            "V1__first_table.sql": "SELECT 1",
            "U1__first_table.sql": "SELECT 0",
            "R__views.sql": "SELECT 9",
            "afterMigrate.sql": "SELECT 8",
        },
        [
            ("1", "V1__first_table.sql", "U1__first_table.sql"),
            ("1_9", "V1_9__nine.sql", None),
            ("1_10", "V1_10__ten.sql", None),
            ("r__views", "R__views.sql", None),
        ],
    ),
    "dbmate": (
        {
            "1_a.sql": "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 0;\n",
            "2_b.sql": "-- migrate:up\nSELECT 1;\n-- migrate:down\n",
        },
        [("1", "1_a.sql", "1_a.sql"), ("2", "2_b.sql", None)],
    ),
    "goose": (
        {
            "00001_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 0;\n",
            "00002_b.sql": "-- +goose Up\nSELECT 1;\n",
        },
        [("00001", "00001_a.sql", "00001_a.sql"), ("00002", "00002_b.sql", None)],
    ),
    "other markers": (
        {
            "1_a.sql": "-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 0;\n",
            "2_b.sql": "SELECT 1;\n---- Down Migration ----\nSELECT 0;\n",
            "3_c.sql": "-- ==== UP ====\nSELECT 1;\n-- ==== DOWN ====\nSELECT 0;\n",
            "4_d.sql": "-- // title\nSELECT 1;\n-- //@UNDO\nSELECT 0;\n",
            "5_e.sql": "# --- !Ups\nSELECT 1;\n\n# --- !Downs\nSELECT 0;\n",
            "6_f.sql": "--liquibase formatted sql\n--changeset me:1\nSELECT 1;\n--rollback SELECT 0;\n",
            "7_g.sql": "--liquibase formatted sql\n--changeset me:1\nSELECT 1;\n",
        },
        [
            (number, f"{number}_{letter}.sql", None if letter == "g" else f"{number}_{letter}.sql")
            for number, letter in zip("1234567", "abcdefg", strict=True)
        ],
    ),
    "sqitch": (
        {
            "sqitch.plan": "%syntax-version=1.0.0\n%project=shop\n\nschema 2020-01-01T00:00:00Z Me <me@x> # first\n"
            "app/users [schema] 2020-01-02T00:00:00Z Me <me@x>\n@v1 2020-01-03T00:00:00Z Me <me@x>\n\n"
            "app/users [app/users@v1] 2020-01-04T00:00:00Z Me <me@x> # reworked\n",
            "deploy/schema.sql": "SELECT 1",
            "revert/schema.sql": "SELECT 0",
            "deploy/app/users@v1.sql": "SELECT 2",
            "revert/app/users@v1.sql": "SELECT 1",
            "deploy/app/users.sql": "SELECT 3",
            "verify/schema.sql": "SELECT 1/0",
        },
        [
            ("0001", "0001_schema.up.sql", "0001_schema.down.sql"),
            ("0002", "0002_app_users.up.sql", "0002_app_users.down.sql"),
            ("0003", "0003_app_users.up.sql", None),
        ],
    ),
    "diesel": (
        {"2019-01-01-000000_a/up.sql": "SELECT 1", "2019-01-01-000000_a/down.sql": "SELECT 0"},
        [("20190101000000", "2019-01-01-000000_a.up.sql", "2019-01-01-000000_a.down.sql")],
    ),
    "diesel's order": (
        {
            f"{name}/up.sql": "SELECT 1"
            for name in ("2020-12-7-190800_a", "2020-12-15-000000_b", "2025-12-18-1049560000_c", "2026-01-09-164812_d")
        },
        [
            ("20201215000000", "2020-12-15-000000_b.up.sql", None),
            ("2020127190800", "2020-12-7-190800_a.up.sql", None),
            ("202512181049560000", "2025-12-18-1049560000_c.up.sql", None),
            ("20260109164812", "2026-01-09-164812_d.up.sql", None),
        ],
    ),
    "prisma": (
        {"20190101_a/migration.sql": "SELECT 1", "20190102_b/migration.sql": "SELECT 1", "migration_lock.toml": "x"},
        [("20190101", "20190101_a.up.sql", None), ("20190102", "20190102_b.up.sql", None)],
    ),
    "postgrator": (
        {"001.do.first.sql": "SELECT 1", "001.undo.first.sql": "SELECT 0", "002.do.sql": "SELECT 2"},
        [("001", "001.do.first.sql", "001.undo.first.sql"), ("002", "002.do.sql", None)],
    ),
    "numbered folders": (
        {
            "1/01_a.up.sql": "SELECT 1",
            "1/01_a.down.sql": "SELECT 0",
            "2/01_a.up.sql": "SELECT 2",
            "10/01_b.up.sql": "SELECT 3",
        },
        [
            ("1_01", "1_01_a.up.sql", "1_01_a.down.sql"),
            ("2_01", "2_01_a.up.sql", None),
            ("10_01", "10_01_b.up.sql", None),
        ],
    ),
    "several databases": (
        {
            "1_a.postgres.up.sql": "SELECT 1",
            "1_a.postgres.down.sql": "SELECT 0",
            "1_a.mysql.up.sql": "SELECT `1`",
            "2_b.up.sql": "SELECT 1",
            "2_b.up.sqlite3.sql": "SELECT 2",
            "3_c.up.sql": "SELECT `3`",
            "3_c.postgresql.autocommit.up.sql": "SELECT 3",
            "3_c.down.sql": "SELECT 0",
        },
        [
            ("1", "1_a.postgres.up.sql", "1_a.postgres.down.sql"),
            ("2", "2_b.up.sql", None),
            ("3", "3_c.postgresql.autocommit.up.sql", "3_c.down.sql"),
        ],
    ),
    "no numbers": ({"b.sql": "SELECT 2", "a b.sql": "SELECT 1"}, [("a_b", "a b.sql", None), ("b", "b.sql", None)]),
    "seeds beside": ({"1_a.sql": "SELECT 1", "seed.sql": "SELECT 2"}, [("1", "1_a.sql", None)]),
    "same version twice": (
        {"1_b.sql": "SELECT 2", "1_a.sql": "SELECT 1"},
        [("1", "1_a.sql", None), ("1_b", "1_b.sql", None)],
    ),
    "same name in two folders": (
        {"one/1_a.sql": "SELECT 1", "two/1_a.sql": "SELECT 2"},
        [("1", "1_a.sql", None), ("1_a", "two_1_a.sql", None)],
    ),
    "unicode": ({"1_größe.sql": "SELECT 'é'"}, [("1", "1_größe.sql", None)]),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_are_understood(name: str, project: Config, tmp_path: Path) -> None:
    files, expected = LAYOUTS[name]
    source = tree(tmp_path / "sql", dict(files))
    result = wrap(project, [source])
    assert outline(result) == expected
    chain = load_chain(project)
    assert [r.id for r in chain.revisions] == [identifier for identifier, _, _ in expected]
    assert not any(r.missing_files for r in chain.revisions)
    assert wrap(project, [source]).new == []
    for wrapped in result.revisions:
        up = wrapped.migration.up
        assert (result.folder / up.copy_name).read_bytes() == up.path.read_bytes()
        assert hashlib.sha256(up.data).hexdigest() in wrapped.path.read_text()
