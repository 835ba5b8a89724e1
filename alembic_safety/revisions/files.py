"""Write files all together or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic_safety.errors import SourceError


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be."""

    path: Path
    data: bytes
    #: The file that it is a copy of.
    source: Path | None = None


def write_all(files: Sequence[NewFile]) -> None:
    """Write new files: complete ones beside their places first, then each moved to its name, in the order given.

    :raises SourceError: one can't be written; then none of them is there.
    """
    mark = f".{secrets.token_hex(4)}.tmp"
    staged: list[Path] = []
    placed: list[Path] = []
    try:
        for file in files:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = file.path.with_name(f".{file.path.name[:200]}{mark}")
            staged.append(temporary)
            temporary.write_bytes(file.data)
        for file, temporary in zip(files, staged, strict=True):
            _place(temporary, file.path)
            placed.append(file.path)
    except OSError as error:
        for path in placed:
            path.unlink(missing_ok=True)
        raise SourceError(
            f"cannot be written: {error.strerror}; nothing was written", file=str(files[len(placed)].path)
        ) from error
    finally:
        for path in staged:
            path.unlink(missing_ok=True)


def _place(temporary: Path, path: Path) -> None:
    """Give a complete file its name; a file that somebody made there in the meantime stays."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        if path.exists():  # a file system without hard links
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.rename(temporary, path)


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file's content in one step, keeping its permissions. Raises SourceError where that fails."""
    temporary = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.tmp")
    try:
        mode = path.stat().st_mode if path.exists() else None
        temporary.write_bytes(data)
        if mode is not None:
            os.chmod(temporary, mode & 0o7777)
        os.replace(temporary, path)
    except OSError as error:
        raise SourceError(f"cannot be written: {error.strerror}", file=str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)
