"""A revision that is edited after its downgrade was derived: what stands in it of ours no longer fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_safety.postgres.binaries import Binaries
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("edited", "kept"),
    [
        ("ALTER TABLE t DROP COLUMN remark", 'op.preserve_columns("public.t", ["remark"])'),
        ("CREATE TABLE other (id int)", None),
    ],
)
def test_is_derived_anew(tmp_path: Path, any_binaries: Binaries, edited: str, kept: str | None) -> None:
    project = Project.new(tmp_path / "project")
    first = project.sql("a1", "CREATE TABLE t (id int PRIMARY KEY, note text)", "DROP TABLE t")
    second = project.sql("a2", "ALTER TABLE t DROP COLUMN note", None)
    server = f"--pg-bin={any_binaries.bindir}"
    assert alembic("safety-downgrade", "a2", server, cwd=project.folder).status == 0
    assert 'op.preserve_columns("public.t", ["note"])' in second.read_text()

    first.write_text(first.read_text().replace("note text", "remark text"))
    second.write_text(second.read_text().replace("ALTER TABLE t DROP COLUMN note", edited))
    tested = alembic("safety-test", server, cwd=project.folder)
    assert tested.status == 1
    assert "'alembic safety-downgrade a2' derives anew what is kept" in tested.out
    derived = alembic("safety-downgrade", "a2", server, cwd=project.folder)
    assert derived.status == 0, derived.out
    source = second.read_text()
    assert [line.strip() for line in source.splitlines() if "preserve_" in line] == ([kept] if kept else [])
    assert ("begin_restore" in source) == bool(kept)
    assert alembic("safety-test", server, cwd=project.folder).status == 0
