"""``alembic safety-init``: put the hooks into the project's env.py, or take them out again."""

from __future__ import annotations

import difflib
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.commands.command import FOUND, OK, Command

if TYPE_CHECKING:
    from alembic.config import Config

#: The file as it was, kept only where the change cannot be read backwards.
_KEPT = ".before-safety"


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--yes", action="store_true", help="change the file without asking (default: ask)")
    parser.add_argument("--undo", action="store_true", help="take the hooks out again, byte for byte (default: no)")
    parser.add_argument("--diff", action="store_true", help="only show what would be changed (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Show the change, ask, and make it."""
    path = _environment(config)
    if path is None:
        config.print_stdout("this project uses the packaged environment, which has the hooks already")
        return OK
    from alembic_safety.revisions.rewrite import read_source

    source, encoding = read_source(path)
    changed = _without(path, source) if args.undo else _with(path, source)
    if changed == source:
        config.print_stdout("%s", f"{path} {'has no hooks' if args.undo else 'has the hooks already'}")
        return OK
    config.print_stdout("%s", _diff(path, source, changed))
    if args.diff:
        return OK
    if not args.yes and not _agreed(path):
        print("nothing was changed; 'alembic safety-init --yes' changes it without asking", file=sys.stderr)
        return FOUND
    _write(path, source, changed, encoding, undo=args.undo)
    if args.undo:
        config.print_stdout("%s", f"{path} is as it was")
    else:
        config.print_stdout("%s", f"{path} is changed; 'alembic safety-init --undo' takes it back")
        config.print_stdout("'alembic safety-plan' shows what the next upgrade would do")
    return OK


def _environment(config: Config) -> Path | None:
    """The project's own env.py; None where it is the packaged one.

    :raises UsageError: there is none.
    """
    from alembic.script import ScriptDirectory

    import alembic_safety
    from alembic_safety.errors import UsageError

    path = Path(ScriptDirectory.from_config(config).env_py_location).resolve()
    if path.parent == Path(str(alembic_safety.__file__)).resolve().parent / "environment":
        return None
    if not path.is_file():
        raise UsageError(f"there is no {path}: 'alembic init' makes one")
    return path


def _with(path: Path, source: str) -> str:
    from alembic_safety.errors import UsageError
    from alembic_safety.revisions.env_source import BY_HAND, CannotEdit, with_hooks

    try:
        return with_hooks(source)
    except CannotEdit as reason:
        raise UsageError(
            f"{path} is not changed, because {reason}. By hand it is this:\n\n{_indented(BY_HAND)}\n"
        ) from None


def _without(path: Path, source: str) -> str:
    from alembic_safety.errors import UsageError
    from alembic_safety.revisions.env_source import CannotEdit, with_hooks, without_hooks
    from alembic_safety.revisions.rewrite import read_source

    kept = path.with_name(path.name + _KEPT)
    try:
        if kept.is_file() and with_hooks(original := read_source(kept)[0]) == source:
            return original
        return without_hooks(source)
    except CannotEdit as reason:
        raise UsageError(f"{path} is not changed, because {reason}: take out by hand what names the hooks") from None


def _write(path: Path, source: str, changed: str, encoding: str, *, undo: bool) -> None:
    from alembic_safety.errors import SourceError
    from alembic_safety.revisions.env_source import CannotEdit, without_hooks
    from alembic_safety.revisions.files import replace_file

    kept = path.with_name(path.name + _KEPT)
    if undo:
        replace_file(path, changed.encode(encoding))
        kept.unlink(missing_ok=True)
        return
    try:
        is_reversible = without_hooks(changed) == source
    except CannotEdit:
        is_reversible = False
    if not is_reversible:
        if kept.exists():
            raise SourceError("is in the way: the file as it is now would be kept there", file=str(kept))
        replace_file(kept, source.encode(encoding))
        print(f"{kept.name} keeps the file as it was, for --undo", file=sys.stderr)
    replace_file(path, changed.encode(encoding))


def _diff(path: Path, source: str, changed: str) -> str:
    lines = difflib.unified_diff(
        source.splitlines(), changed.splitlines(), f"{path.name} now", f"{path.name} then", lineterm=""
    )
    return "\n".join(lines)


def _agreed(path: Path) -> bool:
    if not sys.stdin.isatty():
        return False
    print(f"change {path}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


COMMAND = Command(
    name="safety-init",
    description=(
        "Put the hooks into the project's env.py: an import, **hooks.options() among the arguments of context.configure(), and\n"
        "hooks.run(context) in place of begin_transaction() and run_migrations(). Shows the difference and asks before it changes\n"
        "the file; every other byte stays. Offline mode stays as it is. What cannot be changed safely is refused, with what to\n"
        "write by hand.\n\n"
        "Exit status: 0 the hooks are there (or, with --undo, gone), 1 nothing was changed because nobody agreed, 2 it cannot be\n"
        "done."
    ),
    example="alembic safety-init   # shows the change, and asks",
    add_arguments=add_arguments,
    run=run,
)
