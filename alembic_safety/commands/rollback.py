"""``alembic safety-rollback``: take revisions back in the database, by what was stored there when they were applied."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from alembic.config import Config


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--stored",
        action="store_true",
        help="use the downgrades that are stored in the database, the only source yet (default: no, so it has to be said)",
    )
    parser.add_argument("--to", metavar="REV", help="revision to arrive at, or base (default: one below the head)")
    parser.add_argument(
        "--accept-loss",
        action="store_true",
        help="also run downgrades that give back the schema but not all rows (default: no)",
    )
    parser.add_argument(
        "--on-conflict",
        choices=("stop", "keep"),
        default="stop",
        help="what to do with rows that can't be given back: stop, or keep them in table alembic_safety.conflict (default: stop)",
    )
    parser.add_argument("--sql", action="store_true", help="print what would be run, and run nothing (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Take back, and say what was done."""
    from alembic_safety.errors import UsageError
    from alembic_safety.guard.rollback import roll_back

    if not args.stored:
        raise UsageError("say --stored; to take back a revision whose file is here, use 'alembic downgrade'")
    done = roll_back(config, args.to, accept_loss=args.accept_loss, on_conflict=args.on_conflict, dry_run=args.sql)
    for item in done:
        if args.sql:
            config.print_stdout("%s", f"-- {item.revision} {item.title}".rstrip())
            for statement in item.statements:
                config.print_stdout("%s", statement.rstrip() + ";")
        else:
            config.print_stdout("%s", f"{item.revision} {item.title}: taken back ({len(item.statements)} statements)")
    if not done:
        config.print_stdout("nothing to take back")
    return OK


COMMAND = Command(
    name="safety-rollback",
    description=(
        "Take revisions back in the database that the project is configured for, by the downgrades that were stored there when\n"
        "they were applied (by env.py with hooks.options()). Works from an older checkout or image, where the newer revision's\n"
        "file does not exist and 'alembic downgrade' says \"Can't locate revision\". All of it happens in one transaction, with\n"
        "the version table, or nothing does."
    ),
    example="alembic safety-rollback --stored --to 1975ea83b712   # the revision that this checkout ends with",
    add_arguments=add_arguments,
    run=run,
)
