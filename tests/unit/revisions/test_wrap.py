"""Wrapping raw SQL: names, idempotence, refusals, and nothing half written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.wrap import wrap
from tests.support.raw_sql import tree


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
