"""What a revision leaves in our own schema for its way back, written down in its transaction, with as few questions as can be."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.postgres import own_schema
from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.session import DirectSession, commits_by_itself, sqlstate

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger(__name__)

_KEY = "alembic_safety_notes"
_SAVEPOINT = "alembic_safety_notes"
_RELEASE = f"RELEASE SAVEPOINT {_SAVEPOINT}"
_NOT_ALLOWED = "42501"
_XIDS = " RETURNING pg_catalog.pg_current_xact_id()::text, xmin::text"


@dataclass(frozen=True)
class Note:
    """Statements that belong together; the last one is an INSERT."""

    statements: tuple[str, ...]
    #: What is not to be had where the role may not write it: a sentence.
    otherwise: str


def collect(context: MigrationContext) -> None:
    """From now on ``write`` waits for ``write_collected``; our schema is there."""
    context.opts[_KEY] = []


def write(context: MigrationContext, note: Note) -> None:
    """Write a note down now, or with the others of its revision."""
    collected: list[Note] | None = context.opts.get(_KEY)
    if collected is not None:
        collected.append(note)
    else:
        _write(context, [note], is_there=False)


def write_collected(context: MigrationContext, first: str = "") -> set[int]:
    """Write down what was collected; the transactions (savepoints are such) that this took.

    :param first: a statement of the caller's that is run before, whatever becomes of what was collected.
    """
    assert context.connection is not None
    collected: list[Note] = context.opts.get(_KEY) or []
    notes, collected[:] = list(collected), []
    if notes:
        return _write(context, notes, is_there=True, first=first)
    DirectSession(context.connection).execute(first)
    return set()


def _write(context: MigrationContext, notes: Sequence[Note], *, is_there: bool, first: str = "") -> set[int]:
    assert context.connection is not None
    session = DirectSession(context.connection)
    is_bare = commits_by_itself(context.connection)
    texts = [text for note in notes for text in note.statements]
    texts[-1] += _XIDS
    try:
        if not is_there:
            if not is_bare:
                session.execute(f"SAVEPOINT {_SAVEPOINT}")
            own_schema.ensure(session)
        before = [first] if first else []
        before += [] if is_bare or not is_there else [f"SAVEPOINT {_SAVEPOINT}"]
        rows = fetch_all(session, [*before, *texts, *([] if is_bare else [_RELEASE])])[len(before) + len(texts) - 1]
    except Exception as error:
        if sqlstate(error) != _NOT_ALLOWED:
            raise
        if not is_bare:
            session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; {_RELEASE}")
        for note in notes:
            log.warning("%s: the migrating role may not write to schema %s", note.otherwise, own_schema.NAME)
        return set()
    # xmin has 32 bits, and is a little later than the transaction that it lies in.
    return {int(whole) + (int(part) - int(whole)) % 2**32 for whole, part in rows}
