"""SHA-256 of the files of a backup: taken while a program writes them, and again from disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from alembic_safety.errors import BackupError
from alembic_safety.guard.backup.manifest import DIGEST, MANIFEST, File

_CHUNK = 1 << 20
#: What a manifest does not list: itself, and the marker that says whose it is.
_OURS = frozenset({MANIFEST, DIGEST, "marker"})
_SHOWN = 3


class GrowingFiles:
    """Reads behind a program that only appends to the files of a folder."""

    def __init__(self, root: Path, folder: Path) -> None:
        """:param root: what paths are relative to."""
        self._root = root
        self._folder = folder
        self._digests: dict[Path, Any] = {}
        self._read: dict[Path, int] = {}

    @property
    def bytes(self) -> int:
        """What has been read so far."""
        return sum(self._read.values())

    def follow(self) -> None:
        """Read what was added since."""
        for path, size in _files(self._folder):
            done = self._read.setdefault(path, 0)
            if size > done:
                digest = self._digests.setdefault(path, hashlib.sha256())
                self._read[path] = done + _feed(digest, path, done)

    def finish(self) -> list[File]:
        """The digests of all files, once the program has ended."""
        self.follow()
        for path in self._read:
            self._digests.setdefault(path, hashlib.sha256())
        return [
            File(path=path.relative_to(self._root).as_posix(), bytes=self._read[path], sha256=digest.hexdigest())
            for path, digest in sorted(self._digests.items())
        ]


def damage(folder: Path, files: Sequence[File]) -> list[str]:
    """What of a backup is not what was written, a sentence each; reads every byte, from disk where the system lets us ask."""
    try:
        there = {path.relative_to(folder).as_posix() for path, _ in _files(folder)} - _OURS
    except FileNotFoundError:
        return ["it is gone: somebody else deletes it"]
    found = []
    found += [f"{name} was not there when it was made" for name in sorted(there - {file.path for file in files})]
    for file in files:
        path = folder / file.path
        if file.path not in there:
            found.append(f"{file.path} is missing")
            continue
        try:
            found += _damage_of(path, file)
        except FileNotFoundError:
            found.append(f"{file.path} is gone: somebody else deletes the backup")
    return found


def _damage_of(path: Path, file: File) -> list[str]:
    size = path.lstat().st_size
    if path.is_symlink():
        return [f"{file.path} is a symbolic link, and was a file when it was made"]
    if size != file.bytes:
        return [f"{file.path} has {size} bytes instead of {file.bytes}"]
    return [f"{file.path} has other contents than were written"] if _digest(path) != file.sha256 else []


def refuse_damage(name: str, found: Sequence[str]) -> None:
    """Raise BackupError where something is damaged."""
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise BackupError(f"backup {name} is damaged: {'; '.join(found[:_SHOWN])}{more}")


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Every file below, by no symbolic link, with its size."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        else:
            with contextlib.suppress(FileNotFoundError):
                yield Path(entry.path), entry.stat(follow_symlinks=False).st_size


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    _feed(digest, path, 0, from_disk=True)
    return str(digest.hexdigest())


def _feed(digest: Any, path: Path, start: int, *, from_disk: bool = False) -> int:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    done = 0
    with open(os.open(path, flags), "rb", buffering=0) as file:
        if from_disk and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.seek(start)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
    return done
