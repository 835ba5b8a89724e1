"""``alembic safety-history``: what upgrades and downgrades were run on the database, and what became of each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from alembic.config import Config


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many runs to show (default: 20)")


def run(config: Config, args: Namespace) -> int:
    """Print the runs, the newest last."""
    from alembic_safety.guard.history import history

    runs = history(config, max(args.last, 1))
    for past in runs:
        state = past.outcome or "running, or interrupted and not yet noticed"
        started = past.started.isoformat(sep=" ", timespec="seconds")
        seconds = f" after {(past.finished - past.started).total_seconds():.1f} s" if past.finished else ""
        config.print_stdout("%s", f"{past.number}  {started}  {past.command}  {state}{seconds}  {past.who}")
        config.print_stdout("%s", f"    from {', '.join(past.heads_before) or 'base'}; {past.told}")
        for event in past.events:
            if event.kind == "backup":
                config.print_stdout("%s", f"    backup {event.message}: {event.outcome}")
        if past.message:
            config.print_stdout("%s", f"    {past.message.splitlines()[0]}")
    if not runs:
        config.print_stdout("no run is in the journal")
    return OK


COMMAND = Command(
    name="safety-history",
    description=(
        "Print the journal that hooks.run() keeps in the database that the project is configured for: each run of upgrade or\n"
        "downgrade, who ran it, how it ended, and which revisions were committed or rolled back. Only reads."
    ),
    example="alembic safety-history --last 5   # what happened last night",
    add_arguments=add_arguments,
    run=run,
)
