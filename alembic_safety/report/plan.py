"""What an upgrade would do, as a report: a row for each pending revision, and what stands in its way as findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic_safety.guard.plan import Planned
from alembic_safety.guard.preflight.records import State
from alembic_safety.guard.preflight.work import INDEX, REWRITE, SCAN, shown_seconds
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.lock_modes import BLOCKS, rank, stronger
from alembic_safety.rehearsal.activity import on_one_line
from alembic_safety.rehearsal.certificate import Grade
from alembic_safety.report.records import Cell, Mark, Outcome, Report, Row
from alembic_safety.risk import Step, Subject, assess, level_of
from alembic_safety.risk.of_revision import subject_of
from alembic_safety.settings.values import shown_size

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Pending
    from alembic_safety.guard.preflight.work import Work

COLUMNS = ("revision", "title", "downgrade", "risk", "strongest lock", "time")
_SEVERITY = {
    State.REFUSE: Severity.ERROR,
    State.WARN: Severity.WARNING,
    State.NOTE: Severity.INFO,
    State.UNKNOWN: Severity.INFO,
}
_RISKS = {"HIGH": Mark.BAD, "MEDIUM": Mark.WARN, "LOW": Mark.GOOD}
_GRADES = {Grade.EXACT: Mark.GOOD, Grade.SCHEMA_EXACT: Mark.WARN, Grade.INEXACT: Mark.BAD, Grade.IRREVERSIBLE: Mark.BAD}
_WHAT = {"rewrite": "writes {} anew", "index": "builds an index over {}", "scan": "reads all of {}"}
_MEGABYTE = 1024**2
ESTIMATED = (
    f"times are estimates from the sizes that the tables have now: {SCAN // _MEGABYTE} MB a second to read a table, "
    f"{INDEX // _MEGABYTE} MB to build an index over it, {REWRITE // _MEGABYTE} MB to write it anew with its indexes; rows that a "
    "statement writes and functions that it calls are not in them"
)


def plan_report(planned: Planned, *, large: int) -> Report:
    """What every format shows of it.

    :param large: bytes from which a table is large.
    """
    risks = {p.id: assess(_subject(planned, p, large)) for p in planned.pending}
    findings = [
        *_certificates(planned),
        *_checks(planned),
        *_drift(planned),
        *(f for p in planned.pending for f in risks[p.id]),
    ]
    refusals = sum(finding.severity is Severity.ERROR for finding in findings)
    return Report(
        command="safety-plan",
        title="Plan",
        summary=_summary(planned, refusals),
        columns=COLUMNS,
        rows=tuple(_row(planned, pending, level_of(risks[pending.id])) for pending in planned.pending),
        findings=tuple(findings),
        facts=dict(_facts(planned)),
        notes=(ESTIMATED,) if planned.work else (),
    )


def _subject(planned: Planned, pending: Pending, large: int) -> Subject:
    sizes = {name: relation.total_bytes for name, relation in planned.relations.items()}
    rendered = [on_one_line(text) for text in planned.sql.get(pending.id) or ()]
    if pending.revision is None:
        return Subject(revision=pending.id, steps=tuple(Step(sql=text) for text in rendered))
    closure = pending.seen.closure if pending.seen is not None else None
    return subject_of(
        pending.revision,
        pending.activity,
        closure,
        sizes=sizes,
        reads=planned.reads,
        large=large,
        statements=rendered or None,
    )


def _summary(planned: Planned, refusals: int) -> str:
    count = len(planned.pending)
    if not count:
        return "nothing is pending"
    unknown = sum(pending.activity is None for pending in planned.pending)
    time = shown_seconds(sum(w.seconds for w in planned.work))
    what = f"{count} revision{'' if count == 1 else 's'} pending, "
    what += f"{time} of work" if not unknown else f"{unknown} of them of unknown work"
    if refusals:
        return f"{what}; the upgrade would be refused for {refusals} reason{'' if refusals == 1 else 's'}"
    warning = [result.check for result in planned.checks if result.state is State.WARN]
    return f"{what}; it would begin" + (
        f", with warnings of {', '.join(warning)}" if warning else ", and nothing is in its way"
    )


def _facts(planned: Planned) -> Iterator[tuple[str, str]]:
    yield "database", planned.database
    yield "server", planned.server
    yield "now at", ", ".join(planned.heads) or "base"
    yield "transactions", "one for each revision" if planned.per_migration else "one for all revisions"
    yield "backup", planned.backup
    if planned.checks:
        yield "checks", ", ".join(f"{result.check} {result.state.value}" for result in planned.checks)


def _row(planned: Planned, pending: Pending, risk: str) -> Row:
    work = [w for w in planned.work if w.revision == pending.id]
    locks = _locks(pending)
    live = {name: mode for name, mode in locks.items() if name in planned.relations}
    strongest = max(live.values(), key=rank, default="")
    grade = pending.certificate.grade if pending.certificate is not None else None
    return Row(
        key=pending.id,
        outcome=Outcome.PASSED,
        cells=(
            Cell(pending.id),
            Cell(pending.title),
            Cell(grade.value, _GRADES[grade])
            if grade is not None
            else Cell(f"certificate {pending.status.value}", Mark.WARN),
            Cell(risk, _RISKS[risk]),
            Cell(strongest or "–", Mark.WARN if BLOCKS.get(strongest) == "reads and writes" else Mark.PLAIN),
            Cell(shown_seconds(sum(w.seconds for w in work)) if pending.activity is not None else "unknown"),
        ),
        detail=tuple(_detail(planned, pending, live, work)),
        telling=True,
        file=pending.revision.path.name if pending.revision is not None else None,
        data=_data(planned, pending, risk, live, work),
    )


def _locks(pending: Pending) -> Mapping[str, str]:
    found: dict[str, str] = defaultdict(str)
    for activity in pending.activity or ():
        for name, mode in activity.locks.items():
            found[name] = stronger(mode, found[name])
    return found


def _detail(planned: Planned, pending: Pending, locks: Mapping[str, str], work: Sequence[Work]) -> Iterator[str]:
    if pending.certificate is None:
        yield (
            f"its certificate is {pending.status.value}: what it locks is not known, only what its SQL says; "
            "'alembic safety-plan --rehearse' looks"
        )
    elif pending.proof is None:
        yield f"it was rehearsed on PostgreSQL {', '.join(pending.certificate.proofs)}: what it locks here may differ"
    for name, mode in sorted(locks.items(), key=lambda item: -rank(item[1])):
        relation = planned.relations[name]
        blocks = f", {BLOCKS[mode]} wait" if mode in BLOCKS else ""
        yield f"{mode} on {name} ({shown_size(relation.total_bytes)}, about {relation.rows:,} rows){blocks}"
    for one in work:
        yield f"{shown_seconds(one.seconds)}: {_WHAT[one.what].format(one.table)} ({Step(sql=one.sql).short})"
    for kept in planned.kept:
        if kept.revision == pending.id:
            size = "as many as it writes"
            if kept.bytes is not None and kept.seconds is not None:
                size = f"about {shown_size(kept.bytes)} copied, {shown_seconds(kept.seconds)}"
            yield f"keeps {kept.what} for the way back ({size})"
    if pending.certificate is not None:
        yield from (f"not given back: {reason}" for reason in pending.certificate.reasons)


def _data(
    planned: Planned, pending: Pending, risk: str, locks: Mapping[str, str], work: Sequence[Work]
) -> dict[str, Any]:
    return {
        "revision": pending.id,
        "certificate": pending.status.value,
        "grade": pending.certificate.grade.value if pending.certificate is not None else None,
        "risk": risk,
        "locks": [
            {
                "relation": name,
                "mode": mode,
                "bytes": planned.relations[name].total_bytes,
                "rows": planned.relations[name].rows,
            }
            for name, mode in sorted(locks.items())
        ],
        "work": [
            {"relation": w.table, "what": w.what, "bytes": w.bytes, "seconds": round(w.seconds, 3), "statement": w.sql}
            for w in work
        ],
        "kept": [
            {
                "relation": k.table,
                "what": k.what,
                "bytes": k.bytes,
                "seconds": None if k.seconds is None else round(k.seconds, 3),
            }
            for k in planned.kept
            if k.revision == pending.id
        ],
        "sql": list(planned.sql[pending.id] or ()) if pending.id in planned.sql else None,
    }


def _certificates(planned: Planned) -> Iterator[Finding]:
    for pending in planned.pending:
        if pending.certificate is None and planned.certificates != "off":
            yield Finding(
                code="certificate",
                severity=Severity.ERROR if planned.certificates == "require" else Severity.WARNING,
                message=f"the certificate of revision {pending.id} is {pending.status.value}",
                revision=pending.id,
                remedy=f"alembic safety-downgrade {pending.id}",
            )


def _checks(planned: Planned) -> Iterator[Finding]:
    for result in planned.checks:
        for line in result.lines:
            severity = Severity.INFO if line.note else _SEVERITY.get(result.state, Severity.INFO)
            if result.state is State.REFUSE and not line.sure and any(other.sure for other in result.lines):
                severity = Severity.WARNING
            yield Finding(
                code=f"check-{result.check}", severity=severity, message=line.text, remedy=line.remedy or None
            )


def _drift(planned: Planned) -> Iterator[Finding]:
    for line in planned.drift:
        yield Finding(
            code="drift",
            severity=Severity.ERROR,
            message=line,
            remedy="put it right, or rehearse the revisions anew",
        )
