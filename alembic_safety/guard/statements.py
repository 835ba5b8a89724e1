"""Which statements of a revision that leaves its transaction are committed, so that one that was interrupted can go on from there.

What was done before the transaction is left is written down in it; what runs outside of one is written down before it begins and
after it ended, on another connection. The statement in between is the only one in doubt, and the catalog tells of it. Where the
file has transactions of its own, what each of them did is written down in it before its COMMIT.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_safety.guard.concurrently import leftover
from alembic_safety.guard.log import log
from alembic_safety.postgres.session import SqlalchemySession, sqlstate

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alembic_safety.guard.journal import Journal

#: What only reads, or lasts no longer than the session: never left out, never counted.
_PASSING = re.compile(
    r"^(?:\s|--[^\n]*\n|/\*.*?\*/|;)*(?:SELECT|WITH|SHOW|SET|RESET|VALUES|EXPLAIN|BEGIN|START|SAVEPOINT|RELEASE|ROLLBACK|COMMIT|TABLE)\b",
    re.IGNORECASE | re.DOTALL,
)
#: Where a file that runs outside of a transaction has one of its own.
_CONTROL = re.compile(
    r"^(?:\s|--[^\n]*\n|/\*.*?\*/|;)*(?:(?P<begin>BEGIN|START\s+TRANSACTION)|(?P<commit>COMMIT|END)|(?P<rollback>ROLLBACK(?!\s+(?:WORK\s+|"
    r"TRANSACTION\s+)?TO)|ABORT))\b",
    re.IGNORECASE | re.DOTALL,
)
#: What a statement meets that was done already: duplicate or undefined table, column, index, object, schema, function, database.
_DONE_ALREADY = frozenset(
    {"42P07", "42701", "42710", "42P06", "42723", "42P04", "42P01", "42703", "42704", "42883", "3F000", "55000"}
)


@dataclass(frozen=True)
class HalfDone:
    """What the journal knows of a revision that committed a part of itself."""

    #: The statements that are committed, as hashes, in order.
    done: tuple[str, ...] = ()
    #: The one that was begun outside of a transaction and may be committed; '' for none.
    doubtful: str = ""


@dataclass
class _Step:
    revision: str
    #: Of an interrupted run, those that are still to be met.
    waiting: list[str]
    doubtful: str
    done: list[str] = field(default_factory=list)
    #: Whether it has left its transaction, in this run or the interrupted one.
    has_left: bool = False
    #: How much was done when the file's own transaction began; None where none is open.
    own_began_at: int | None = None


class Statements:
    """Follows the statements of the revision that is running, on the migration's connection."""

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self._connection = connection
        self._journal = journal
        self._step: _Step | None = None
        self._is_outside = False

    @contextmanager
    def of(self, revision: str, half_done: HalfDone | None) -> Iterator[None]:
        """The body of one revision runs within.

        Statements that an interrupted run committed are left out as long as they are met in the same order; a revision that was
        edited since runs from where it differs.
        """
        waiting = list(half_done.done) if half_done is not None else []
        self._step = _Step(
            revision, waiting, half_done.doubtful if half_done is not None else "", has_left=bool(waiting)
        )
        if half_done is not None:
            log().warning(
                "revision %s goes on after the %d statements of it that are committed", revision, len(waiting)
            )
        try:
            yield
        finally:
            self._step = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What runs within is not the revision's."""
        step, self._step = self._step, None
        try:
            yield
        finally:
            self._step = step

    @property
    def done(self) -> Sequence[str]:
        """What of the revision that is running is done."""
        return tuple(self._step.done) if self._step is not None else ()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """What runs within is outside of a transaction."""
        if self._step is not None:
            self._step.has_left = True
        self._is_outside = True
        try:
            yield
        finally:
            self._is_outside = False

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Listen to the connection, within the block."""
        from sqlalchemy import event

        engine = self._connection.engine
        listeners = (
            ("do_execute", self._execute_with),
            ("do_execute_no_params", self._execute),
            ("after_cursor_execute", self._executed),
        )
        for name, listener in listeners:
            event.listen(engine, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners:
                event.remove(engine, name, listener)

    def _execute_with(self, cursor: Any, statement: str, _parameters: Any, context: Any) -> bool:
        return self._execute(cursor, statement, context)

    def _execute(self, cursor: Any, statement: str, context: Any) -> bool:
        """Whether a statement is not to be run any more."""
        step = self._step
        # These events are the dialect's, and so of every connection that was made from the same engine.
        if step is None or context.root_connection is not self._connection:
            return False
        if self._is_outside and (control := _CONTROL.match(statement)):
            self._own_transaction(step, str(control.lastgroup))
            return False
        if _PASSING.match(statement):
            return False
        name = _hash(statement, context)
        if step.waiting[:1] == [name]:
            del step.waiting[0]
            return True
        if step.waiting or step.doubtful not in {"", name}:
            step.waiting, step.doubtful = [], ""
            log().warning("revision %s was changed since it was interrupted: all that follows is run", step.revision)
        if step.doubtful:
            step.doubtful = ""
            self._journal.doing(step.revision, name)
            return self._was_done(cursor, statement, context)
        if self._is_outside and step.own_began_at is None:
            self._journal.doing(step.revision, name)
        return False

    def _own_transaction(self, step: _Step, control: str) -> None:
        """What is done in a transaction of the file's own is done when that commits, and written down within it."""
        if control == "begin":
            step.own_began_at = len(step.done)
        elif step.own_began_at is not None:
            if control == "rollback":
                del step.done[step.own_began_at :]
            elif len(step.done) > step.own_began_at:
                with self.paused():
                    self._journal.done(step.revision, step.done, SqlalchemySession(self._connection))
            step.own_began_at = None

    def _executed(
        self, connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        step = self._step
        if step is None or connection is not self._connection or _PASSING.match(statement) or _CONTROL.match(statement):
            return
        step.done.append(_hash(statement, context))
        if self._is_outside and step.own_began_at is None:
            self._journal.done(step.revision, step.done)

    def _was_done(self, cursor: Any, statement: str, context: Any) -> bool:
        """Settle the statement in doubt: it was done, or it is done now; False where it is to be run as any other."""
        if (state := leftover(cursor, statement)) is not None:
            return state
        try:
            if context.parameters and context.parameters[0]:
                context.dialect.do_execute(cursor, statement, context.parameters[0], context)
            else:
                context.dialect.do_execute_no_params(cursor, statement, context)
        except Exception as error:
            if sqlstate(error) not in _DONE_ALREADY:
                raise
            log().warning("already done by the interrupted run: %s", statement.strip().splitlines()[0])
        return True


def _hash(statement: str, context: Any) -> str:
    parameters = repr(context.parameters) if context is not None and any(context.parameters or ()) else ""
    return hashlib.sha256(f"{statement}\0{parameters}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
