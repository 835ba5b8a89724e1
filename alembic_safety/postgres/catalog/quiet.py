"""Reading without leaving a trace in the session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.session import Session

_SAVEPOINT = "alembic_safety_read"
#: The setting that holds the mark of the last reading that left one.
MARK = "alembic_safety.reading"
#: Whatever changes how the server writes names, expressions and the constants in them; and plans of ours are made once, for any arguments.
_BEGIN = (
    f"SAVEPOINT {_SAVEPOINT}",
    "SET LOCAL standard_conforming_strings = on",
    "SET LOCAL search_path = ''",
    "SET LOCAL quote_all_identifiers = off",
    "SET LOCAL datestyle = 'ISO, MDY'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL plan_cache_mode = force_generic_plan",
    "SET LOCAL jit = off",
)
_END = (f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}", f"RELEASE SAVEPOINT {_SAVEPOINT}")


class Quiet:
    """A session whose server writes every name qualified (search_path is empty), until ``close`` undoes that with all else."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._is_open = False
        self._left: list[str] = []

    def open(self) -> None:
        """Make the settings where they are not made."""
        self.fetch(())

    def fetch(self, statements: Sequence[str], *, closing: bool = False) -> list[list[tuple[Any, ...]]]:
        """The rows of each statement; in one request with the settings where they are not made, and (``closing``) with their end."""
        begin = () if self._is_open else _BEGIN
        self._is_open = True  # also where a statement fails: its savepoint was made before
        if closing:
            found = fetch_all(self.session, [*begin, *statements, *_END, *self._left])
            self._is_open = False
            return found[len(begin) : len(begin) + len(statements)]
        found = fetch_all(self.session, [*begin, *statements]) if begin or statements else []
        return found[len(begin) :]

    def leave(self, statement: str) -> None:
        """Run a statement after each end of the settings from now on, unless the block fails; what it does stays."""
        self._left = [statement]

    def leave_nothing(self) -> None:
        """Take ``leave`` back."""
        self._left = []

    def close(self) -> None:
        """Undo the settings where they are made."""
        if self._is_open:
            self.fetch((), closing=True)


@contextmanager
def canonical_names(session: Session, first: Sequence[str] = ()) -> Iterator[tuple[Quiet, list[list[tuple[Any, ...]]]]]:
    """Let the server write every name qualified within the block.

    Gives what sends further statements, and the rows of the statements ``first``, which go along with the settings. Needs an open
    transaction, which stays usable whatever fails inside.
    """
    quiet = Quiet(session)
    try:
        yield quiet, quiet.fetch(first)
    except BaseException:
        quiet.leave_nothing()
        with suppress(Exception):  # what failed first is what to tell
            quiet.close()
        raise
    quiet.close()
