"""Which of a project's own modules count as a part of its migrations."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_safety.rehearsal.helpers import helpers_digest


def test_a_changed_helper_changes_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "shop_models"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tables.py").write_text("A = 1\n")
    (tmp_path / "shop_helper.py").write_text("B = 1\n")
    (tmp_path / "shop_other.py").write_text("C = 1\n")
    sources = ["from shop_models.tables import A\n", "def upgrade():\n    import shop_helper\n", "no python ("]
    first = helpers_digest(sources)
    (tmp_path / "shop_other.py").write_text("C = 2\n")
    assert helpers_digest(sources) == first
    (package / "tables.py").write_text("A = 2\n")
    second = helpers_digest(sources)
    assert second != first
    (tmp_path / "shop_helper.py").write_text("B = 2\n")
    assert helpers_digest(sources) != second


def test_installed_packages_do_not_count() -> None:
    assert helpers_digest(["import os, json, sqlalchemy, pytest, nosuchmodule\n"]) == helpers_digest([])


def test_what_env_py_makes_importable_counts_too(tmp_path):
    source = ["import sys; sys.path.append('src')\nfrom shop_of_tests.models import Base\n"]
    models = tmp_path / "src" / "shop_of_tests" / "models.py"
    models.parent.mkdir(parents=True)
    models.write_text("Base = 1\n")
    folders = [tmp_path, tmp_path / "src"]
    first = helpers_digest(source, folders)
    models.write_text("Base = 2\n")
    assert helpers_digest(source, folders) != first
    assert helpers_digest(source) == helpers_digest([])
