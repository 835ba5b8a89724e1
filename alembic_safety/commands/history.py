"""``alembic safety-history``: what upgrades and downgrades were run on the database, and what became of each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

    from alembic_safety.guard.past import PastRun


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many runs to show (default: 20)")
    parser.add_argument("--json", action="store_true", help="print the runs as one JSON array (default: for people)")


def run(config: Config, args: Namespace) -> int:
    """Print the runs, the newest last."""
    from alembic_safety.guard.history import history
    from alembic_safety.guard.past import as_json

    runs = history(config, max(args.last, 1))
    if args.json:
        config.print_stdout("%s", as_json(runs))
        return OK
    for past in runs:
        for line in _lines(past):
            config.print_stdout("%s", line)
    if not runs:
        config.print_stdout("no run is in the journal")
    return OK


def _lines(past: PastRun) -> Iterator[str]:
    state = past.outcome or "running, or interrupted and not yet noticed"
    started = past.started.isoformat(sep=" ", timespec="seconds")
    seconds = f" after {(past.finished - past.started).total_seconds():.1f} s" if past.finished else ""
    where = f" from {past.client}" if past.client else ""
    tool = f", alembic-safety {past.tool}" if past.tool else ""
    yield f"{past.number}  {started}  {past.command}  {state}{seconds}  {past.who}{where}{tool}"
    yield f"    from {', '.join(past.heads_before) or 'base'}; {past.told}"
    slow = [f"{s.revision} {s.seconds:.1f} s" for s in past.steps if s.seconds is not None and s.seconds >= 1]
    if slow:
        yield f"    took {', '.join(slow)}"
    for event in past.events:
        took = f" after {event.seconds:.1f} s" if event.seconds is not None else ""
        said = f": {event.message.splitlines()[0]}" if event.message else ""
        yield f"    {event.kind}{' ' + event.outcome if event.outcome else ''}{took}{said}"
    if past.message:
        yield f"    {past.message.splitlines()[0]}"


COMMAND = Command(
    name="safety-history",
    description=(
        "Print the journal that hooks.run() keeps in the database that the project is configured for: each run of upgrade or\n"
        "downgrade, and each time that what a run committed was taken back; who ran it, from where and with which version,\n"
        "how it ended, which revisions were committed or rolled back, backups, and checks. Only reads."
    ),
    example="alembic safety-history --last 5   # what happened last night",
    add_arguments=add_arguments,
    run=run,
)
