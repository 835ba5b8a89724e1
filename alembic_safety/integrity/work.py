"""Units of work: a task reads one large thing or many small ones, on one connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from alembic_safety.integrity.attempt import CORRUPTED, Failure, attempt
from alembic_safety.integrity.records import Record, not_checked
from alembic_safety.integrity.scope import Scope
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

T = TypeVar("T")

#: A batch holds at most this many small things, and at most this many seconds of estimated work.
BATCH_SIZE = 50
BATCH_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do on one connection, in one transaction."""

    check: str
    #: What it reads, for progress.
    subject: str
    #: Estimated seconds: decides the order, and the estimate of what remains.
    seconds: float
    run: Callable[[Session], Iterable[Record]]
    #: Whether a parallel plan would help, so that it is worth having workers for it.
    parallel: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A family of findings: its name, and what there is to do for it in a scope."""

    name: str
    help: str
    plan: Callable[[Session, Scope], Iterable[Task]]
    #: Runs only when its option asks for it.
    wanted: Callable[[Scope], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Item:
    """One small or large thing to read: its OID, its name, and the estimated seconds for it."""

    oid: int
    name: str
    seconds: float


def catalog_check(name: str, help: str, read: Callable[[Session, Scope], Iterable[Record]]) -> Check:
    """A check that reads nothing but the catalog: one task of a few milliseconds."""

    def plan(session: Session, scope: Scope) -> Iterator[Task]:
        del session

        def run(session: Session) -> Iterator[Record]:
            yield from careful(session, lambda: list(read(session, scope)), None, f"the catalog ({name})")

        yield Task(name, name, 0.0, run)

    return Check(name, help, plan)


def batches(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Group small things so that one round trip reads many of them; a large one stays alone."""
    batch: list[Item] = []
    total = 0.0
    for item in sorted(items, key=lambda item: item.seconds):
        if batch and (len(batch) >= BATCH_SIZE or total + item.seconds > BATCH_SECONDS):
            yield tuple(batch)
            batch, total = [], 0.0
        batch.append(item)
        total += item.seconds
    if batch:
        yield tuple(batch)


def careful(
    session: Session, action: Callable[[], Iterable[Record]], subject: str | None, what: str, kind: str | None = None
) -> Iterable[Record]:
    """What ``action`` gives; where it fails, a finding that says so."""
    outcome = attempt(session, action)
    if isinstance(outcome, Failure):
        return (failure_finding(outcome, subject, what, kind),)
    return outcome.value


def failure_finding(failure: Failure, subject: str | None, what: str, kind: str | None = None) -> Finding:
    """What a failed read means: damaged data is an error of the database, anything else was not checked."""
    if failure.sqlstate in CORRUPTED:
        return Finding(
            code="data-corrupted",
            severity=Severity.ERROR,
            message=f"{subject or what} can't be read: {failure.reason}",
            kind=kind,
            subject=subject,
            remedy="Stop writing to it, and restore it from a backup or a standby",
        )
    return not_checked(subject, failure.reason, kind=kind, what=what)


def together(
    session: Session,
    things: Sequence[T],
    read: Callable[[Session, Sequence[T]], list[tuple[Any, ...]]],
    done: Callable[[T, tuple[object, ...]], Iterable[Record]],
    failed: Callable[[T, Failure], Iterable[Record]],
) -> Iterator[Record]:
    """Read all ``things`` at once, where ``read`` gives rows that start with the position of the thing; one by one if that fails.

    ``done`` is called for each row, with what follows the position.
    """
    if not things:
        return
    outcome = attempt(session, lambda: read(session, things))
    if isinstance(outcome, Failure):
        if len(things) == 1:
            yield from failed(things[0], outcome)
            return
        for thing in things:
            yield from together(session, (thing,), read, done, failed)
        return
    for position, *values in outcome.value:
        yield from done(things[position], tuple(values))


def described(
    session: Session, items: Sequence[Item], kind: str, read: Callable[[Sequence[int]], Sequence[T]]
) -> tuple[list[T], list[Record]]:
    """What the catalog says about ``items``, and findings for those whose definition can't be read (a lock can be in the way)."""
    outcome = attempt(session, lambda: list(read([item.oid for item in items])))
    if not isinstance(outcome, Failure):
        return outcome.value, []
    if len(items) == 1:
        return [], [failure_finding(outcome, items[0].name, "", kind)]
    things: list[T] = []
    findings: list[Record] = []
    for item in items:
        one, failed = described(session, (item,), kind, read)
        things += one
        findings += failed
    return things, findings
