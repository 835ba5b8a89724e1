"""Make a chain of Alembic revisions of raw SQL migrations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import SourceError, UnterminatedError, UsageError
from alembic_safety.revisions.anatomy import NOT_YET, Anatomy
from alembic_safety.revisions.chain import Chain, load_chain
from alembic_safety.revisions.files import NewFile, write_all
from alembic_safety.revisions.internals import version_locations
from alembic_safety.revisions.layouts.collect import Migration, Source, collect
from alembic_safety.revisions.script import Script
from alembic_safety.revisions.sections import section_of
from alembic_safety.revisions.source import digest
from alembic_safety.revisions.split import split
from alembic_safety.revisions.sql_text import decode_sql
from alembic_safety.revisions.transactions import Part, parts
from alembic_safety.revisions.wrap_text import WrappedText, revision_text

if TYPE_CHECKING:
    from alembic.config import Config

_ID_LENGTH = 32  # of alembic_version.version_num


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A revision that wraps a migration."""

    revision: str
    parent: str | None
    path: Path
    migration: Migration
    #: How the statements of ``upgrade()`` run; one part without a reason is the ordinary case.
    parts: tuple[Part, ...]
    #: False where ``downgrade()`` is still to be derived.
    has_downgrade: bool
    #: False where it was wrapped by an earlier run.
    is_new: bool = True


@dataclass
class WrapResult:
    """What was wrapped (or would be), and what the user should know."""

    revisions: list[Wrapped] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    folder: Path = Path()

    @property
    def new(self) -> list[Wrapped]:
        """The revisions that this run makes."""
        return [w for w in self.revisions if w.is_new]


Synthesize = Callable[["WrapResult"], None]


def wrap(
    config: Config,
    paths: Sequence[Path],
    *,
    dry_run: bool = False,
    head: str | None = None,
    version_path: Path | None = None,
    encoding: str = "utf-8",
    synthesize: Synthesize | None = None,
) -> WrapResult:
    """Make revisions of the SQL migrations below ``paths``, on the current head; nothing is written unless all of it can be.

    :param head: the revision to begin on, where the chain has several heads.
    :param version_path: the version location to write to, where the project has several.
    :param synthesize: called with the result once the files are written, if a new revision has no way down.
    :raises UsageError: a path does not exist, or it isn't clear where the revisions belong.
    :raises SourceError: a file can't be used as it is, or changed since it was wrapped.
    """
    collection = collect(paths, encoding=encoding)
    chain = load_chain(config)
    folder = _folder(config, chain, version_path)
    result = WrapResult(notices=collection.notices, folder=folder)
    plan = _Plan(chain, folder, _head(chain, head), encoding, result)
    files = plan.make(collection.migrations)
    if not dry_run:
        write_all(files)
        if synthesize is not None and any(not w.has_downgrade for w in result.new):
            synthesize(result)
    return result


def _folder(config: Config, chain: Chain, chosen: Path | None) -> Path:
    locations = version_locations(chain.script)
    if chosen is not None:
        if chosen.resolve() not in [p.resolve() for p in locations]:
            raise UsageError(f"{str(chosen)!r} is none of the version locations: {', '.join(map(str, locations))}")
        return chosen
    if len(locations) == 1:
        return locations[0]
    if len(chain.heads) == 1:
        return chain.by_id[chain.heads[0]].path.parent
    raise UsageError(f"say by --version-path where the revisions belong: {', '.join(map(str, locations))}")


def _head(chain: Chain, chosen: str | None) -> str | None:
    if chosen is not None:
        return chain.resolve(chosen).id
    if len(chain.heads) > 1:
        raise UsageError(
            f"the chain has {len(chain.heads)} heads, {', '.join(sorted(chain.heads))}: choose one by --head, or merge them"
        )
    return chain.heads[0] if chain.heads else None


class _Plan:
    """Decides on identifiers and names, and writes the texts."""

    def __init__(self, chain: Chain, folder: Path, head: str | None, encoding: str, result: WrapResult) -> None:
        self.chain = chain
        self.folder = folder
        self.parent = head
        self.encoding = encoding
        self.result = result
        self.files: list[NewFile] = []
        self.errors: list[SourceError] = []
        self.taken = {i.casefold() for i in chain.by_id}
        self.names = {p.name.casefold() for p in folder.iterdir()} if folder.is_dir() else set()
        self.pinned = {name: (r, sha) for r in chain.revisions for name, sha in pinned_files(r.source)}

    def make(self, migrations: Iterable[Migration]) -> list[NewFile]:
        for migration in migrations:
            try:
                self._one(migration)
            except SourceError as error:
                self.errors.append(error)
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise SourceError(
                f"{len(self.errors)} files can't be wrapped:\n" + "\n".join(f"  {error}" for error in self.errors)
            )
        return self.files

    def _one(self, migration: Migration) -> None:
        known = self.pinned.get(migration.up.copy_name)
        if known is not None:
            self._check_unchanged(migration)
            revision = known[0]
            if migration.down is not None and migration.down.copy_name not in self.pinned:
                self.result.notices.append(
                    f"{migration.down.path.name} came after {revision.id} was wrapped: its downgrade() stays as it is"
                )
            self.result.revisions.append(
                Wrapped(revision.id, (revision.parents or (None,))[0], revision.path, migration, (), True, is_new=False)
            )
            return
        script, transaction = self._script(migration.up)
        script_parts = tuple(parts(script.statements, transaction=transaction and migration.transaction))
        has_down = self._has_down(migration)
        if not script.statements:
            self.result.notices.append(f"{migration.up.copy_name} holds no statement: its revision changes nothing")
        identifier = self._identifier(migration)
        path = self.folder / self._file_name(migration)
        text = revision_text(
            WrappedText(
                revision=identifier,
                parent=self.parent,
                title=migration.title,
                up=migration.up,
                down=migration.down if has_down else None,
                parts=script_parts,
                transaction=migration.transaction,
                encoding=self.encoding,
            )
        )
        for source in {s.copy_name: s for s in (migration.up, migration.down if has_down else None) if s}.values():
            self._add(NewFile(self.folder / source.copy_name, source.data, source.path))
        self._add(NewFile(path, text.encode()))
        self.result.revisions.append(Wrapped(identifier, self.parent, path, migration, script_parts, has_down))
        self.parent = identifier

    def _script(self, source: Source) -> tuple[Script, bool]:
        name = str(source.path)
        text = decode_sql(source.data, name=name, encoding=self.encoding)
        if source.section is None:
            return split(text, file=name), True
        section = section_of(text, source.section, file=name)
        return split(section.text, file=name), section.transaction

    def _has_down(self, migration: Migration) -> bool:
        if migration.down is None:
            return False
        try:
            statements = self._script(migration.down)[0].statements
        except UnterminatedError as error:
            self.result.notices.append(f"{error}; that way down is left out")
            return False
        if not statements and migration.down.section is None:
            self.result.notices.append(
                f"{migration.down.copy_name} holds no statement: its downgrade() changes nothing"
            )
        return bool(statements) or migration.down.section is None

    def _check_unchanged(self, migration: Migration) -> None:
        for source in (migration.up, migration.down):
            known = self.pinned.get(source.copy_name) if source else None
            if source is None or known is None:
                continue
            revision, expected = known
            actual = digest(source.data)
            if expected and actual != expected:
                raise SourceError(
                    f"changed since it was wrapped as revision {revision.id}: SHA-256 was {expected}, now it is {actual}; "
                    "restore the file, and put the change into a new migration",
                    file=str(source.path),
                )

    def _identifier(self, migration: Migration) -> str:
        """The version number where it is free, else the name, else the name with the hash of its content."""
        slug = _slug(migration.stem)
        candidates = [_slug(migration.version.replace("-", "")), slug[:_ID_LENGTH].strip("_")]
        candidates.append(f"{slug[: _ID_LENGTH - 9]}_{digest(migration.stem.encode() + migration.up.data)[:8]}")
        chosen = next((c for c in candidates if c and c.casefold() not in self.taken), None)
        if chosen is None:
            raise SourceError("no identifier is free for it: rename the file", file=str(migration.up.path))
        self.taken.add(chosen.casefold())
        return chosen

    def _file_name(self, migration: Migration) -> str:
        stem = re.sub(r"[^\w-]+", "_", migration.stem).strip("_") or "revision"
        name = f"{stem}.py"
        if name.casefold() in self.names:
            name = f"{stem}_{digest(migration.up.data)[:8]}.py"
        self.names.add(name.casefold())
        return name

    def _add(self, file: NewFile) -> None:
        if file.path.is_symlink():
            raise SourceError("is a symbolic link: remove it, the copy is put there", file=str(file.path))
        if file.path.exists():
            if file.path.read_bytes() == file.data:
                return
            raise SourceError(
                f"exists already with another content, {'and no revision names it' if file.source else 'remove it'}: "
                "rename one of the two",
                file=str(file.path),
            )
        self.files.append(file)


def pinned_files(source: str) -> list[tuple[str, str | None]]:
    """The files that ``op.run_sql_file`` calls of a revision name, each with the hash given."""
    import ast

    if "run_sql_file" not in source:
        return []
    try:
        tree = Anatomy(source).tree
    except (SyntaxError, ValueError):
        return []
    found: list[tuple[str, str | None]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "run_sql_file":
            values = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
            if node.args and isinstance(node.args[0], ast.Constant):
                values["path"] = node.args[0].value
            if isinstance(values.get("path"), str):
                sha = values.get("sha256")
                found.append((str(values["path"]), sha if isinstance(sha, str) else None))
    return found


def _slug(text: str) -> str:
    """Letters, digits and _: Alembic gives -, +, @ and : a meaning of their own."""
    return re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()


__all__ = ["NOT_YET", "WrapResult", "Wrapped", "pinned_files", "wrap"]
