"""Run the checks, each in a read-only part of the transaction that is rolled back, and do what the settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError
from alembic_safety.guard.log import log
from alembic_safety.guard.preflight import (
    approval,
    connections,
    dependents,
    disk,
    locks,
    prepared,
    privileges,
    replication,
    reversible,
    rows,
    search_path,
    views,
    way_back,
    writable,
)
from alembic_safety.guard.preflight.records import Line, Result, State, state_of
from alembic_safety.postgres.session import sqlstate

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target
    from alembic_safety.postgres.session import Session

Look = Callable[["Target"], Iterable[Line]]
_SAVEPOINT = "alembic_safety_check"
_CANCELLED = "57014"
#: Of states that mean that the connection is gone.
_LOST = ("57P", "58", "08")

CHECKS: dict[str, Look] = {
    "writable": writable.look,
    "approval": approval.look,
    "privileges": privileges.look,
    "rows": rows.look,
    "reversible": reversible.look,
    "dependents": dependents.look,
    "search_path": search_path.look,
    "locks": locks.look,
    "prepared": prepared.look,
    "connections": connections.look,
    "replication": replication.look,
    "disk": disk.look,
    "views": views.look,
    "way_back": way_back.look,
}


def run_checks(target: Target) -> list[Result]:
    """All checks, in order. The session must be in a transaction; that is left as it was, but for weak locks."""
    return [_one(name, look, target) for name, look in CHECKS.items()]


def _one(name: str, look: Look, target: Target) -> Result:
    level = dict(target.settings.checks).get(name, "auto")
    if level == "off":
        return Result(check=name, state=State.OFF)
    session = target.session
    seconds = target.settings.check_timeout
    session.execute(f"SAVEPOINT {_SAVEPOINT}")
    try:
        session.execute(_limits(seconds))
        lines = tuple(look(target))
        result = Result(check=name, state=state_of(lines, level), lines=lines)
    except Exception as error:
        state = sqlstate(error)
        if state is None or state.startswith(_LOST):
            raise
        why = f"it took longer than {seconds:g} s" if seconds and state == _CANCELLED else _first_line(error)
        result = Result(
            check=name, state=State.UNKNOWN, lines=(Line(text=f"the check {name} could not be made: {why}"),)
        )
    session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; RELEASE SAVEPOINT {_SAVEPOINT}")
    return result


def _limits(seconds: float | None) -> str:
    limits = "SET LOCAL transaction_read_only = on; SET LOCAL lock_timeout = '200ms'"
    return limits if seconds is None else f"{limits}; SET LOCAL statement_timeout = {max(int(seconds * 1000), 1)}"


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


@contextmanager
def in_transaction(session: Session, *, autocommit: bool) -> Iterator[None]:
    """A transaction for the checks, where the connection would commit each statement by itself."""
    if not autocommit:
        yield
        return
    session.execute("BEGIN")
    try:
        yield
    finally:
        session.execute("ROLLBACK")


def enforce(results: Sequence[Result]) -> None:
    """Log what is to be warned of.

    :raises GuardError: a check refuses; nothing was changed.
    """
    for result in results:
        if result.state in {State.WARN, State.UNKNOWN}:
            for line in result.lines:
                if not line.note:
                    log().warning("%s", _told(line))
    refused = [result for result in results if result.state is State.REFUSE]
    if refused:
        lines = "".join(f"\n  {_told(line)}" for result in refused for line in result.lines if not line.note)
        names = ",".join(f"{result.check}=warn" for result in refused)
        is_final = any(line.final for result in refused for line in result.lines)
        way_on = "" if is_final else f"\n-x safety.checks={names} goes on all the same"
        raise GuardError(f"nothing was changed:{lines}{way_on}")


def _told(line: Line) -> str:
    return f"{line.text}; {line.remedy}" if line.remedy else line.text
