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
