"""The migrations below the paths that a user names, each with its ways up and down, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.layouts.find import FoundFile, find_files
from alembic_safety.revisions.layouts.names import BASELINE, DOWN, REPEATABLE, UP, natural, title_of
from alembic_safety.revisions.sections import doubtful_line, tool_of
from alembic_safety.revisions.sql_text import decode_sql


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


def collect(paths: Sequence[Path], *, encoding: str = "utf-8") -> Collection:
    """Read the migrations below files and folders.

    :raises UsageError: a path does not exist, or holds no migration.
    :raises SourceError: a file can't be read.
    """
    files, notices = find_files(paths)
    result = Collection(notices=notices)
    _pair(files, result, encoding)
    if not result.migrations:
        places = ", ".join(repr(str(p)) for p in paths)
        raise UsageError(f"no SQL migration was found in {places}: name files that end in .sql, or their folder")
    _note_duplicates(result)
    return result


def _pair(files: list[FoundFile], result: Collection, encoding: str) -> None:
    ups = sorted((f for f in files if f.name.role in (UP, REPEATABLE)), key=_order)
    downs = [f for f in files if f.name.role == DOWN]
    for file in files:
        if file.name.role == BASELINE:
            result.notices.append(f"not wrapped: {file.path.name} is Flyway's baseline of versions that are there too")
    copies: dict[str, Path] = {}
    for up in ups:
        down = _take_down(up, ups, downs)
        migration = _migration(up, down, copies, encoding)
        result.migrations.append(migration)
        if migration.down is None and (
            line := doubtful_line(decode_sql(migration.up.data, name=up.path.name, encoding=encoding))
        ):
            result.notices.append(
                f"{up.path.name}:{line} looks like the begin of a way back in a form that is not known: what follows is run by upgrade()"
            )
        if up.name.role == REPEATABLE:
            result.notices.append(
                f"{up.path.name} is repeatable in Flyway; here it runs once, and a change is a new revision"
            )
    result.notices += [f"not wrapped: {f.path.name} has no file for the way up" for f in downs]


def _order(file: FoundFile) -> tuple[object, ...]:
    # Repeatable files run last, as Flyway does it. 1.10 and 1_9 are versions of two numbers; the hyphens in a date separate
    # nothing.
    digits = file.version.replace("-", "")
    if _YEAR_FIRST.match(file.version):
        # diesel compares such versions as texts without hyphens, so that 2020-12-7 comes after 2020-12-15.
        numbers: tuple[int, ...] = (int(digits[:14].ljust(14, "0")), *map(int, digits[14:]))
    else:
        numbers = tuple(_number(n) for n in re.split(r"[._]", digits) if n)
    return (file.name.role == REPEATABLE, not numbers, numbers, natural(file.key), natural(str(file.path)))


_YEAR_FIRST = re.compile(r"(?:19|20)\d\d-[\d-]+\Z")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{0,6}")


def _number(digits: str) -> int:
    """A version's number; a date without the time of day counts as that day's beginning, among those that have one."""
    return int(digits.ljust(14, "0")) if _DATE.fullmatch(digits) else int(digits)


def _take_down(up: FoundFile, ups: Iterable[FoundFile], downs: list[FoundFile]) -> FoundFile | None:
    same = [d for d in downs if d.key == up.key]
    if not same and up.version and sum(u.version == up.version for u in ups) == 1:
        same = [d for d in downs if d.version == up.version]
    near = [d for d in same if d.path.parent == up.path.parent] or same
    if len(near) > 1:
        names = ", ".join(str(d.path) for d in near)
        raise UsageError(f"{up.path} has more than one file for the way down: {names}; leave one")
    if near:
        downs.remove(near[0])
        return near[0]
    return None


def _migration(up: FoundFile, down: FoundFile | None, copies: dict[str, Path], encoding: str) -> Migration:
    data = _read(up.path)
    text = decode_sql(data, name=str(up.path), encoding=encoding)
    _refuse_placeholders(up, text)
    prefix = "".join(f"{group}_" for group in up.groups)
    stem = prefix + (up.own_folder or up.whole.removesuffix(".up"))
    copy_name = _copy_name(up, f"{stem}.up.sql" if up.own_folder else f"{prefix}{up.path.name}", copies)
    section, back = None, None
    if down is not None:
        name = f"{prefix}{down.path.name}"
        if down.own_folder:
            name = f"{stem}.down.sql"
        elif down.in_down_folder:
            name = f"{copy_name[: -len('.sql')].removesuffix('.up')}.down.sql"
        back = Source(down.path, _read(down.path), _copy_name(down, name, copies))
    elif tool_of(text) is not None and not up.own_folder:
        section = "up"
        back = Source(up.path, data, copy_name, "down")
    return Migration(
        stem=stem,
        version=up.version,
        title=title_of(up.whole if up.path.name[:1] in "VR" and not up.own_folder else up.name.stem),
        up=Source(up.path, data, copy_name, section),
        down=back,
        transaction=up.transaction,
    )


def _copy_name(file: FoundFile, name: str, copies: dict[str, Path]) -> str:
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
        raise SourceError(f"cannot be read: {error.strerror}", file=str(path)) from error


def _refuse_placeholders(file: FoundFile, text: str) -> None:
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
