"""Run something that may fail, without losing the transaction around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.session import Session, sqlstate

T = TypeVar("T")

PERMISSION_DENIED = "42501"
QUERY_CANCELED = "57014"
LOCK_NOT_AVAILABLE = "55P03"
_SAVEPOINT = "SAVEPOINT alembic_safety_attempt"
_BACK = ("ROLLBACK TO SAVEPOINT alembic_safety_attempt", "RELEASE SAVEPOINT alembic_safety_attempt")
#: Nothing is wrong with what was asked for; it just can't be had, and asking in another way would not help.
NOT_NOW = frozenset({PERMISSION_DENIED, QUERY_CANCELED, LOCK_NOT_AVAILABLE})
#: A standby replays what the query stood in the way of: its snapshot is worth nothing any more.
REPLAYED = "40001"
#: Data or an index is damaged.
CORRUPTED = frozenset({"XX001", "XX002"})
_PLAIN_WORDS = {
    PERMISSION_DENIED: "permission denied",
    QUERY_CANCELED: "it took longer than the statement timeout",
    LOCK_NOT_AVAILABLE: "another session holds a lock on it",
    REPLAYED: "the standby had to cancel it to replay changes, each time; give it time by max_standby_streaming_delay, or set hot_standby_feedback",
}


@dataclass(frozen=True, slots=True)
class Success(Generic[T]):
    """What an attempt gave."""

    value: T


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed."""

    sqlstate: str
    message: str

    @property
    def reason(self) -> str:
        """The failure in plain words, on one line."""
        first = self.message.strip().splitlines()[0] if self.message.strip() else self.sqlstate
        words = _PLAIN_WORDS.get(self.sqlstate)
        return first if not words or first.startswith(words) else f"{words} ({first})"


def attempt(session: Session, action: Callable[[], T]) -> Success[T] | Failure:
    """Run ``action``, which only reads, inside a savepoint that is always rolled back: its settings end with it.

    Raises what has no SQLSTATE (a lost connection, a defect of ours), what ended the session, and what made its snapshot worthless.
    """
    session.execute(_SAVEPOINT)
    try:
        value = action()
    except Exception as error:  # noqa: BLE001 - judged by its SQLSTATE
        return _failed(session, error)
    session.execute("; ".join(_BACK))
    return Success(value)


def attempt_all(session: Session, statements: Sequence[str]) -> Success[list[list[tuple[Any, ...]]]] | Failure:
    """The same for statements that need nothing of each other, in one round trip where the driver can; the rows of each."""
    try:
        found = fetch_all(session, [_SAVEPOINT, *statements, *_BACK])
    except Exception as error:  # noqa: BLE001 - judged by its SQLSTATE
        return _failed(session, error)
    return Success(found[1 : -len(_BACK)])


def _failed(session: Session, error: Exception) -> Failure:
    """Undo a failed attempt; raises the error where there is nothing to undo it on."""
    state = sqlstate(error)
    if state is None or state.startswith(("08", "57P")) or state == REPLAYED:
        raise error
    session.execute("; ".join(_BACK))
    return Failure(state, str(getattr(error, "orig", None) or error))


def is_gone(session: Session, oid: int, *, routine: bool = False) -> bool:
    """Whether a relation or routine has been dropped by now, whatever the transaction's snapshot still shows.

    These functions look into the server's own cache, and give NULL for an OID that nothing has any more.
    """
    look_up = "pg_function_is_visible" if routine else "pg_table_is_visible"
    return session.fetch(f"SELECT pg_catalog.{look_up}({oid}::oid) IS NULL")[0][0] is True
