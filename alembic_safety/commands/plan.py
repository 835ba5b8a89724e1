"""``alembic safety-plan``: everything that an upgrade would do and meet, without upgrading."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from alembic_safety.commands.command import FOUND, OK, Command

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.guard.plan import Planned
    from alembic_safety.rehearsal.certificate import Certificate
    from alembic_safety.settings import Settings

_FORMATS = ("json", "markdown", "html")


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "revision", nargs="?", default="heads", metavar="REV", help="revision to arrive at (default: heads)"
    )
    parser.add_argument("--sql", action="store_true", help="print the SQL of each revision too (default: no)")
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="rehearse pending revisions that have no valid certificate; none is written (default: no)",
    )
    for name in _FORMATS:
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write the plan as {name} (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Look, and print."""
    from alembic_safety.guard.plan import plan
    from alembic_safety.report import write_report, write_report_files
    from alembic_safety.report.plan import plan_report
    from alembic_safety.settings import load_settings

    settings = load_settings(config)
    databases = plan(config, args.revision)
    if args.rehearse:
        rehearsed = _rehearsed(config, settings, databases)
        if rehearsed:
            databases = plan(config, args.revision, rehearsed=rehearsed)
    holds = True
    for number, planned in enumerate(databases):
        report = plan_report(planned, large=settings.large_table or 0)
        holds = holds and report.holds
        write_report(report, "text", config.stdout)
        suffix = f".{number + 1}" if len(databases) > 1 else ""
        names = {name: getattr(args, name) for name in _FORMATS}
        write_report_files(report, {name: file + suffix if file else None for name, file in names.items()})
        if args.sql:
            _print_sql(config, planned)
    return OK if holds else FOUND


def _print_sql(config: Config, planned: Planned) -> None:
    for pending in planned.pending:
        statements = planned.sql.get(pending.id)
        config.print_stdout("%s", f"\n-- {pending.id} {pending.title}".rstrip())
        if statements is None:
            config.print_stdout("-- this revision asks the database what to do, so its SQL is not known beforehand")
        for statement in statements or ():
            config.print_stdout("%s", statement.rstrip().rstrip(";") + ";")


def _rehearsed(config: Config, settings: Settings, databases: list[Planned]) -> Mapping[str, Certificate]:
    """Certificates for what has none on the servers' major version, made by a rehearsal and not written."""
    from alembic_safety.commands.progress import Progress
    from alembic_safety.rehearsal.derive import Deriver
    from alembic_safety.rehearsal.grading import certify
    from alembic_safety.rehearsal.options import options_of
    from alembic_safety.rehearsal.runner import rehearse
    from alembic_safety.revisions.chain import load_chain

    lacking = frozenset(
        p.id for planned in databases for p in planned.pending if p.proof is None and p.revision is not None
    )
    if not lacking:
        return {}
    chain = load_chain(config)
    deriver = Deriver()
    with Progress(config, sys.stderr) as progress:
        options = options_of(settings, chosen=lacking, cache=False, progress=progress.revision, tell=progress.tell)
        rehearsal = rehearse(config, options, chain=chain, visitor=deriver)
    found = {}
    for verdict in rehearsal.verdicts:
        if verdict.revision in lacking:
            revision, derived = chain.by_id[verdict.revision], deriver.derived.get(verdict.revision)
            certificate = certify(revision, verdict, derived, server_major=rehearsal.server_major, synthesized=False)
            if certificate is not None:
                found[verdict.revision] = certificate
    return found


COMMAND = Command(
    name="safety-plan",
    description=(
        "Say what 'alembic upgrade' would do to the database that the project is configured for, and change nothing: pending\n"
        "revisions with the grade of their way back, their risk with what to do instead, locks with mode and size of the table,\n"
        "rewrites and full scans with an estimate of the time, the backup, the result of every check, and drift.\n\n"
        "Exit status: 0 the upgrade would begin, 1 it would be refused, 2 the plan could not be made."
    ),
    example="alembic safety-plan --sql   # before the release, against production",
    add_arguments=add_arguments,
    run=run,
)
