"""``alembic safety-downgrade``: write proven downgrades into revision files, or beside them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from alembic_safety.commands.command import FOUND, OK, Command
from alembic_safety.commands.serving import add_server_options, server_options

if TYPE_CHECKING:
    from alembic.config import Config

_FORMATS = ("json", "markdown", "html")


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("revisions", nargs="?", metavar="REV|RANGE", help="a revision, or FIRST:LAST (default: all)")
    parser.add_argument("--all", action="store_true", help="every revision of the history (the default)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--missing", action="store_true", help="write only where there is no downgrade (default: no)")
    which.add_argument(
        "--broken",
        action="store_true",
        help="replace downgrades that fall short, hand-written ones too (default: show a proposal)",
    )
    which.add_argument("--force", action="store_true", help="replace working hand-written downgrades too (default: no)")
    parser.add_argument(
        "--column-order", action="store_true", help="rebuild tables to restore column order too (default: no)"
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument(
        "--sql", action="store_true", help="print the SQL and edit nothing (default: edit revision files)"
    )
    output.add_argument(
        "--out", metavar="DIR", help="write NAME.rollback.sql files there and edit nothing (default: no)"
    )
    output.add_argument("--dry-run", action="store_true", help="say what would be done and edit nothing (default: no)")
    parser.add_argument(
        "--timeout", metavar="TIME", help="longest time of one revision, as 30s or 5min (default: 5min)"
    )
    parser.add_argument(
        "--role", metavar="NAME", help="rehearse as this role, which is no superuser (default: superuser)"
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE@REV",
        help="start from this dump, taken at REV; 'base' is before the first revision (default: an empty database)",
    )
    add_server_options(parser)
    reports = parser.add_argument_group("coverage report, besides the table on standard output (default: none)")
    for name in _FORMATS:
        reports.add_argument(f"--{name}", metavar="FILE", help=f"write it as {name} (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Derive, prove, write and report."""
    from alembic_safety.commands.progress import Progress
    from alembic_safety.errors import UsageError
    from alembic_safety.rehearsal.coverage import Scope
    from alembic_safety.rehearsal.options import options_of
    from alembic_safety.rehearsal.writing import derive_downgrades, write_downgrades, write_rollbacks
    from alembic_safety.report import check_report_files, coverage_report, write_report, write_report_files
    from alembic_safety.revisions.render import render_sql
    from alembic_safety.settings import load_settings

    if args.all and args.revisions:
        raise UsageError(f"say either {args.revisions!r} or --all")
    reports = {name: getattr(args, name) for name in _FORMATS}
    check_report_files(reports)
    settings = load_settings(
        config, timeout=args.timeout, role=args.role, baseline=args.baseline, **server_options(args)
    )
    scope = next((s for s in Scope if getattr(args, s.value)), None)
    with Progress(config, sys.stderr) as progress:
        history = derive_downgrades(
            config,
            options_of(
                settings,
                select=args.revisions,
                keep=args.keep,
                cache=False,
                progress=progress.revision,
                tell=progress.tell,
            ),
            scope=scope,
            column_order=args.column_order,
            preserve=settings.preserve,
        )
    edits = not (args.sql or args.out or args.dry_run)
    if edits:
        write_downgrades(config, history)
    elif args.out:
        write_rollbacks(history, args.out)
    report = coverage_report(
        history.entries, written=edits, facts=dict(history.rehearsal.facts), notes=history.rehearsal.notes
    )
    if args.sql:
        for entry in history.entries:
            if entry.derived is not None and entry.derived.synthesis is not None:
                remarks = [f"{entry.revision.id} {entry.revision.title}".rstrip(), *entry.reasons]
                config.print_stdout("%s", render_sql(entry.derived.synthesis.statements, remarks=remarks))
        write_report(report, "text", sys.stderr)
    else:
        write_report(report, "text", config.stdout)
    write_report_files(report, reports)
    return OK if report.holds else FOUND


COMMAND = Command(
    name="safety-downgrade",
    description=(
        "Write downgrade() into revision files: run each upgrade on a throwaway PostgreSQL, look at what it really did, derive\n"
        "the inverse, and prove it (up, down, up again, catalogs compared). Only a proven body is written; where something\n"
        "cannot be given back, downgrade() refuses and says why. The rest of the file stays byte for byte. A hand-written\n"
        "downgrade that works is never replaced without --force.\n\n"
        "A certificate of what was proven is written to safety/REVISION.json beside the revision.\n\n"
        "Exit status: 0 every downgrade gives the schema back, 1 one falls short, 2 the run could not be done."
    ),
    example="alembic safety-downgrade --missing   # give every revision without a way down a proven one",
    add_arguments=add_arguments,
    run=run,
)
