"""What a restore leaves in the temp folder if it is killed can be swept by the next start."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alembic_safety.guard.backup import load
from alembic_safety.postgres import places
from alembic_safety.postgres.ownership import owner_in


def test_the_folder_of_a_listing_names_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, str] = {}
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(load, "_listing", lambda *_: "a line\n")
    monkeypatch.setattr(
        load, "_run", lambda *_: found.update((p.name, p.read_text()) for p in tmp_path.glob(f"{places.PREFIX}*/*"))
    )
    anything: Any = SimpleNamespace(kind="full", dbname="x")

    load.load(anything, anything, tmp_path / "backup", anything, jobs=1)

    assert found["list"] == "a line\n"
    owner = owner_in(found[places.MARKER])
    assert owner is not None
    assert not owner.is_certainly_dead()
    assert not list(tmp_path.iterdir())
