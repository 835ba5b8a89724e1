"""``alembic safety-wrap``: make revisions of raw SQL migrations."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command
from alembic_safety.commands.serving import add_server_options, server_options

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.revisions.wrap import Wrapped, WrapResult


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="SQL files, or folders of them")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written, and write nothing (default: no)"
    )
    parser.add_argument("--head", metavar="REV", help="revision to begin on (default: the only head)")
    parser.add_argument(
        "--version-path",
        metavar="DIR",
        type=Path,
        help="version location to write to (default: the only one, or the head's)",
    )
    parser.add_argument(
        "--no-downgrades",
        action="store_true",
        help="leave revisions without a down file as they are (default: derive their downgrades on a throwaway PostgreSQL)",
    )
    parser.add_argument("--encoding", metavar="NAME", default="utf-8", help="encoding of the files (default: utf-8)")
    add_server_options(parser, keep=False)


def run(config: Config, args: Namespace) -> int:
    """Wrap, derive what has no way down, and say what was done."""
    from alembic_safety.revisions.wrap import wrap

    result = wrap(
        config,
        args.paths,
        dry_run=args.dry_run,
        head=args.head,
        version_path=args.version_path,
        encoding=args.encoding,
    )
    for line in lines(result, dry_run=args.dry_run):
        config.print_stdout("%s", line)
    missing = frozenset(w.revision for w in result.new if not w.has_downgrade)
    if missing and not args.dry_run and not args.no_downgrades:
        from alembic_safety.commands.deriving import derive_for

        return derive_for(config, missing, server_options(args))
    return OK


def lines(result: WrapResult, *, dry_run: bool) -> list[str]:
    """What was wrapped, in words."""
    text: list[str] = []
    for wrapped in result.revisions:
        text += _about(wrapped) if wrapped.is_new else [f"{wrapped.revision}  {wrapped.path.name}  unchanged"]
    text += [f"note: {notice}" for notice in result.notices]
    new = len(result.new)
    without = sum(not w.has_downgrade for w in result.new)
    verb = "would be" if dry_run else "were" if new != 1 else "was"
    text.append(
        f"{new} revision{'s' if new != 1 else ''} {verb} written to {result.folder}, {without} of them without a way down; "
        f"{len(result.revisions) - new} unchanged"
    )
    return text


def _about(wrapped: Wrapped) -> list[str]:
    statements = sum(len(part.statements) for part in wrapped.parts)
    down = "with downgrade" if wrapped.has_downgrade else "no downgrade yet"
    count = f"{statements} statement{'s' if statements != 1 else ''}"
    text = [f"{wrapped.revision}  {wrapped.path.name}  from {wrapped.migration.up.path}  ({count}, {down})"]
    for part in wrapped.parts:
        if part.reason:
            how = "outside of a transaction" if part.autocommit else "in one transaction"
            text.append(f"    {part.place}: {how}, because {part.reason}")
    return text


COMMAND = Command(
    name="safety-wrap",
    description="Make a linear chain of revisions of raw SQL migrations, on the current head. Each gets a readable .py file, and "
    "the SQL file is copied beside it, byte for byte, pinned by its SHA-256; files for the way down become downgrade(). "
    "Understood are numbered and dated files, name.up.sql / name.down.sql, rollback folders, Flyway, dbmate, goose, "
    "sql-migrate, diesel and prisma. Wrapping again adds only what is new.",
    example="alembic safety-wrap db/migrations --dry-run   # what it would write, and what runs outside of a transaction",
    run=run,
    add_arguments=add_arguments,
)
