"""Rows that the project brings along: ``tests/data/REVISION.sql``, or rows in pytest-alembic's form."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.rehearsal.failure import explain, is_fatal

if TYPE_CHECKING:
    from alembic_safety.rehearsal.stage import Stage

#: Where the files are looked for, beside Alembic's configuration.
FOLDER = Path("tests") / "data"
#: Rows of one revision: one, or several, each with the key ``__tablename__``.
Rows = Mapping[str, Any] | Iterable[Mapping[str, Any]]
_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class OwnRows:
    """What to add, by identifiers of revisions."""

    #: SQL that is run once the revision is applied, before the next one is.
    files: Mapping[str, Path] = field(default_factory=dict)
    #: Rows that are inserted there, and rows that are inserted before the revision is applied.
    at: Mapping[str, Rows] = field(default_factory=dict)
    before: Mapping[str, Rows] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.files or self.at or self.before)

    @property
    def digest(self) -> str:
        """Changes where anything of it does."""
        digest = hashlib.sha256()
        for name, path in sorted(self.files.items()):
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
        digest.update(repr((sorted(self.at.items()), sorted(self.before.items()))).encode())
        return digest.hexdigest() if self else ""

    def add_before(self, stage: Stage, revision: str) -> None:
        """Commit what belongs before a revision. Raises as ``add_at``."""
        if revision in self.before:
            _insert(stage, self.before[revision], f"before_revision_data of {revision}")

    def add_at(self, stage: Stage, revision: str) -> None:
        """Commit what belongs to the state of a revision.

        :raises SourceError: the database refuses it.
        :raises UsageError: rows are not of the form that they should have.
        """
        if revision in self.files:
            _run(stage, self.files[revision])
        if revision in self.at:
            _insert(stage, self.at[revision], f"at_revision_data of {revision}")


def own_files(folder: Path | None, base: Path, revisions: Collection[str]) -> tuple[dict[str, Path], str]:
    """The files of a folder by revision, and a sentence about those that belong to none ('' where there are none).

    :param folder: as the user named it; None is ``tests/data`` beside the configuration, where it exists.
    :raises UsageError: the folder that was named doesn't exist.
    """
    place = folder or base / FOLDER
    if not place.is_dir():
        if folder is not None:
            raise UsageError(f"--data: there is no folder {str(folder)!r}")
        return {}, ""
    files = {path.stem: path for path in sorted(place.glob("*.sql"))}
    strangers = [path.name for name, path in files.items() if name not in revisions]
    note = ""
    if strangers:
        more = f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
        note = f"rows that were not added, because no revision is called so: {', '.join(strangers[:_SHOWN])}{more}"
    return {name: path for name, path in files.items() if name in revisions}, note


def _run(stage: Stage, path: Path) -> None:
    text = path.read_text(encoding="utf-8-sig")
    stage.begin_plain()
    try:
        stage.session.execute(text)
        stage.commit()
    except Exception as error:
        stage.rollback()
        if is_fatal(error):
            raise
        raise SourceError(f"these rows cannot be added: {explain(error)}", file=str(path)) from error


def _insert(stage: Stage, rows: Rows, what: str) -> None:
    import sqlalchemy

    listed = [rows] if isinstance(rows, Mapping) else list(rows)
    stage.begin_plain()
    try:
        known = sqlalchemy.MetaData()
        for row in listed:
            if not isinstance(row.get("__tablename__") if hasattr(row, "get") else None, str):
                raise UsageError(f"{what}: {row!r} is no row with the key '__tablename__'")
            values = {name: value for name, value in row.items() if name != "__tablename__"}
            schema, _, name = row["__tablename__"].rpartition(".")
            table = sqlalchemy.Table(name, known, schema=schema or None, autoload_with=stage.connection)
            stage.connection.execute(table.insert().values(values))
        stage.commit()
    except UsageError:
        stage.rollback()
        raise
    except Exception as error:
        stage.rollback()
        if is_fatal(error):
            raise
        raise SourceError(f"{what} cannot be added: {explain(error)}") from error
