"""``alembic safety-check``: which certificates and approvals are missing or stale, without a database."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from alembic_safety.commands.command import FOUND, OK, Command

if TYPE_CHECKING:
    from alembic.config import Config

_FORMATS = ("json", "junit", "sarif", "markdown")


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("revisions", nargs="?", metavar="REV|RANGE", help="a revision, or FIRST:LAST (default: all)")
    parser.add_argument(
        "--grade",
        choices=("exact", "schema-exact", "inexact", "irreversible"),
        default="irreversible",
        help="the worst grade that passes (default: irreversible, which is any)",
    )
    parser.add_argument(
        "--target", metavar="NAME", help="say what approvals that database needs: production (default: the setting)"
    )
    for name in _FORMATS:
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write the result as {name} (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Read every certificate, and say what is wrong."""
    from alembic_safety.rehearsal.certificate import Grade
    from alembic_safety.report import check_report_files, write_report, write_report_files
    from alembic_safety.report.certificates import certificates_report
    from alembic_safety.revisions.chain import load_chain
    from alembic_safety.settings import load_settings

    reports = {name: getattr(args, name) for name in _FORMATS}
    check_report_files(reports)
    chain = load_chain(config)
    settings = load_settings(config, target=args.target)
    report = certificates_report(
        chain,
        chain.select(args.revisions),
        worst=Grade(args.grade),
        rules=settings.approval,
        target=settings.target,
    )
    write_report(report, "text", config.stdout)
    write_report_files(report, reports)
    return OK if report.holds else FOUND


COMMAND = Command(
    name="safety-check",
    description=(
        "Say for every revision whether its certificate is there, belongs to the sources as they are now, and what grade it\n"
        "gives; with the setting 'approval', also which approvals are missing. Needs no database and no server. 'alembic safety-downgrade' writes certificates.\n\n"
        "Exit status: 0 all are valid, 1 one is missing, stale, unreadable, not approved, or of a worse grade than --grade allows,\n"
        "2 the check could not be done."
    ),
    example="alembic safety-check --grade schema-exact --sarif safety.sarif   # in a pull request's pipeline",
    add_arguments=add_arguments,
    run=run,
)
