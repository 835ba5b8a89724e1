"""What is asked in one round trip before a COMMIT: whether rows may be wrong unseen, and whether triggers were on."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from alembic_safety.guard.integrity_check import LABELS_DELETED, MAY_BE_WRONG
from alembic_safety.integrity.attempt import Failure, attempt_all
from alembic_safety.integrity.bypass import watch_triggers
from alembic_safety.integrity.soundness import ANY_VIEW_CALLS
from alembic_safety.integrity.touched_rows import mine
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session


class Answers(NamedTuple):
    """What is to be looked at."""

    #: Rows or objects may be wrong unseen.
    may_be_wrong: bool
    #: There are views with functions of the database's own in them, which any change may break.
    views_call: bool
    #: Triggers certainly worked all the time.
    untouched: bool


class Closing:
    """The questions of one session, from the begin of a transaction on, and in later ones as long as nobody disturbs them."""

    def __init__(self, session: Session, version_table: str) -> None:
        """Begin to watch; writes nothing."""
        self._watch = watch_triggers(session)
        self._text = MAY_BE_WRONG.format(
            mine=mine("p"),
            mine_too=mine("i"),
            own=own_schema.NAME,
            version_table=quote_literal(version_table),
            labels_deleted=LABELS_DELETED,
            views_call=ANY_VIEW_CALLS,
        )
        # To plan it takes three times as long as to run it.
        self._name = f"alembic_safety_closing_{secrets.token_hex(6)}"
        self._is_planned = not isinstance(attempt_all(session, [f"PREPARE {self._name} AS {self._text}"]), Failure)

    def ask(self, session: Session) -> Answers:
        """Whether anything may be wrong, and whether triggers certainly worked all the time."""
        watched = self._watch.questions if self._watch is not None else []
        if self._is_planned:
            outcome = attempt_all(session, [f"EXECUTE {self._name}", *watched])
            if not isinstance(outcome, Failure):
                rows, views = outcome.value[0][0]
                return Answers(rows, views, self._watch is not None and self._watch.answered(outcome.value[-1]))
            self._is_planned = False  # somebody has deallocated it
        rows, views = session.fetch(self._text)[0]
        return Answers(rows, views, self._watch is not None and self._watch.untouched(session))

    def end(self, session: Session) -> None:
        """Leave nothing of it in the session."""
        if self._watch is not None:
            self._watch.end(session)
        if self._is_planned:
            attempt_all(session, [f"DEALLOCATE {self._name}"])
