"""Folders: the per-user cache, and private ones for a running server. Only folders that we made are ever changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from alembic_safety.errors import ServerError
from alembic_safety.postgres.account import Account

PREFIX = "alembic_safety_"
MARKER = "owner"
_ROOM = 1 << 30


def user_folder(variable: str, on_macos: str, elsewhere: str) -> Path:
    """Our folder among the user's own of one kind; it need not be there.

    :param variable: of the XDG base directory specification; wins over the two that follow, which lie in the home folder.
    """
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif os.environ.get(variable):
        base = Path(os.environ[variable])
    else:
        base = Path.home() / (on_macos if sys.platform == "darwin" else elsewhere)
    return base / "alembic-safety"


def cache_folder(*parts: str) -> Path:
    """A folder in the user's cache, made when missing.

    Raises ServerError when it belongs to someone else or others may write in it: what is in it gets run.
    """
    ours = user_folder("XDG_CACHE_HOME", "Library/Caches", ".cache")
    try:
        ours.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform != "win32":
            state = ours.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o022:
                raise ServerError(
                    f"{ours} is not a folder of ours alone: remove it, or set XDG_CACHE_HOME to another place"
                )
        folder = ours.joinpath(*parts)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(
            f"The cache folder {ours} can't be used ({error}): set XDG_CACHE_HOME to another place"
        ) from error
    return folder


def bases() -> list[Path]:
    """Where private folders may lie: memory first, where the machine has such a file system, then the temp folder."""
    found = [Path("/dev/shm")] if sys.platform == "linux" and os.access("/dev/shm", os.W_OK | os.X_OK) else []
    found.append(Path(tempfile.gettempdir()))
    if sys.platform != "win32" and Path("/tmp") not in found:
        found.append(Path("/tmp"))  # the user's own temp folder may be closed to the server's account
    return found


def private_folder(account: Account | None, room: int = _ROOM) -> Path:
    """A new folder of ours for one server, in memory when ``room`` bytes are free there (a gigabyte at least), else in the temp folder.

    When the server runs under another account, that account can pass through it (and see nothing else of it).
    """
    open_to_it = [each for each in bases() if account is None or account.can_reach(each)]
    if not open_to_it:
        raise ServerError(
            f"No folder for a server's data: {bases()[-1]} is closed to the user who is to run it; set TMPDIR"
        )
    base = next((each for each in open_to_it if _free(each) >= max(room, _ROOM)), open_to_it[-1])
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        if account is not None:
            folder.chmod(0o711)
    except OSError as error:
        raise ServerError(f"No folder for a server's data can be made in {base}: {error}") from error
    return folder


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def in_memory(folder: Path) -> bool:
    """Whether a private folder lies on the machine's memory file system."""
    return folder.is_relative_to("/dev/shm")


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder with owners, modes and times; ``target`` must not exist. Raises ServerError."""
    if sys.platform == "win32":
        shutil.copytree(source, target, symlinks=True)
        return
    # Far faster than shutil for a thousand small files; shares blocks where the file system can.
    done = subprocess.run(
        ["cp", "-a", str(source), str(target)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        remove_tree(target)
        raise ServerError(f"{source} could not be copied to {target}", log=done.stderr.strip()[-2000:])


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours with all that is in it, following no symbolic link; what is gone already is fine."""
    shutil.rmtree(folder, ignore_errors=True)


def owned_by_us(path: Path) -> bool:
    """Whether ``path`` is no link and belongs to the user we run as."""
    try:
        state = path.lstat()
    except OSError:
        return False
    if stat.S_ISLNK(state.st_mode):
        return False
    return sys.platform == "win32" or state.st_uid == os.geteuid()


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock between processes for the time of the block (released by the system if we die)."""
    with file.open("a+b") as handle:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def forget_oldest(folder: Path, *, keep: int, limit_bytes: int | None = None) -> None:
    """Remove the least recently used entries of a cache folder of ours beyond ``keep``, or beyond a total size."""
    entries = sorted((each for each in folder.iterdir() if owned_by_us(each)), key=_used, reverse=True)
    total = 0
    for position, entry in enumerate(entries):
        total += _size(entry) if limit_bytes is not None else 0
        if position >= keep or (limit_bytes is not None and total > limit_bytes and position > 0):
            remove_tree(entry)


def _used(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0


def _size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total
