"""Wrapping raw SQL: layouts, names, idempotence, refusals, and nothing half written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.chain import load_chain
from alembic_safety.revisions.wrap import WrapResult, wrap


def tree(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def outline(result: WrapResult) -> list[tuple[str, str, str | None]]:
    """(identifier, copied file of the way up, copied file of the way down)."""
    return [
        (
            w.revision,
            w.migration.up.copy_name,
            w.migration.down.copy_name if w.migration.down and w.has_downgrade else None,
        )
        for w in result.revisions
    ]


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


def test_a_revision_is_readable(project: Config, tmp_path: Path) -> None:
    source = tree(
        tmp_path / "sql", {"0001_add-users.up.sql": "SELECT 1;\nVACUUM;", "0001_add-users.down.sql": "SELECT 0"}
    )
    (wrapped,) = wrap(project, [source]).revisions
    up, down = (hashlib.sha256(b).hexdigest() for b in (b"SELECT 1;\nVACUUM;", b"SELECT 0"))
    assert (
        wrapped.path.read_text()
        == f'''"""Add users

Wrapped from 0001_add-users.up.sql.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Outside of a transaction, line 2: VACUUM can't run in a transaction.
    op.run_sql_file(
        "0001_add-users.up.sql",
        sha256="{up}",
    )


def downgrade() -> None:
    op.run_sql_file(
        "0001_add-users.down.sql",
        sha256="{down}",
    )
'''
    )


def test_new_files_go_on_the_head_and_a_changed_one_is_refused(project: Config, tmp_path: Path) -> None:
    source = tree(tmp_path / "sql", {"1_a.sql": "SELECT 1"})
    wrap(project, [source])
    tree(source, {"2_b.sql": "SELECT 2"})
    result = wrap(project, [source])
    assert [(w.revision, w.parent, w.is_new) for w in result.revisions] == [("1", None, False), ("2", "1", True)]
    tree(source, {"1_a.sql": "SELECT 3", "3_c.sql": "SELECT 3"})
    old, new = (hashlib.sha256(text).hexdigest() for text in (b"SELECT 1", b"SELECT 3"))
    with pytest.raises(SourceError, match=f"SHA-256 was {old}, now it is {new}"):
        wrap(project, [source])
    assert not (tmp_path / "versions" / "3_c.sql").exists()


def test_a_dry_run_writes_nothing(project: Config, tmp_path: Path) -> None:
    source = tree(tmp_path / "sql", {"1_a.sql": "SELECT 1"})
    assert len(wrap(project, [source], dry_run=True).new) == 1
    assert list((tmp_path / "versions").iterdir()) == []


def test_all_bad_files_are_named_and_nothing_is_written(project: Config, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "1_a.sql": "SELECT 1",
        "2_b.sql": "SELECT 'x",
        "3_c.sql": "SELECT 1;\n\\connect x",
        "4_d.sql": "SELECT 4",
    }
    with pytest.raises(SourceError) as caught:
        wrap(project, [tree(tmp_path / "sql", files)])
    assert "2 files can't be wrapped" in str(caught.value)
    assert "2_b.sql:1: unterminated quoted string" in str(caught.value)
    assert "3_c.sql:2: \\connect" in str(caught.value)
    assert list((tmp_path / "versions").iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing(project: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tree(tmp_path / "sql", {f"{i}_a.sql": f"SELECT {i}" for i in range(5)})
    original, calls = os.link, []

    def link(*arguments: Any, **options: Any) -> None:
        calls.append(arguments)
        if len(calls) == 6:
            raise OSError(28, "No space left on device")
        original(*arguments, **options)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(SourceError, match="No space left on device; nothing was written"):
        wrap(project, [source])
    assert list((tmp_path / "versions").iterdir()) == []


REFUSED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "not UTF-8": ({"1_a.sql": b"SELECT '\xe9'"}, r"1_a.sql:1: is not UTF-8: byte 0xe9 at offset 8"),
    "flyway placeholder": (
        {"V1__a.sql": "CREATE TABLE x;\nSELECT ${schema}"},
        r"V1__a.sql:2: Flyway would put a value .*\$\{schema\}",
    ),
    "goose variables": ({"1_a.sql": "-- +goose ENVSUB ON\n-- +goose Up\nSELECT 1"}, "write the values instead"),
    "two ways down": (
        {"1_a.sql": "SELECT 1", "1_a.down.sql": "SELECT 0", "1_a.rollback.sql": "SELECT 0"},
        "more than one file",
    ),
    "nothing": ({"readme.txt": "x"}, "no SQL migration was found"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_wrapped_is_refused(name: str, project: Config, tmp_path: Path) -> None:
    files, message = REFUSED[name]
    with pytest.raises((SourceError, UsageError), match=message):
        wrap(project, [tree(tmp_path / "sql", files)])
    assert list((tmp_path / "versions").iterdir()) == []


def test_what_is_left_out_or_unusual_is_said(project: Config, tmp_path: Path) -> None:
    source = tree(
        tmp_path / "sql",
        {
            "1_a.sql": "",
            "2_b.sql": "\ufeff-- nothing\n",
            "2_b.down.sql": "-- nothing",
            "3_c.go": "x",
            "4_d.down.sql": "SELECT 0",
            "seed.sql": "SELECT 1",
            "5_e.sql": "SELECT 5",
            "5_f.sql": "SELECT 5",
            "6_g.sql": "SELECT 6",
            "6_g.down.sql": "BEGIN RAISE 'no way back'; END; $$;",
        },
    )
    notices = "\n".join(wrap(project, [source]).notices)
    for text in (
        "1_a.sql holds no statement",
        "2_b.sql holds no statement",
        "2_b.down.sql holds no statement",
        "not SQL: 3_c.go",
        "4_d.down.sql has no file for the way up",
        "seed.sql has no version number",
        "5_e.sql and 5_f.sql have the same version 5",
        "6_g.down.sql:1: unterminated dollar-quoted string $$: close it, nothing after this line was read; that way down is left out",
    ):
        assert text in notices


def test_no_transaction_is_taken_over(project: Config, tmp_path: Path) -> None:
    source = tree(
        tmp_path / "sql",
        {
            "1_a/up.sql": "SELECT 1",
            "1_a/metadata.toml": "run_in_transaction = false\n",
            "2_b.sql": "-- migrate:up transaction:false\nSELECT 1",
            "3_c.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1",
            "V4__d.sql": "SELECT 1",
            "V4__d.sql.conf": "executeInTransaction=false\n",
            "5_e.sql": "-- +migrate Up notransaction\nSELECT 1",
            "6_f.sql": "SELECT 1",
        },
    )
    result = wrap(project, [source])
    assert [[p.autocommit for p in w.parts] for w in result.revisions] == [[True]] * 5 + [[False]]
    assert ["transaction=False" in w.path.read_text() for w in result.revisions] == [
        True,
        False,
        False,
        True,
        False,
        False,
    ]


def test_symbolic_links_are_read_and_never_written_through(project: Config, tmp_path: Path) -> None:
    real = tree(tmp_path / "real", {"a.sql": "SELECT 1"})
    source = tmp_path / "sql"
    source.mkdir()
    (source / "1_a.sql").symlink_to(real / "a.sql")
    (source / "loop").symlink_to(source)
    (tmp_path / "versions" / "1_a.sql").symlink_to(real / "a.sql")
    with pytest.raises(SourceError, match="is a symbolic link"):
        wrap(project, [source])
    (tmp_path / "versions" / "1_a.sql").unlink()
    wrap(project, [source])
    assert not (tmp_path / "versions" / "1_a.sql").is_symlink()


def test_files_that_are_there_already_are_not_overwritten(project: Config, tmp_path: Path) -> None:
    source = tree(tmp_path / "sql", {"1_a.sql": "SELECT 1"})
    tree(tmp_path / "versions", {"1_a.sql": "SELECT 2"})
    with pytest.raises(SourceError, match="exists already with another content"):
        wrap(project, [source])
    tree(tmp_path / "versions", {"1_a.sql": "SELECT 1"})
    assert len(wrap(project, [source]).new) == 1


def test_files_in_the_version_location_itself_are_wrapped_in_place(project: Config, tmp_path: Path) -> None:
    tree(tmp_path / "versions", {"1_a.sql": "SELECT 1"})
    wrap(project, [tmp_path / "versions"])
    assert sorted(p.name for p in (tmp_path / "versions").iterdir()) == ["1_a.py", "1_a.sql"]


def test_several_heads_need_a_choice(project: Config, tmp_path: Path) -> None:
    source = tree(tmp_path / "sql", {"1_a.sql": "SELECT 1"})
    for name in "xy":
        tree(tmp_path / "versions", {f"{name}.py": f"revision = {name!r}\ndown_revision = None\n"})
    with pytest.raises(UsageError, match="2 heads, x, y: choose one by --head"):
        wrap(project, [source])
    assert wrap(project, [source], head="y").revisions[0].parent == "y"


def test_revisions_without_a_way_down_are_handed_to_the_synthesizer(project: Config, tmp_path: Path) -> None:
    source = tree(tmp_path / "sql", {"1_a.sql": "SELECT 1", "2_b.sql": "SELECT 2", "2_b.down.sql": "SELECT 0"})
    seen: list[str] = []
    wrap(project, [source], synthesize=lambda r: seen.extend(w.revision for w in r.new if not w.has_downgrade))
    assert seen == ["1"]
    assert "no downgrade has been written yet" in (tmp_path / "versions" / "1_a.py").read_text()
