"""Find SQL files below the paths that a user names, and what their names and folders say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.layouts import sqitch
from alembic_safety.revisions.layouts.names import (
    CALLBACK,
    DOWN,
    DOWN_FOLDERS,
    REPEATABLE,
    UP,
    UP_FOLDERS,
    Name,
    natural,
    read_name,
    version_of,
)

_FOLDER_UP = ("up.sql", "migration.sql")
_OTHER_LANGUAGES = (".py", ".go", ".js", ".ts", ".java", ".kt", ".rb", ".php", ".rs", ".cs", ".ex", ".exs")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A SQL file, and what is known of it before it is read."""

    path: Path
    name: Name
    #: Named by the user, not found in a folder.
    explicit: bool = False
    transaction: bool = True
    #: The folder that is the migration (``001_name/up.sql``), '' for an ordinary file.
    own_folder: str = ""
    #: In a folder for the way back, so that its name may be that of the way up.
    in_down_folder: bool = False
    #: Numbered folders above it, which come before its own number: ("2", ) for ``2/01_name.sql``.
    groups: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """The file's name without ``.sql``."""
        return self.path.name[: -len(".sql")] if self.path.name.lower().endswith(".sql") else self.path.name

    @property
    def key(self) -> str:
        """What both directions of a migration have in common."""
        return "/".join((*self.groups, self.name.stem))

    @property
    def version(self) -> str:
        """Its number, after those of its folders; '' where it has none."""
        return ".".join((*(version_of(g) for g in self.groups), self.name.version)) if self.name.version else ""


def find_files(paths: Sequence[Path]) -> tuple[list[FoundFile], list[str]]:
    """The SQL files below paths, in no particular order, and what was left out.

    :raises UsageError: a path does not exist, or its order is in a file that is not understood.
    :raises SourceError: a folder can't be read.
    """
    notices: list[str] = []
    files: list[FoundFile] = []
    for path in paths:
        if path.is_dir():
            files += _in_folder(path, notices, explicit=True)
        elif path.is_file():
            files.append(_file(path, explicit=True))
        else:
            raise UsageError(f"{str(path)!r} does not exist: name SQL files, or folders of them")
    files = list({f.path.resolve(): f for f in files}.values())
    return _certain(_for_postgresql(_numbered_only(files, notices), notices)), notices


def _in_folder(folder: Path, notices: list[str], *, explicit: bool = False) -> list[FoundFile]:
    try:
        entries = sorted(folder.iterdir(), key=lambda p: natural(p.name))
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", file=str(folder)) from error
    names = {e.name.lower(): e for e in entries}
    if sqitch.PLAN in names:
        return list(_planned(folder, notices))
    if not explicit or version_of(folder.name):
        up = next((names[n] for n in _FOLDER_UP if n in names), None)
        if up is not None:
            return _migration_folder(folder, up, names.get("down.sql"))
    found: list[FoundFile] = []
    foreign: list[str] = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                found += _subfolder(entry, notices)
        elif entry.suffix.lower() == ".sql":
            found.append(_file(entry))
        elif entry.suffix.lower() in _OTHER_LANGUAGES and version_of(entry.name):
            foreign.append(entry.name)
    if foreign:
        notices.append(f"not wrapped, because it is not SQL: {', '.join(foreign)}")
    return found


def _planned(folder: Path, notices: list[str]) -> Iterator[FoundFile]:
    """The scripts that sqitch deploys, with their ways back."""
    for number, change in enumerate(sqitch.read_plan(folder), 1):
        for path, role in ((change.deploy, UP), (change.revert, DOWN)):
            if path is not None:
                name = Name(change.title, role, f"{number:04d}")
                yield FoundFile(path, name, explicit=True, own_folder=change.title)
    if (folder / "verify").is_dir():
        notices.append("not wrapped: sqitch's verify scripts")


def _subfolder(entry: Path, notices: list[str]) -> list[FoundFile]:
    inner = _in_folder(entry, notices)
    if entry.name.lower() in DOWN_FOLDERS:
        return [replace(f, name=replace(f.name, role=DOWN, unsure=False), in_down_folder=True) for f in inner]
    is_group = version_of(entry.name) and not any(f.path.parent == entry and f.own_folder for f in inner)
    if not is_group or entry.name.lower() in UP_FOLDERS:
        return inner
    # Flyway counts versions over all folders.
    return [f if f.path.name[:1] in "VUR" else replace(f, groups=(entry.name, *f.groups)) for f in inner]


def _file(path: Path, *, explicit: bool = False) -> FoundFile:
    whole = path.name[: -len(".sql")] if path.name.lower().endswith(".sql") else path.name
    name = read_name(whole)
    transaction = not (name.autocommit or _turns_off(path.with_name(path.name + ".conf"), "executeInTransaction"))
    return FoundFile(path, name, explicit, transaction)


def _migration_folder(folder: Path, up: Path, down: Path | None) -> list[FoundFile]:
    transaction = not _turns_off(folder / "metadata.toml", "run_in_transaction")
    name = Name(folder.name, UP, version_of(folder.name))
    files = [FoundFile(up, name, explicit=True, transaction=transaction, own_folder=folder.name)]
    if down is not None:
        files.append(replace(files[0], path=down, name=replace(name, role=DOWN)))
    return files


def _turns_off(options: Path, name: str) -> bool:
    """Whether a file of options turns this one off."""
    pattern = re.compile(rf"^\s*{name}\s*=\s*false", re.MULTILINE)
    return options.is_file() and pattern.search(options.read_text(errors="replace")) is not None


def _numbered_only(files: list[FoundFile], notices: list[str]) -> list[FoundFile]:
    """Beside numbered files, others are seeds and dumps: left out, unless named by the user."""
    if not any(f.name.version for f in files):
        return files
    kept: list[FoundFile] = []
    for file in files:
        if file.explicit or file.name.version or file.name.role == REPEATABLE:
            kept.append(file)
        else:
            why = "is a callback of Flyway" if file.name.role == CALLBACK else "has no version number"
            notices.append(f"not wrapped: {file.path.name} {why} (name the file itself to wrap it)")
    return kept


def _for_postgresql(files: list[FoundFile], notices: list[str]) -> list[FoundFile]:
    """Of files for several databases, those for PostgreSQL, and those for all where PostgreSQL has none of its own."""
    others = [f for f in files if f.name.dialect not in ("", "postgres")]
    if others:
        names = ", ".join(sorted({f.name.dialect for f in others}))
        notices.append(f"not wrapped: {len(others)} files for other databases ({names})")
    own = {(f.key, f.name.role) for f in files if f.name.dialect == "postgres"}
    return [
        f for f in files if f.name.dialect == "postgres" or (not f.name.dialect and (f.key, f.name.role) not in own)
    ]


def _certain(files: list[FoundFile]) -> list[FoundFile]:
    """Decide whether ``…_down`` and ``…_up`` say a direction: only where the other direction is there too."""
    ups = {f.key for f in files if f.name.role != DOWN}
    downs = {f.key for f in files if f.name.role == DOWN}
    result: list[FoundFile] = []
    for file in files:
        if file.name.unsure and file.key not in (ups if file.name.role == DOWN else downs):
            file = replace(file, name=Name(file.whole, UP, version_of(file.whole)))
        result.append(file)
    return result
