"""Find the migrations below the paths that a user names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.layouts.names import (
    BASELINE,
    CALLBACK,
    DOWN,
    DOWN_FOLDERS,
    REPEATABLE,
    UP_FOLDERS,
    Name,
    natural,
    read_name,
    title_of,
    version_of,
)
from alembic_safety.revisions.sections import tool_of
from alembic_safety.revisions.sql_text import decode_sql

_FOLDER_UP = ("up.sql", "migration.sql")
_OTHER_LANGUAGES = (".py", ".go", ".js", ".ts", ".java", ".kt", ".rb", ".php", ".rs", ".cs", ".ex", ".exs")


@dataclass(frozen=True, slots=True)
class Source:
    """One direction of a migration: a file, or a section of it."""

    path: Path
    data: bytes
    #: The name that the copy beside the revision gets.
    copy_name: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration as its author left it."""

    stem: str
    version: str
    title: str
    up: Source
    down: Source | None = None
    #: False where a file beside it asks for no transaction (diesel's metadata.toml, Flyway's .conf).
    transaction: bool = True


@dataclass
class Collection:
    """What was found, in the order in which it is applied, and what the user should know."""

    migrations: list[Migration] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    name: Name
    #: Sorting and naming: the folder's name where the folder is the migration.
    stem: str
    #: Named by the user, not found in a folder.
    explicit: bool
    transaction: bool = True
    folder: str = ""


def collect(paths: Sequence[Path], *, encoding: str = "utf-8") -> Collection:
    """Read the migrations below files and folders.

    :raises UsageError: a path does not exist, or holds no migration.
    :raises SourceError: a file can't be read.
    """
    result = Collection()
    files: list[_File] = []
    for path in paths:
        if path.is_dir():
            files += _in_folder(path, result, explicit=True)
        elif path.is_file():
            files.append(_file(path, explicit=True))
        else:
            raise UsageError(f"{str(path)!r} does not exist: name SQL files, or folders of them")
    files = list({f.path.resolve(): f for f in files}.values())
    files = _certain(_versioned_only(files, result))
    _pair(files, result, encoding)
    if not result.migrations:
        places = ", ".join(repr(str(p)) for p in paths)
        raise UsageError(f"no SQL migration was found in {places}: name files that end in .sql, or their folder")
    _note_duplicates(result)
    return result


def _in_folder(folder: Path, result: Collection, *, explicit: bool = False) -> list[_File]:
    try:
        entries = sorted(folder.iterdir(), key=lambda p: natural(p.name))
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", file=str(folder)) from error
    names = {e.name.lower(): e for e in entries}
    if "sqitch.plan" in names:
        raise UsageError(f"{folder} is ordered by sqitch.plan, which is not read: name copies of the files by number")
    if not explicit or version_of(folder.name):
        up = next((names[n] for n in _FOLDER_UP if n in names), None)
        if up is not None:
            return _migration_folder(folder, up, names.get("down.sql"))
    found: list[_File] = []
    foreign: list[str] = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                found += _subfolder(entry, result)
        elif entry.suffix.lower() == ".sql":
            found.append(_file(entry))
        elif entry.suffix.lower() in _OTHER_LANGUAGES and version_of(entry.name):
            foreign.append(entry.name)
    if foreign:
        result.notices.append(f"not wrapped, because it is not SQL: {', '.join(foreign)}")
    return found


def _subfolder(entry: Path, result: Collection) -> list[_File]:
    inner = _in_folder(entry, result)
    kind = entry.name.lower()
    if kind in DOWN_FOLDERS:
        return [_with_role(f, DOWN) for f in inner]
    return inner if kind not in UP_FOLDERS else [_with_role(f, f.name.role) for f in inner]


def _with_role(file: _File, role: str) -> _File:
    name = Name(file.name.stem, role, file.name.version)
    return _File(
        file.path, name, file.stem, file.explicit, file.transaction, "" if role != DOWN else file.path.parent.name
    )


def _file(path: Path, *, explicit: bool = False) -> _File:
    name = read_name(path.name[: -len(".sql")] if path.name.lower().endswith(".sql") else path.name)
    transaction = not _says(path.with_name(path.name + ".conf"), "executeInTransaction")
    return _File(path, name, name.stem, explicit, transaction)


def _says(options: Path, name: str) -> bool:
    """Whether a file of options turns this one off."""
    pattern = re.compile(rf"^\s*{name}\s*=\s*false", re.MULTILINE)
    return options.is_file() and pattern.search(options.read_text(errors="replace")) is not None


def _migration_folder(folder: Path, up: Path, down: Path | None) -> list[_File]:
    transaction = not _says(folder / "metadata.toml", "run_in_transaction")
    version = version_of(folder.name)
    files = [_File(up, Name(folder.name, "up", version), folder.name, True, transaction, folder.name)]
    if down is not None:
        files.append(_File(down, Name(folder.name, DOWN, version), folder.name, True, transaction, folder.name))
    return files


def _versioned_only(files: list[_File], result: Collection) -> list[_File]:
    """Beside numbered files, others are seeds and dumps: left out, unless named by the user."""
    if not any(f.name.version for f in files):
        return files
    kept: list[_File] = []
    for file in files:
        if file.explicit or file.name.version or file.name.role == REPEATABLE:
            kept.append(file)
        else:
            why = "is a callback of Flyway" if file.name.role == CALLBACK else "has no version number"
            result.notices.append(f"not wrapped: {file.path.name} {why} (name the file itself to wrap it)")
    return kept


def _certain(files: list[_File]) -> list[_File]:
    """Decide whether ``…_down`` and ``…_up`` say a direction: only where the other direction is there too."""
    sure_ups = {f.name.stem for f in files if f.name.role != DOWN}
    downs = {f.name.stem for f in files if f.name.role == DOWN}
    result: list[_File] = []
    for file in files:
        if file.name.unsure:
            partner = sure_ups if file.name.role == DOWN else downs
            if file.name.stem not in partner:
                whole = file.path.name[: -len(".sql")]
                file = _File(file.path, Name(whole, "up", version_of(whole)), whole, file.explicit, file.transaction)
        result.append(file)
    return result


def _pair(files: list[_File], result: Collection, encoding: str) -> None:
    ups = [f for f in files if f.name.role in ("up", REPEATABLE)]
    downs = [f for f in files if f.name.role == DOWN]
    for file in files:
        if file.name.role == BASELINE:
            result.notices.append(f"not wrapped: {file.path.name} is Flyway's baseline of versions that are there too")
    # Repeatable files run last, as Flyway does it.
    ups.sort(key=_sort_key)
    copies: dict[str, Path] = {}
    for up in ups:
        down = _take_down(up, ups, downs)
        result.migrations.append(_migration(up, down, copies, result, encoding))
        if up.name.role == REPEATABLE:
            result.notices.append(
                f"{up.path.name} is repeatable in Flyway; here it runs once, and a change is a new revision"
            )
    result.notices += [f"not wrapped: {f.path.name} has no file for the way up" for f in downs]


def _sort_key(file: _File) -> tuple[object, ...]:
    # 1.10 and 1_9 are versions of two numbers; the hyphens in a date separate nothing.
    numbers = tuple(int(n) for n in re.split(r"[._]", file.name.version.replace("-", "")) if n)
    return (file.name.role == REPEATABLE, not numbers, numbers, natural(file.stem), natural(str(file.path)))


def _take_down(up: _File, ups: Iterable[_File], downs: list[_File]) -> _File | None:
    same = [d for d in downs if d.name.stem == up.name.stem]
    if not same and up.name.version and sum(u.name.version == up.name.version for u in ups) == 1:
        same = [d for d in downs if d.name.version == up.name.version]
    near = [d for d in same if d.path.parent == up.path.parent] or same
    if len(near) != 1:
        if len(near) > 1:
            names = ", ".join(str(d.path) for d in near)
            raise UsageError(f"{up.path} has more than one file for the way down: {names}; leave one")
        return None
    downs.remove(near[0])
    return near[0]


def _migration(up: _File, down: _File | None, copies: dict[str, Path], result: Collection, encoding: str) -> Migration:
    data = _read(up.path)
    text = decode_sql(data, name=str(up.path), encoding=encoding)
    whole = up.path.name[: -len(".sql")] if not up.folder else up.stem
    copy_name = _copy_name(up, f"{up.stem}.up.sql" if up.folder else up.path.name, copies)
    back: Source | None = None
    section = None
    if tool_of(text) is not None and not up.folder and down is None:
        section = "up"
        back = Source(up.path, data, copy_name, "down")
    elif down is not None:
        name = down.path.name
        if down.folder:
            name = f"{up.stem}.down.sql" if up.folder else f"{copy_name[: -len('.sql')].removesuffix('.up')}.down.sql"
        back = Source(down.path, _read(down.path), _copy_name(down, name, copies))
    _refuse_placeholders(up, text)
    return Migration(
        stem=up.stem if up.folder else whole.removesuffix(".up"),
        version=up.name.version,
        title=title_of(up.stem if up.folder or not up.path.name.startswith(("V", "R")) else whole),
        up=Source(up.path, data, copy_name, section),
        down=back,
        transaction=up.transaction,
    )


def _copy_name(file: _File, name: str, copies: dict[str, Path]) -> str:
    """The copy's name: the file's own, with its folder before where two files have the same."""
    if name.casefold() in copies:
        name = f"{file.path.parent.name}_{name}"
        if name.casefold() in copies:
            raise UsageError(f"{file.path} and {copies[name.casefold()]} would get the same name {name!r}: rename one")
    copies[name.casefold()] = file.path
    return name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot be read: {os.strerror(error.errno or 0)}", file=str(path)) from error


def _refuse_placeholders(file: _File, text: str) -> None:
    if not re.match(r"^[VR][0-9_.]*__", file.path.name):
        return
    match = re.search(r"\$\{[A-Za-z_][\w.:-]*\}", text)
    if match:
        raise SourceError(
            f"Flyway would put a value in the place of {match.group()}: write the value",
            file=str(file.path),
            line=text.count("\n", 0, match.start()) + 1,
        )


def _note_duplicates(result: Collection) -> None:
    seen: dict[str, str] = {}
    for migration in result.migrations:
        if migration.version and migration.version in seen:
            first = seen[migration.version]
            result.notices.append(
                f"{first} and {migration.up.path.name} have the same version {migration.version}: wrapped in this order"
            )
        seen.setdefault(migration.version, migration.up.path.name)
