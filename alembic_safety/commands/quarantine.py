"""``alembic safety-quarantine``: what upgrades kept for their way back, and dropping it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from alembic.config import Config


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=("list", "drop"), help="show what is kept, or drop it")
    parser.add_argument(
        "numbers", nargs="*", type=int, metavar="NUMBER", help="which to drop, as the list numbers them"
    )
    parser.add_argument(
        "--older-than", metavar="TIME", help="drop only what is older, as 30d or 12h (default: any age)"
    )
    parser.add_argument("--all", action="store_true", help="drop whatever is kept (default: no)")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be dropped, and drop nothing (default: no)"
    )


def run(config: Config, args: Namespace) -> int:
    """List or drop."""
    from alembic_safety.errors import UsageError
    from alembic_safety.guard.quarantine import Preserved, drop, preserved
    from alembic_safety.settings.values import duration, shown_size

    def line(one: Preserved) -> str:
        return f"{one.number}  {one.created:%Y-%m-%d %H:%M}  {one.revision}  {shown_size(one.bytes)}  {one.state}"

    if args.action == "list":
        if args.numbers or args.all or args.older_than:
            raise UsageError("numbers, --all and --older-than belong to 'safety-quarantine drop'")
        found = preserved(config)
        for one in found:
            config.print_stdout("%s", line(one))
            config.print_stdout("%s", f"    {', '.join(one.sources)}")
        if not found:
            config.print_stdout("nothing is kept")
        return OK
    if not (args.numbers or args.all or args.older_than):
        raise UsageError("say what to drop: numbers, --older-than 30d, or --all")
    try:
        age = duration().read(args.older_than, Path.cwd()) if args.older_than else None
    except ValueError as error:
        raise UsageError(f"--older-than {args.older_than!r} takes {error}") from error
    dropped = drop(config, args.numbers, older_than=age, dry_run=args.dry_run)
    for one in dropped:
        config.print_stdout("%s", f"{'would drop' if args.dry_run else 'dropped'} {line(one)}")
        if one.needed and one.finished:
            config.print_stdout(
                "%s",
                f"    the downgrade of {one.revision} {'would need' if args.dry_run else 'now needs'} -x safety.accept_loss=on",
            )
    if not dropped:
        config.print_stdout("nothing to drop")
    return OK


COMMAND = Command(
    name="safety-quarantine",
    description=(
        "Show or drop what upgrades kept in schema alembic_safety so that their downgrades can give every row back. Nothing is\n"
        "ever dropped by itself. Only what the registry there knows is dropped; the downgrade of a revision whose rows were\n"
        "dropped refuses, unless the loss is accepted."
    ),
    example="alembic safety-quarantine drop --older-than 30d --dry-run   # what a month-old release still holds",
    add_arguments=add_arguments,
    run=run,
)
