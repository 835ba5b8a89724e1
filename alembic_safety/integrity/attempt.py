"""Run something that may fail, without losing the transaction around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from alembic_safety.postgres.session import Session, sqlstate

T = TypeVar("T")

PERMISSION_DENIED = "42501"
QUERY_CANCELED = "57014"
LOCK_NOT_AVAILABLE = "55P03"
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
    session.execute("SAVEPOINT alembic_safety_attempt")
    try:
        value = action()
    except Exception as error:
        state = sqlstate(error)
        if state is None or state.startswith(("08", "57P")) or state == REPLAYED:
            raise
        _back(session)
        return Failure(state, str(getattr(error, "orig", None) or error))
    _back(session)
    return Success(value)


def _back(session: Session) -> None:
    session.execute("ROLLBACK TO SAVEPOINT alembic_safety_attempt; RELEASE SAVEPOINT alembic_safety_attempt")
