"""``alembic safety-verify``: check the integrity of a whole database."""

from __future__ import annotations

import argparse
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from alembic_safety.commands.command import FAILED, FOUND, OK, Command

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.commands.progress import Progress
    from alembic_safety.integrity.baseline import Baseline
    from alembic_safety.integrity.options import Options
    from alembic_safety.integrity.run import Progress as State
    from alembic_safety.integrity.run import Verification
    from alembic_safety.model.finding import Finding

_FORMATS = ("junit", "sarif", "markdown", "html")


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    what = parser.add_argument_group("what to verify (default: everything)")
    what.add_argument("--url", metavar="URL", help="the database (default: -x url=…, DATABASE_URL, sqlalchemy.url)")
    what.add_argument(
        "--schema", action="append", default=[], metavar="NAME", help="only this schema; repeatable (default: all)"
    )
    what.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="NAME",
        help="only this table, as SQL writes it; repeatable (default: all)",
    )
    what.add_argument(
        "--check", action="append", default=[], metavar="NAME", help="only this check; repeatable (default: all)"
    )
    what.add_argument(
        "--skip", action="append", default=[], metavar="NAME", help="not this check; repeatable (default: none)"
    )
    what.add_argument("--list-checks", action="store_true", help="print the checks by name, and stop (default: no)")
    depth = parser.add_argument_group("how deep")
    depth.add_argument("--infer", action="store_true", help="look for undeclared references by name, too (default: no)")
    depth.add_argument(
        "--suspects",
        action="store_true",
        help="read rows only where the catalog gives a reason for doubt (default: no)",
    )
    depth.add_argument(
        "--deep",
        action="store_true",
        help="look for duplicates under every unique index, and with --amcheck for rows that an index lacks (default: no)",
    )
    depth.add_argument("--amcheck", action="store_true", help="check the structure of heaps and btrees (default: no)")
    depth.add_argument("--checksums", action="store_true", help="recompute the checksum of every page (default: no)")
    depth.add_argument(
        "--counts", choices=("exact", "estimate"), default="exact", help="how rows are counted (default: exact)"
    )
    limits = parser.add_argument_group("limits")
    limits.add_argument(
        "--max-parallel", type=_positive, default=2, metavar="N", help="server processes that work for us (default: 2)"
    )
    limits.add_argument(
        "--statement-timeout", type=_time, metavar="TIME", help="longest time of one query, as 30s (default: none)"
    )
    limits.add_argument(
        "--lock-timeout", type=_time, default=5.0, metavar="TIME", help="longest wait for a lock (default: 5s)"
    )
    limits.add_argument("--time-limit", type=_time, metavar="TIME", help="longest time in all (default: none)")
    limits.add_argument("--work-mem", metavar="SIZE", help="memory of one sort or hash (default: as the server has it)")
    judging = parser.add_argument_group("what counts")
    judging.add_argument(
        "--baseline", metavar="FILE", help="accept the findings that this TOML file names (default: none)"
    )
    judging.add_argument("--strict", action="store_true", help="warnings fail, too (default: only errors)")
    judging.add_argument(
        "--write-baseline", metavar="FILE", help="accept what is found now, in this file (default: no)"
    )
    judging.add_argument("--reason", metavar="TEXT", help="why, for --write-baseline (no default)")
    judging.add_argument(
        "--expires", type=_date, metavar="DATE", help="until when, for --write-baseline: 2030-12-31 (no default)"
    )
    reports = parser.add_argument_group("reports")
    reports.add_argument(
        "--json",
        nargs="?",
        const="-",
        metavar="FILE",
        help="JSON to FILE, or instead of text to standard output (default: no)",
    )
    for name in _FORMATS:
        reports.add_argument(f"--{name}", metavar="FILE", help=f"write the result as {name} (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Verify and report."""
    from alembic_safety.commands.progress import Progress
    from alembic_safety.integrity.baseline import Baseline, read_baseline
    from alembic_safety.integrity.run import Verification
    from alembic_safety.report import check_report_files

    if args.list_checks:
        return _list_checks(config)
    _check_baseline_options(args)
    baseline = read_baseline(args.baseline) if args.baseline else Baseline()
    check_report_files({"json": None if args.json == "-" else args.json, **{n: getattr(args, n) for n in _FORMATS}})
    with Progress(config, sys.stderr) as progress:
        watch = _Watch(progress, sys.stderr.isatty())
        verification = Verification(database_url(config, args), _options(args), on_progress=watch)
        findings = _stream(config, args, verification, baseline, progress)
    return _report(config, args, verification, baseline, findings)


def _stream(
    config: Config, args: Namespace, verification: Verification, baseline: Baseline, progress: Progress
) -> list[Finding]:
    """Run; show each finding when it is found. Ctrl-C ends the run, and keeps what was found."""
    from alembic_safety.model.finding import Finding

    today = date.today()  # noqa: DTZ011 - the day where the command runs is what the author of an entry meant
    findings: list[Finding] = []
    try:
        with closing(iter(verification)) as records:
            for record in records:
                kept = baseline.judge(record, today) if isinstance(record, Finding) else None
                if kept is not None:
                    findings.append(kept)
                    if args.json != "-":
                        progress.clear()
                        show(kept, config.stdout)
    except KeyboardInterrupt:
        verification.result.stopped = "interrupted"
    return findings


def _report(
    config: Config, args: Namespace, verification: Verification, baseline: Baseline, findings: list[Finding]
) -> int:
    from alembic_safety.integrity.baseline import write_baseline
    from alembic_safety.report import write_report, write_report_files
    from alembic_safety.report.verification import summary, verification_report

    result = verification.result
    if args.write_baseline:
        count = write_baseline(args.write_baseline, findings, reason=args.reason, expires=args.expires)
        print(f"{count} findings are accepted in {args.write_baseline} until {args.expires}", file=sys.stderr)
    remarks = baseline.remarks() if result.stopped is None else []
    report = verification_report(result, [*findings, *remarks], baseline, strict=args.strict)
    if args.json == "-":
        write_report(report, "json", config.stdout)
    else:
        for remark in remarks:
            show(remark, config.stdout)
        if baseline.met:
            config.stdout.write(f"{len(baseline.met)} findings are accepted by {baseline.file}\n")
        config.stdout.write(summary(result, report.findings) + "\n")
        write_report_files(report, {"json": args.json})
    write_report_files(report, {name: getattr(args, name) for name in _FORMATS})
    if args.write_baseline and result.stopped is None:
        return OK
    if not report.holds:
        return FOUND
    return 130 if result.stopped == "interrupted" else FAILED if result.stopped else OK


def show(finding: Finding, stream: TextIO) -> None:
    """Print a finding: what, for example, how to see it, what to do."""
    lines = [f"{finding.severity.value} [{finding.code}] {finding.message}"]
    if finding.examples:
        lines.append(f"    for example: {'; '.join(finding.examples)}")
    if finding.query:
        lines.append(f"    {finding.query}")
    if finding.remedy:
        lines.append(f"    → {finding.remedy}")
    stream.write("\n".join(lines) + "\n")
    stream.flush()


def database_url(config: Config, args: Namespace) -> str:
    """The database to verify: ``--url``, ``-x url=…``, ``DATABASE_URL``, ``sqlalchemy.url``.

    :raises UsageError: where none of them says.
    """
    from alembic_safety.errors import UsageError

    given = dict(item.partition("=")[::2] for item in getattr(args, "x", None) or ())
    url = args.url or given.get("url") or os.environ.get("DATABASE_URL") or config.get_main_option("sqlalchemy.url")
    if not url:
        raise UsageError(
            "No database is given: say --url postgresql://user@host/name, or set DATABASE_URL, or sqlalchemy.url in "
            f"{config.config_file_name or 'alembic.ini'}"
        )
    return str(url)


def _options(args: Namespace) -> Options:
    from alembic_safety.integrity.options import Counts, Options

    return Options(
        schemas=tuple(args.schema),
        tables=tuple(args.table),
        only=tuple(args.check),
        skip=tuple(args.skip),
        infer=args.infer,
        suspects_only=args.suspects,
        deep=args.deep,
        amcheck=args.amcheck,
        checksums=args.checksums,
        counts=Counts(args.counts),
        max_parallel=args.max_parallel,
        statement_timeout=args.statement_timeout,
        lock_timeout=args.lock_timeout or 0.0,
        time_limit=args.time_limit,
        work_mem=args.work_mem,
    )


class _Watch:
    """Shows how far a run is, seldom enough to be read."""

    def __init__(self, progress: Progress, terminal: bool) -> None:
        self._progress = progress
        self._interval = 0.2 if terminal else 10.0
        self._next = time.monotonic() + (0.5 if terminal else self._interval)

    def __call__(self, state: State) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._interval
            self._progress.line(_line(state))


def _line(state: State) -> str:
    remaining = "" if state.remaining is None else f", about {_duration(state.remaining)} left"
    reading = f": {', '.join(state.subjects)}" if state.subjects else ""
    return f"{state.done}/{state.planned} steps, {_duration(state.elapsed)}{remaining}{reading}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60} min" if whole < 5400 else f"{whole / 3600:.1f} h"


def _list_checks(config: Config) -> int:
    from alembic_safety.integrity.checks import CHECKS

    width = max(len(check.name) for check in CHECKS)
    config.stdout.write("\n".join(f"{check.name:<{width}}  {check.help}" for check in CHECKS) + "\n")
    return OK


def _check_baseline_options(args: Namespace) -> None:
    from alembic_safety.errors import UsageError

    if args.write_baseline and not (args.reason and args.expires):
        raise UsageError("--write-baseline needs --reason TEXT and --expires DATE: nothing is accepted without both")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _time(text: str) -> float | None:
    from alembic_safety.settings.values import duration

    try:
        value = duration().read(text, Path())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"write {error}") from error
    return None if value is None else float(value)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("write a date as 2030-12-31") from error


COMMAND = Command(
    name="safety-verify",
    description=(
        "Verify a whole database: orphans under every foreign key, duplicates, NULLs and CHECK, domain, exclusion and partition\n"
        "violations, broken indexes, triggers, sequences, views and functions. It only reads, in short transactions on one\n"
        "snapshot, needs no more than SELECT, runs on a standby, and says what it couldn't read. Ctrl-C prints what was found.\n\n"
        "Exit status: 0 no errors, 1 errors were found, 2 the run could not be done or finished."
    ),
    example="alembic safety-verify --schema billing --baseline accepted.toml --json   # only what is new fails",
    add_arguments=add_arguments,
    run=run,
)
