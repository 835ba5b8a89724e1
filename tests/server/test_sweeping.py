"""Sweeping what killed runs left: only marked folders of dead processes, of our own account."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from alembic_safety.postgres import places, sweep
from alembic_safety.postgres.ownership import new_owner

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that a sweep looks at."""
    monkeypatch.setattr(places, "bases", lambda: [tmp_path])
    return tmp_path


def _dead_owner() -> str:
    return replace(new_owner(), started="1").to_text()


def test_only_a_marked_folder_of_a_dead_process_is_swept(base: Path) -> None:
    markers = {
        "dead": _dead_owner(),
        "alive": new_owner().to_text(),
        "other": "something else",
        "kept": None,
        "plain": None,
    }
    for name, marker in markers.items():
        folder = base / f"{places.PREFIX}{name}"
        (folder / "run" / "data").mkdir(parents=True)
        if marker is not None:
            (folder / places.MARKER).write_text(marker)
    (base / f"{places.PREFIX}kept" / "kept").write_text(_dead_owner())
    (base / "customers").mkdir()
    (base / "customers" / places.MARKER).write_text(_dead_owner())
    assert sweep.sweep_folders() == [base / f"{places.PREFIX}dead"]
    assert len(list(base.iterdir())) == len(markers)


@POSIX
def test_links_are_not_followed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / places.MARKER).write_text(_dead_owner())
    (base / f"{places.PREFIX}link").symlink_to(elsewhere)
    dead = base / f"{places.PREFIX}dead"
    dead.mkdir()
    (dead / places.MARKER).write_text(_dead_owner())
    (dead / "run").symlink_to(elsewhere)
    assert sweep.sweep_folders() == [dead]
    assert (elsewhere / places.MARKER).exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_or_marker_of_another_user_is_left_alone(base: Path) -> None:
    for name in ("folder", "marker"):
        folder = base / f"{places.PREFIX}{name}"
        folder.mkdir()
        (folder / places.MARKER).write_text(_dead_owner())
        os.chown(folder if name == "folder" else folder / places.MARKER, 65534, 65534)
    assert sweep.sweep_folders() == []


@ON_LINUX
def test_a_process_that_is_no_server_there_is_not_signalled(base: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        dead = base / f"{places.PREFIX}dead"
        (dead / "run" / "data").mkdir(parents=True)
        (dead / places.MARKER).write_text(_dead_owner())
        (dead / "run" / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n")
        assert sweep.sweep_folders() == [dead]
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
