"""The folder of backups: one sub-folder each, complete or not visible, and never a byte removed that is not provably ours."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from alembic_safety.errors import BackupError, OwnershipError
from alembic_safety.guard.backup.manifest import MAGIC, Manifest, read_manifest
from alembic_safety.postgres import places
from alembic_safety.postgres.ownership import new_owner, owner_in

MARKER = "marker"
_ID = re.compile(r"\d{8}T\d{6}Z-[a-z0-9_]{1,32}-[0-9a-f]{6,8}")
_PARTIAL = re.compile(rf"\.({_ID.pattern})\.partial")


@dataclass(frozen=True)
class Entry:
    """A backup in the folder."""

    folder: Path
    #: None where it can't be read, for the reason given.
    manifest: Manifest | None
    trouble: str = ""

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name


def default_folder() -> Path:
    """Where backups lie when no setting says so: with the user's own data, in no project that gets committed or copied."""
    return places.user_folder("XDG_STATE_HOME", "Library/Application Support", ".local/state") / "backups"


def new_id(dbname: str) -> str:
    """A name for a backup of a database: sorts by time, and can be typed."""
    now = datetime.now(timezone.utc)
    slug = re.sub(r"[^a-z0-9_]+", "_", dbname.lower()).strip("_")[:32] or "database"
    # The microsecond stands behind the name: two backups of one second sort by time as well, and retention relies on it.
    return f"{now:%Y%m%dT%H%M%SZ}-{slug}-{now.microsecond:05x}{secrets.token_hex(2)[:3]}"


@contextlib.contextmanager
def being_made(base: Path, identifier: str) -> Iterator[Path]:
    """A folder to make a backup in, which gets its name when the block ends, and is gone when it fails.

    :raises BackupError: it can't be made.
    """
    partial = base / f".{identifier}.partial"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        marker = os.open(partial / MARKER, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(marker, "w", encoding="utf-8") as file:
            file.write(f"{MAGIC} {identifier}\n{new_owner().to_text()}\n")
    except OSError as error:
        places.remove_tree(partial)
        raise BackupError(
            f"no backup can be written to {base}: {error.strerror}; name another folder with backup_dir"
        ) from error
    try:
        yield partial
        sync_tree(partial)
        os.rename(partial, base / identifier)
        sync(base)
    except BaseException:
        places.remove_tree(partial)
        raise


def sync_tree(folder: Path) -> None:
    """Have a folder on disk, with all that is in it."""
    for place, _, names in os.walk(folder):
        for name in names:
            sync(Path(place) / name)
        sync(Path(place))


def sync(path: Path) -> None:
    """Have a file or folder on disk."""
    if os.name == "nt":
        return  # a folder can't be opened there, and a file only to write to it
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backups(base: Path) -> list[Entry]:
    """All backups, the oldest first; what is no backup is left out."""
    found = []
    for name in sorted(os.listdir(base)) if base.is_dir() else ():
        folder = base / name
        if not _ID.fullmatch(name) or not _is_folder(folder):
            continue
        try:
            found.append(Entry(folder, read_manifest(folder)))
        except BackupError as error:
            found.append(Entry(folder, None, str(error)))
    return found


def find(base: Path, identifier: str) -> Entry:
    """One backup, by its name or by the beginning of it.

    :raises BackupError: there is none, or there are several.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", identifier):
        raise BackupError(f"{identifier!r} can't be the name of a backup: 'alembic safety-backups' lists them")
    entries = backups(base)
    fitting = [e for e in entries if e.id == identifier] or [e for e in entries if e.id.startswith(identifier)]
    if len(fitting) != 1:
        what = f"are {len(fitting)} backups that begin with" if fitting else "is no backup"
        raise BackupError(f"there {what} {identifier!r} in {base}: 'alembic safety-backups' lists them")
    return fitting[0]


def delete(base: Path, identifier: str) -> None:
    """Delete a backup of ours; fine where somebody else has just done so.

    :raises OwnershipError: it is not provably ours: another name, a symbolic link, no marker of ours.
    """
    folder = base / identifier
    if not _ID.fullmatch(identifier):
        raise OwnershipError(f"{identifier!r} is no name of a backup: it is left alone")
    # Invisible first: a deletion that is interrupted leaves no half backup behind.
    hidden = base / f".{identifier}.partial"
    try:
        _require_ours(folder, identifier)
        os.rename(folder, hidden)
    except (OwnershipError, FileNotFoundError):
        if os.path.lexists(folder):
            raise
        return
    places.remove_tree(hidden)


def sweep(base: Path) -> list[str]:
    """Remove what runs that are certainly dead left unfinished, or half deleted; returns the names."""
    removed = []
    for name in os.listdir(base) if base.is_dir() else ():
        match = _PARTIAL.fullmatch(name)
        if match is None:
            continue
        with contextlib.suppress(OwnershipError, OSError):
            text = _require_ours(base / name, match[1])
            owner = owner_in(text.partition("\n")[2].strip())
            if owner is not None and owner.is_certainly_dead():
                places.remove_tree(base / name)
                removed.append(match[1])
    return removed


def _require_ours(folder: Path, identifier: str) -> str:
    """The marker's text."""
    if not _is_folder(folder):
        raise OwnershipError(f"{folder} is no folder of ours: it is left alone")
    marker = folder / MARKER
    try:
        if not stat.S_ISREG(marker.lstat().st_mode):
            raise OwnershipError(f"{marker} is no file of ours: the folder is left alone")
        text = marker.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OwnershipError(f"{folder} doesn't carry our marker: it is left alone") from error
    if text.partition("\n")[0] != f"{MAGIC} {identifier}":
        raise OwnershipError(f"{folder} carries the marker of another backup: it is left alone")
    return text


def _is_folder(folder: Path) -> bool:
    try:
        return stat.S_ISDIR(folder.lstat().st_mode)
    except OSError:
        return False
