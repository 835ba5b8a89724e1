"""Removing what a killed run left behind: only what is provably ours, and whose process is certainly gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from alembic_safety.postgres import places
from alembic_safety.postgres.ownership import owner_in, start_time

_OLD = 3600.0
_ON_LINUX: bool = sys.platform == "linux"
_ON_WINDOWS: bool = sys.platform == "win32"


def sweep_folders() -> list[Path]:
    """Stop the servers of dead runs and remove their folders; returns the folders removed.

    A folder counts as ours only when it and its marker belong to our user, lie where we make such folders, and the marker names a
    process of this machine that no longer runs. Kept servers have no such marker.
    """
    removed = []
    for base in places.bases():
        try:
            entries = [Path(entry.path) for entry in os.scandir(base) if entry.name.startswith(places.PREFIX)]
        except OSError:
            continue
        for folder in entries:
            if places.owned_by_us(folder) and folder.is_dir() and _is_left_over(folder):
                stop_server_in(folder / "run" / "data")
                places.remove_tree(folder)
                removed.append(folder)
    return removed


def _is_left_over(folder: Path) -> bool:
    marker = folder / places.MARKER
    if not places.owned_by_us(marker):
        # Killed between making the folder and marking it: an old one that holds nothing can simply go.
        with contextlib.suppress(OSError):
            if time.time() - folder.lstat().st_mtime > _OLD:
                folder.rmdir()
        return False
    try:
        owner = owner_in(marker.read_text())
    except (OSError, UnicodeDecodeError):
        return False
    return owner is not None and owner.is_certainly_dead()


def stop_server_in(data: Path) -> None:
    """End the server that runs from ``data``, if one does; a process that doesn't is never signalled."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if pid <= 1 or not runs_from(pid, data):
        return
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGTERM)  # there: TerminateProcess
        return
    for sign, patience in ((signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(OSError):
            os.kill(pid, sign)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if start_time(pid) is None:
                return
            time.sleep(0.01)


def runs_from(pid: int, data: Path) -> bool:
    """Whether process ``pid`` is a PostgreSQL server with the data directory ``data``."""
    if _ON_LINUX:
        try:
            # A postmaster's working directory is its data directory.
            return Path(os.readlink(f"/proc/{pid}/cwd")) == data.resolve()
        except OSError:
            return False
    if _ON_WINDOWS:
        return _started_when_the_server_did(pid, data)
    done = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    return f"-D {data}" in done.stdout


def _started_when_the_server_did(pid: int, data: Path) -> bool:
    """Windows tells neither folder nor arguments of a process: there its age must fit what the server wrote down of its start."""
    started = start_time(pid)
    try:
        noted = int((data / "postmaster.pid").read_text().splitlines()[2])
    except (OSError, ValueError, IndexError):
        return False
    if started is None or not started.isdigit():
        return False
    steps_a_second, seconds_from_1601_to_1970 = 10_000_000, 11_644_473_600
    return abs(int(started) / steps_a_second - seconds_from_1601_to_1970 - noted) < 10
