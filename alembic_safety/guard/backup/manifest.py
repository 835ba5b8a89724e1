"""``manifest.json`` of a backup: what it holds, of which database, and the SHA-256 of every file.

The manifest's own digest lies beside it, so that a flipped bit in either is noticed. No password and no user name of a
connection is in it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic_safety.errors import BackupError

MAGIC = "alembic-safety backup"
FORMAT = 1
MANIFEST = "manifest.json"
DIGEST = "manifest.sha256"


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a backup."""

    #: Relative to the backup's folder, with forward slashes.
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table whose rows are in a backup."""

    rows: int
    #: Columns with their types; without generated ones, which pg_dump does not store.
    columns: tuple[tuple[str, str], ...] = ()
    #: What it is a partition of; '' for what is none.
    root: str = ""
    #: Sums of ``postgres.fingerprint``; empty where only rows were counted.
    sums: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The contents of the file."""

    id: str
    #: full | affected | clone | command
    kind: str
    #: When its snapshot was taken, UTC, ISO 8601.
    made: str
    #: ``server_version_num`` of the server that it was taken from.
    server_version: int
    #: Host and port, or the socket's folder.
    place: str
    #: Of the database itself: name, owner, grants, settings, locale.
    database: Mapping[str, Any]
    version_table: str
    #: The revisions that the database was at.
    heads: tuple[str, ...]
    #: The revisions that were about to be run.
    pending: tuple[str, ...] = ()
    #: Major version of the pg_dump that wrote it; 0 where none did.
    tool_major: int = 0
    compression: str = ""
    structure: str = ""
    privileges: str = ""
    tables: Mapping[str, Table] = field(default_factory=dict)
    sequences: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    #: clone: the database that holds the copy. command: what the user's command calls it.
    reference: str = ""
    seconds: float = 0.0
    #: digest | restore
    verified: str = ""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.bytes for file in self.files)

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(table.rows for table in self.tables.values())

    @property
    def dbname(self) -> str:
        """The database that it was taken of."""
        return str(self.database.get("name", ""))

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps({"magic": MAGIC, "format": FORMAT, **dataclasses.asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a file's text. Raises ValueError where it isn't of this form."""
        try:
            data = json.loads(text)
            if data.pop("magic") != MAGIC:
                raise ValueError("it is no manifest of a backup")
            if (number := data.pop("format")) != FORMAT:
                raise ValueError(f"its format {number!r} is not known")
            data["tables"] = {
                name: Table(
                    rows=table["rows"],
                    columns=tuple((c[0], c[1]) for c in table["columns"]),
                    root=table["root"],
                    sums=tuple(table["sums"]),
                )
                for name, table in data["tables"].items()
            }
            data["files"] = tuple(File(**file) for file in data["files"])
            data["heads"], data["pending"] = tuple(data["heads"]), tuple(data["pending"])
            return cls(**data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no manifest of a backup: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it into a folder that nobody reads yet, and its digest beside it; on disk when this returns."""
    text = manifest.to_json().encode()
    _write(folder / MANIFEST, text)
    _write(folder / DIGEST, f"{hashlib.sha256(text).hexdigest()}\n".encode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    :raises BackupError: there is none, or it is damaged.
    """
    if link := next((name for name in (MANIFEST, DIGEST) if (folder / name).is_symlink()), None):
        raise BackupError(f"backup {folder.name} is damaged: its {link} is a symbolic link")
    try:
        text = (folder / MANIFEST).read_bytes()
        digest = (folder / DIGEST).read_bytes()
    except OSError as error:
        raise BackupError(f"{folder} is no backup: its {MANIFEST} can't be read ({error.strerror})") from error
    if digest != f"{hashlib.sha256(text).hexdigest()}\n".encode():
        raise BackupError(f"backup {folder.name} is damaged: its {MANIFEST} is not what was written")
    try:
        manifest = Manifest.from_json(text.decode())
    except ValueError as error:
        raise BackupError(f"backup {folder.name} can't be used: {error}") from error
    if manifest.id != folder.name.lstrip(".").removesuffix(".partial"):
        raise BackupError(f"backup {folder.name} is damaged: its {MANIFEST} is that of {manifest.id}")
    return manifest


def _write(path: Path, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
