"""``alembic safety-test``: rehearse every revision on a throwaway database."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.commands.command import FAILED, FOUND, OK, Command
from alembic_safety.commands.serving import add_server_options, server_options

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.rehearsal.verdict import Rehearsal

_FORMATS = ("json", "junit", "sarif", "markdown", "html")


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    chosen = parser.add_argument_group("which revisions (default: all)")
    chosen.add_argument("--from", dest="first", metavar="REV", help="first revision to judge (default: the base)")
    chosen.add_argument("--to", dest="last", metavar="REV", help="last revision to judge (default: the heads)")
    chosen.add_argument("--revision", dest="only", metavar="REV", help="judge this revision alone (default: all)")
    going = parser.add_argument_group("how")
    going.add_argument("--timeout", metavar="TIME", help="longest time of one revision, as 30s or 5min (default: 5min)")
    going.add_argument(
        "--role", metavar="NAME", help="rehearse as this role, which is no superuser (default: superuser)"
    )
    going.add_argument(
        "--baseline",
        metavar="FILE@REV",
        help="start from this dump, taken at REV; 'base' is before the first revision (default: an empty database)",
    )
    going.add_argument(
        "--from-backup",
        dest="backup",
        metavar="FILE",
        help="rehearse what is pending in this dump of pg_dump, on its rows (default: no)",
    )
    going.add_argument(
        "--sample",
        metavar="URL",
        help="rehearse what is pending in this database, on a sample of its rows, read in a read-only transaction (default: no)",
    )
    going.add_argument(
        "--sample-rows",
        type=int,
        default=500,
        metavar="N",
        help="rows of each table to sample, besides those that they refer to (default: 500)",
    )
    going.add_argument(
        "--data",
        metavar="DIR",
        help="rows to add: REVISION.sql, once it is applied (default: tests/data, if it exists)",
    )
    going.add_argument(
        "--rows",
        type=int,
        default=8,
        metavar="N",
        help="rows to make in each table that a revision touches (default: 8)",
    )
    going.add_argument("--seed", type=int, default=0, metavar="N", help="which rows are made (default: 0)")
    going.add_argument("--fresh", action="store_true", help="use nothing that an earlier run found (default: no)")
    stop = going.add_mutually_exclusive_group()
    stop.add_argument("--keep-going", action="store_true", help="go on after a revision that falls short (the default)")
    stop.add_argument(
        "--fail-fast", action="store_true", help="stop at the first revision that falls short (default: no)"
    )
    add_server_options(parser)
    reports = parser.add_argument_group("reports, besides the table on standard output (default: none)")
    for name in _FORMATS:
        reports.add_argument(f"--{name}", metavar="FILE", help=f"write the result as {name} (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Rehearse and report."""
    from alembic_safety.commands.progress import Progress
    from alembic_safety.rehearsal.options import options_of
    from alembic_safety.rehearsal.runner import rehearse
    from alembic_safety.report import check_report_files, rehearsal_report, write_report, write_report_files
    from alembic_safety.report.risks import condensed
    from alembic_safety.settings import load_settings

    reports = {name: getattr(args, name) for name in _FORMATS}
    check_report_files(reports)
    settings = load_settings(
        config, timeout=args.timeout, role=args.role, baseline=args.baseline, data=args.data, **server_options(args)
    )
    with Progress(config, sys.stderr) as progress:
        rehearsal = rehearse(
            config,
            options_of(
                settings,
                first=args.first,
                last=args.last,
                only=args.only,
                rows=args.rows,
                backup=Path(args.backup) if args.backup is not None else None,
                sample=args.sample,
                sample_rows=args.sample_rows,
                seed=args.seed,
                fail_fast=args.fail_fast,
                keep=args.keep,
                cache=not args.fresh,
                progress=progress.revision,
                tell=progress.tell,
            ),
        )
    report = rehearsal_report(rehearsal)
    write_report(condensed(report, rehearsal.verdicts), "text", config.stdout)
    write_report_files(report, reports)
    return _status(rehearsal)


def _status(rehearsal: Rehearsal) -> int:
    from alembic_safety.rehearsal.verdict import Up

    if rehearsal.holds:
        return OK
    if any(v.up is Up.UNAVAILABLE for v in rehearsal.verdicts):
        return FAILED
    return FOUND


COMMAND = Command(
    name="safety-test",
    description=(
        "Rehearse the project's revisions on a throwaway PostgreSQL: upgrade, downgrade, compare the catalog with the one\n"
        "before, upgrade again, compare with the one after the first upgrade. Each revision is judged by itself. The database\n"
        "that the project is configured for is neither touched nor needed.\n\n"
        "Exit status: 0 everything holds, 1 a revision falls short, 2 the run could not be done."
    ),
    example="alembic safety-test --from ae1027a6 --html rehearsal.html   # judge the newer revisions, with a report to keep",
    add_arguments=add_arguments,
    run=run,
)
