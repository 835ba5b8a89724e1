"""What rules say of the revisions of a rehearsal, as findings that never fail it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.rehearsal.verdict import Verdict
from alembic_safety.report.records import Report
from alembic_safety.risk import Step, Subject, assess

#: More are a history rather than news, and only counted on the terminal.
_MOST = 12


def risks(verdicts: Iterable[Verdict]) -> Iterator[Finding]:
    """What each revision that was judged does to a database in use, and what to do instead."""
    for verdict in verdicts:
        if verdict.applied_only:
            continue
        dropped = tuple((kind, identity) for kind, _, identity in (name.partition(" ") for name in verdict.dropped))
        steps = tuple(map(Step.seen, verdict.activity))
        yield from assess(Subject(revision=verdict.revision, steps=steps, dropped=dropped, file=verdict.file or None))


def condensed(report: Report, verdicts: Iterable[Verdict]) -> Report:
    """For a terminal: many risks become one line, what the rehearsal itself found stays; the other formats have all."""
    found = tuple(risks(verdicts))
    if len(found) <= _MOST:
        return report
    revisions = len({finding.revision for finding in found})
    counted = Finding(
        code="risks",
        severity=Severity.INFO,
        message=f"{len(found)} statements in {revisions} revisions would lock, rewrite or break something in use",
        remedy="--json, --html and --sarif list them with what to do instead; --from REV or --revision REV shows those of a few",
    )
    others = tuple(finding for finding in report.findings if finding not in found)
    return replace(report, findings=(*others, counted))
