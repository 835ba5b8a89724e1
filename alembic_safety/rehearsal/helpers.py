"""The project's own modules that its migrations import: what they say is a part of what a revision does."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

#: A package with more files than this is no helper; then all that is seen of it is which files it has.
_MOST_FILES = 2000


def helpers_digest(sources: Iterable[str], folders: Iterable[Path] = ()) -> str:
    """A digest over the Python files of every package that these sources import, without installed ones.

    The whole package counts: what a migration calls may call anything else in it.

    :param folders: where to look for what cannot be imported yet: env.py may put them on Python's path when it runs.
    """
    folders = tuple(folders)
    digest = hashlib.sha256()
    for name in sorted(set(_imported(sources))):
        for place in _own_places(name, folders):
            files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
            for number, file in enumerate(files):
                digest.update(f"{name}\0{file}\0".encode("utf-8", "surrogateescape"))
                if number < _MOST_FILES:
                    digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _imported(sources: Iterable[str]) -> Iterator[str]:
    """The top-level names of modules, imports within functions included."""
    for source in sources:
        if "import" not in source:
            continue
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def _own_places(name: str, folders: Iterable[Path]) -> list[Path]:
    if name in sys.stdlib_module_names or name in ("alembic", "sqlalchemy", "alembic_safety"):
        return []
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return []
    if spec is None:
        likely = (place for folder in folders for place in (folder / name, folder / f"{name}.py"))
        return [place for place in likely if place.exists()][:1]
    found = [Path(p) for p in spec.submodule_search_locations or ()] or ([Path(spec.origin)] if spec.origin else [])
    return [place for place in found if place.exists() and not any(i in place.resolve().parents for i in _installed())]


def _installed() -> set[Path]:
    return {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}
