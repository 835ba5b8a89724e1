"""The certificates of a history, as a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic_safety.guard.approval import Standing, standing
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.rehearsal.certificate import Certificate, Grade, Status, certificate_path, orphans, read_certificate
from alembic_safety.report.records import Cell, Mark, Outcome, Report, Row

if TYPE_CHECKING:
    from alembic_safety.revisions.chain import Chain, Revision
    from alembic_safety.settings.approval import Rule

COLUMNS = ("revision", "title", "certificate", "grade", "rating", "proven on")
_RANKS = {grade: rank for rank, grade in enumerate(Grade)}
_SAYS = {
    Status.MISSING: "there is no certificate: 'alembic safety-downgrade {0}' rehearses the revision and writes one",
    Status.STALE: "the revision, or one before it, changed since it was certified: run 'alembic safety-downgrade {0}'",
    Status.UNREADABLE: "the certificate cannot be read: remove it and run 'alembic safety-downgrade {0}'",
}


def certificates_report(
    chain: Chain,
    revisions: Sequence[Revision],
    *,
    worst: Grade = Grade.IRREVERSIBLE,
    rules: Sequence[Rule] = (),
    target: str | None = None,
) -> Report:
    """What every format shows of it.

    :param worst: the worst grade that passes.
    :param rules: which revisions need whose approval; with any, there is a column about it.
    :param target: what database the rules are asked for.
    """
    read = [(revision, *read_certificate(revision)) for revision in revisions]
    rows = [_row(revision, status, certificate, worst, rules, target) for revision, status, certificate in read]
    counts = Counter(status.value for _, status, _ in read)
    summary = ", ".join(f"{counts[status.value]} {status.value}" for status in Status if counts[status.value])
    return Report(
        command="safety-check",
        title="Certificates",
        summary=f"{len(rows)} revisions: {summary}",
        columns=(*COLUMNS, "risk", "approval") if rules else COLUMNS,
        rows=tuple(rows),
        findings=tuple(
            Finding(
                code="orphaned-certificate",
                severity=Severity.WARNING,
                message=f"{path.name} belongs to no revision: remove it",
                file=str(path),
            )
            for path in orphans(chain)
        ),
    )


def _row(
    revision: Revision,
    status: Status,
    certificate: Certificate | None,
    worst: Grade,
    rules: Sequence[Rule],
    target: str | None,
) -> Row:
    detail: list[str] = []
    if status is not Status.VALID:
        detail.append(_SAYS[status].format(revision.id))
    too_bad = certificate is not None and _RANKS[certificate.grade] > _RANKS[worst]
    if certificate is not None and too_bad:
        detail += [f"its grade is {certificate.grade.value}, and {worst.value} is demanded", *certificate.reasons]
    stands = standing(revision, rules, target) if rules else None
    detail += stands.missing if stands is not None else ()
    return Row(
        key=revision.id,
        outcome=Outcome.FAILED if detail else Outcome.PASSED,
        cells=(
            Cell(revision.id),
            Cell(revision.title),
            Cell(status.value, Mark.GOOD if status is Status.VALID else Mark.BAD),
            *_grade_cells(certificate, too_bad=too_bad),
            *_approval_cells(stands),
        ),
        detail=tuple(detail),
        file=str(certificate_path(revision)),
        data={
            "revision": revision.id,
            "status": status.value,
            "grade": certificate.grade.value if certificate is not None else None,
            "rating": certificate.rating if certificate is not None else None,
            "source_key": revision.key,
            **({} if stands is None else {"risk": stands.risk, "approved_by": [a.by for a in stands.approvals]}),
        },
    )


def _grade_cells(certificate: Certificate | None, *, too_bad: bool) -> tuple[Cell, Cell, Cell]:
    if certificate is None:
        return Cell("–"), Cell("–"), Cell("–")
    return (
        Cell(certificate.grade.value, Mark.BAD if too_bad else Mark.PLAIN),
        Cell(certificate.rating),
        Cell(", ".join(certificate.proofs) or "–"),
    )


def _approval_cells(stands: Standing | None) -> tuple[Cell, ...]:
    if stands is None:
        return ()
    if stands.missing:
        return Cell(stands.risk), Cell("missing", Mark.BAD)
    people = ", ".join(dict.fromkeys(a.by for a in stands.approvals))
    return Cell(stands.risk), Cell(people or "not needed", Mark.GOOD if people else Mark.PLAIN)
