"""The revisions of a project: their order, their files and the keys that certificates are written for."""

from __future__ import annotations

import hashlib
import re
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from alembic_safety.errors import SafetyError, SourceError, UsageError
from alembic_safety.revisions.anatomy import Anatomy, canonical, sql_files_named
from alembic_safety.revisions.graph import Node, in_order
from alembic_safety.revisions.internals import dependencies, down_revisions, own_labels, version_locations
from alembic_safety.revisions.rewrite import read_source

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

_RELATIVE = re.compile(r"^(?P<start>.*?)(?P<step>[+-]\d+)$")


@dataclass(frozen=True)
class Revision:
    """One revision, and what it consists of."""

    id: str
    path: Path
    #: Identifiers of ``down_revision``.
    parents: tuple[str, ...]
    #: Identifiers of ``depends_on``, resolved.
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    title: str
    #: SQL files that the source names, in order, as far as they exist.
    sql_files: tuple[Path, ...]
    #: SQL files that ``op.run_sql_file`` names and that do not exist.
    missing_files: tuple[str, ...]
    #: Hash of the sources and of the parents' keys, without the blocks that we wrote.
    key: str
    source: str
    #: What its file's downgrade is: one of the states of ``anatomy``; '' where the file can't be read as Python.
    downgrade: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Everything that has to be applied before."""
        return (*self.parents, *(d for d in self.depends_on if d not in self.parents))

    @cached_property
    def needs_autocommit(self) -> bool:
        """Whether it seems to leave its transaction (a guess from the text; the server is the judge)."""
        from alembic_safety.revisions.split import split
        from alembic_safety.revisions.sql_text import read_sql
        from alembic_safety.revisions.transactions import parts

        if "autocommit_block" in self.source or "transaction=False" in self.source:
            return True
        try:
            return any(part.autocommit for f in self.sql_files for part in parts(split(read_sql(f)).statements))
        except SourceError:
            return False


class Chain:
    """All revisions, each after everything it needs."""

    def __init__(self, script: ScriptDirectory, revisions: Iterable[Revision]) -> None:
        self.script = script
        self.revisions: tuple[Revision, ...] = tuple(revisions)
        self.by_id: Mapping[str, Revision] = {r.id: r for r in self.revisions}

    @property
    def heads(self) -> tuple[str, ...]:
        """Revisions that no other has as its ``down_revision``."""
        parents = {p for r in self.revisions for p in r.parents}
        return tuple(r.id for r in self.revisions if r.id not in parents)

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """For each revision those that need it directly, in order."""
        found: dict[str, list[str]] = {r.id: [] for r in self.revisions}
        for revision in self.revisions:
            for need in revision.needs:
                found[need].append(revision.id)
        return {k: tuple(v) for k, v in found.items()}

    def ancestors(self, identifier: str) -> frozenset[str]:
        """Everything that has to be applied before a revision."""
        return self._closure((identifier,), lambda i: self.by_id[i].needs)

    def descendants(self, identifier: str) -> frozenset[str]:
        """Everything that can only be applied after a revision."""
        return self._closure((identifier,), lambda i: self.children[i])

    def with_ancestors(self, identifiers: Iterable[str]) -> frozenset[str]:
        """These revisions, and everything that has to be applied before them."""
        wanted = frozenset(identifiers)
        return wanted | self._closure(wanted, lambda i: self.by_id[i].needs)

    @staticmethod
    def _closure(identifiers: Iterable[str], step: Callable[[str], tuple[str, ...]]) -> frozenset[str]:
        found: set[str] = set()
        waiting = [one for identifier in identifiers for one in step(identifier)]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += step(one)
        return frozenset(found)

    def resolve(self, name: str) -> Revision:
        """The revision that a user means: an identifier or its beginning, a label, ``head``, ``head-2``, ``ae10+1``.

        :raises UsageError: there is none, or more than one.
        """
        found = self._get(name)
        relative = _RELATIVE.match(name)
        if found is None and relative and relative["start"]:
            found = self._get(relative["start"])
            for _ in range(abs(int(relative["step"]))):
                if found is None:
                    break
                near = found.parents if relative["step"].startswith("-") else self._later(found.id)
                if len(near) > 1:
                    raise UsageError(f"{name!r} is not one revision: {found.id} has {len(near)} neighbours, name one")
                found = self.by_id[near[0]] if near else None
        if found is None:
            raise UsageError(f"there is no revision {name!r}: 'alembic history' lists them")
        return found

    def _later(self, identifier: str) -> tuple[str, ...]:
        return tuple(c for c in self.children[identifier] if identifier in self.by_id[c].parents)

    def _get(self, name: str) -> Revision | None:
        if name in self.by_id:
            return self.by_id[name]
        from alembic.script.revision import MultipleHeads, ResolutionError
        from alembic.util import CommandError

        try:
            script = self.script.get_revision(name)
        except (CommandError, ResolutionError) as error:
            if isinstance(error, MultipleHeads) or "multiple" in str(error).lower():
                raise UsageError(f"{name!r} is more than one revision: {', '.join(self.heads)}") from error
            return None
        return self.by_id.get(getattr(script, "revision", ""))  # "base" is no revision

    def select(self, spec: str | None = None) -> tuple[Revision, ...]:
        """The revisions that a user means, in order: one, ``A:B`` (both included, either may be left out), or all (None).

        :raises UsageError: an end does not exist, or nothing lies between the two.
        """
        if spec is None or spec in (":", "all"):
            return self.revisions
        if ":" not in spec:
            return (self.resolve(spec),)
        first, _, last = spec.partition(":")
        chosen = {r.id for r in self.revisions}
        if first and first != "base":
            start = self.resolve(first).id
            chosen &= self.descendants(start) | {start}
        if last and last != "heads":
            end = self.resolve(last).id
            chosen &= self.ancestors(end) | {end}
        if not chosen:
            raise UsageError(f"no revision lies in {spec!r}: the older one comes first")
        return tuple(r for r in self.revisions if r.id in chosen)


def load_chain(config: Config) -> Chain:
    """Load a project's revisions, once.

    :raises UsageError: the script directory can't be loaded.
    :raises SourceError: a revision file can't be imported.
    """
    from alembic.script import ScriptDirectory

    return chain_of(ScriptDirectory.from_config(config))


def chain_of(script: ScriptDirectory) -> Chain:
    """The chain of a script directory that is loaded already (or loads its files now). Raises as ``load_chain``."""
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError

    try:
        with warnings.catch_warnings():
            # Alembic warns of a parent that is not there, and goes on to a KeyError.
            warnings.filterwarnings("ignore", message="Revision .* is not present", category=UserWarning)
            # … and of one that is there twice, and takes the one that it happens to read last.
            warnings.filterwarnings("error", message="Revision .* is present more than once", category=UserWarning)
            scripts = {s.revision: s for s in script.walk_revisions()} if script.get_heads() else {}
    except KeyError as error:
        raise UsageError(f"a revision needs {error}, which does not exist: restore its file") from error
    except (CommandError, RevisionError) as error:
        if isinstance(error, SafetyError):
            raise
        raise UsageError(str(error)) from error
    except SyntaxError as error:
        raise SourceError(error.msg, file=error.filename, line=error.lineno) from error
    except UserWarning as error:
        raise UsageError(f"{error}: two files name it, give one of them another identifier") from error
    except (Exception, SystemExit) as error:  # a revision file is a program: importing it can raise anything
        raise _not_imported(error, script) from error
    nodes = {i: Node(i, down_revisions(s), dependencies(s), Path(s.path)) for i, s in scripts.items()}
    keys: dict[str, str] = {}
    revisions: list[Revision] = []
    for identifier in in_order(nodes):
        revision = _revision(scripts[identifier], nodes[identifier], keys)
        keys[identifier] = revision.key
        revisions.append(revision)
    return Chain(script, revisions)


def _not_imported(error: BaseException, script: ScriptDirectory) -> SourceError:
    """What is wrong with a revision file, and where."""
    module = getattr(error, "obj", None)
    if isinstance(error, AttributeError) and isinstance(module, ModuleType) and error.name == "down_revision":
        return SourceError("is no revision: it says no 'down_revision'; move it elsewhere", file=module.__file__)
    folders = [folder.resolve() for folder in version_locations(script)]
    places = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if any(folder in Path(frame.filename).resolve().parents for folder in folders)
    ]
    file, line = places[-1] if places else (None, None)
    what = f"it ends the process ({error})" if isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"
    return SourceError(f"this revision cannot be imported: {what}", file=file, line=line)


def _revision(script: Script, node: Node, keys: Mapping[str, str]) -> Revision:
    path = Path(script.path)
    source = read_source(path)[0] if path.suffix == ".py" else ""
    plain = source.replace("\r\n", "\n")
    named: tuple[tuple[Path, ...], tuple[str, ...]]
    try:
        anatomy = Anatomy(plain)
    except (SyntaxError, ValueError):  # a form that Alembic could load all the same
        named, essence, downgrade = ((), ()), plain, ""
    else:
        named, essence, downgrade = _sql_files(anatomy, path), canonical(anatomy), anatomy.downgrade_state
    files, missing = named
    return Revision(
        id=node.id,
        path=path,
        parents=node.parents,
        depends_on=node.depends_on,
        branch_labels=own_labels(script),
        title=(script.doc or "").strip(),
        sql_files=files,
        missing_files=missing,
        key=_key(essence, files, [keys[n] for n in node.needs]),
        source=source,
        downgrade=downgrade,
    )


def _key(essence: str, files: Iterable[Path], parents: Iterable[str]) -> str:
    result = hashlib.sha256()
    result.update(essence.encode("utf-8", "surrogateescape"))
    for file in files:
        result.update(b"\0sql\0" + file.name.encode("utf-8", "surrogateescape") + b"\0")
        result.update(hashlib.sha256(file.read_bytes()).digest())
    for parent in sorted(parents):
        result.update(b"\0parent\0" + parent.encode())
    return result.hexdigest()


def _sql_files(anatomy: Anatomy, path: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    if ".sql" not in anatomy.source and "run_sql_file" not in anatomy.source:
        return (), ()
    own, other = sql_files_named(anatomy.tree)
    found: list[Path] = []
    missing: list[str] = []
    for name in own:
        file = path.parent / name
        if file.is_file():
            found.append(file)
        else:
            missing.append(name)
    for name in other:
        places = (path.parent / name, path.parent / "sql" / name, path.parent.parent / name)
        found += [place for place in places if place.is_file()][:1]
    return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(missing))
