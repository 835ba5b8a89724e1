"""``safety-init``: shows, asks, changes and takes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import alembic

TEMPLATES = ("generic", "async", "multidb", "pyproject", "pyproject_async")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    assert alembic("init", "-t", "generic", "migrations", cwd=tmp_path).status == 0
    return tmp_path


@pytest.mark.parametrize("template", TEMPLATES)
def test_init_and_undo(tmp_path: Path, template: str) -> None:
    assert alembic("init", "-t", template, "migrations", cwd=tmp_path).status == 0
    env = tmp_path / "migrations/env.py"
    before = env.read_bytes()
    done = alembic("safety-init", "--yes", cwd=tmp_path)
    assert done.status == 0, done.err
    assert "+from alembic_safety import hooks" in done.out
    assert env.read_bytes() != before
    assert "has the hooks already" in alembic("safety-init", "--yes", cwd=tmp_path).out
    assert alembic("safety-init", "--undo", "--yes", cwd=tmp_path).status == 0
    assert env.read_bytes() == before
    assert "has no hooks" in alembic("safety-init", "--undo", "--yes", cwd=tmp_path).out
    assert sorted(p.name for p in env.parent.iterdir() if p.name.startswith("env")) == ["env.py"]


def test_nothing_is_changed_without_a_yes(project: Path) -> None:
    env = project / "migrations/env.py"
    before = env.read_bytes()
    asked = alembic("safety-init", cwd=project)
    assert asked.status == 1
    assert "--yes" in asked.err
    assert alembic("safety-init", "--diff", cwd=project).status == 0
    assert env.read_bytes() == before


def test_what_cannot_be_read_backwards_is_kept(project: Path) -> None:
    env = project / "migrations/env.py"
    env.write_text(
        env.read_text().replace(
            "        with context.begin_transaction():", "        with context.begin_transaction():  # all or nothing"
        )
    )
    before = env.read_bytes()
    assert alembic("safety-init", "--yes", cwd=project).status == 0
    kept = project / "migrations/env.py.before-safety"
    assert kept.read_bytes() == before
    assert alembic("safety-init", "--undo", "--yes", cwd=project).status == 0
    assert env.read_bytes() == before
    assert not kept.exists()


def test_later_edits_survive_an_undo(project: Path) -> None:
    env = project / "migrations/env.py"
    before = env.read_text()
    assert alembic("safety-init", "--yes", cwd=project).status == 0
    env.write_text(env.read_text().replace("target_metadata = None", "target_metadata = 5"))
    assert alembic("safety-init", "--undo", "--yes", cwd=project).status == 0
    assert env.read_text() == before.replace("target_metadata = None", "target_metadata = 5")


def test_a_refusal_says_what_to_write(project: Path) -> None:
    env = project / "migrations/env.py"
    env.write_text("from app import migrate\nmigrate()\n")
    refused = alembic("safety-init", "--yes", cwd=project)
    assert refused.status == 2
    assert "hooks.run(context)" in refused.err
    assert env.read_text() == "from app import migrate\nmigrate()\n"


def test_the_packaged_environment_has_them(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = alembic_safety:environment\nversion_locations = %(here)s/versions\npath_separator = os\n"
    )
    assert "has the hooks already" in alembic("safety-init", "--yes", cwd=tmp_path).out
