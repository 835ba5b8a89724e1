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


@contextmanager
def canonical_names(
    session: Session, first: Sequence[str] = (), last: Sequence[str] = ()
) -> Iterator[list[list[tuple[Any, ...]]]]:
    """Let the server write every name qualified (search_path is empty); the end of the block undoes that with all else in it.

    Gives the rows of the statements ``first``, which go along with the settings; ``last`` goes along with the end, and stays. Needs an open transaction, which stays usable
    whatever fails inside.
    """
    try:
        yield fetch_all(session, [*_BEGIN, *first])[len(_BEGIN) :]
    except BaseException:
        with suppress(Exception):  # what failed first is what to tell
            fetch_all(session, _END)
        raise
    fetch_all(session, [*_END, *last])
