"""Find, check and read the SQL file that a revision names."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable
from pathlib import Path

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.sql_text import decode_sql


def calling_revision() -> tuple[str, Path] | None:
    """Identifier and file of the revision whose ``upgrade()`` or ``downgrade()`` is running, or None outside of one."""
    frame = inspect.currentframe()
    while frame is not None:
        names = frame.f_globals
        if isinstance(names.get("revision"), str) and "down_revision" in names and names.get("__file__"):
            return names["revision"], Path(names["__file__"])
        frame = frame.f_back
    return None


def locate(path: str, *, revision_file: Path, folders: Iterable[Path] = ()) -> Path:
    """The file that ``path`` names, seen from a revision's own folder.

    :param folders: the version locations; the file has to be inside one of them or in the revision's own folder.
    :raises SourceError: it is missing, a symbolic link (or behind one), or outside.
    """
    home = revision_file.parent
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise SourceError(
            f"names {path!r}, which is not below the revision's own folder: copy the file there",
            file=str(revision_file),
        )
    found = home / path
    for step in (found, *found.parents):
        if step == home:
            break
        if step.is_symlink():
            raise SourceError(
                f"names {path!r}, and {step.name!r} is a symbolic link: put the file itself there",
                file=str(revision_file),
            )
    inside = [home.resolve(), *(folder.resolve() for folder in folders)]
    target = found.resolve()
    if not any(folder == target or folder in target.parents for folder in inside):
        raise SourceError(f"names {path!r}, which is outside of the version locations", file=str(revision_file))
    if not found.is_file():
        raise SourceError(f"names {path!r}, which does not exist beside it", file=str(revision_file))
    return found


def read_pinned(found: Path, *, name: str, sha256: str | None, encoding: str = "utf-8") -> str:
    """The file's text.

    :raises SourceError: it can't be read, isn't text in that encoding, or its bytes don't have the hash given.
    """
    try:
        data = found.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", file=name) from error
    if sha256 is not None:
        actual = digest(data)
        if actual != sha256.lower():
            raise SourceError(
                f"changed since it was wrapped: SHA-256 is {actual}, the revision expects {sha256}; "
                "restore the file, write a new migration, or put the new hash into the revision where no database has it yet",
                file=name,
            )
    return decode_sql(data, name=name, encoding=encoding)


def digest(data: bytes) -> str:
    """SHA-256 of bytes, as the revisions write it."""
    return hashlib.sha256(data).hexdigest()


def require_revision() -> tuple[str, Path]:
    """As ``calling_revision``. Raises UsageError outside of a revision."""
    caller = calling_revision()
    if caller is None:
        raise UsageError(
            "op.run_sql_file() was called outside of a revision: its path is relative to the revision's file"
        )
    return caller
