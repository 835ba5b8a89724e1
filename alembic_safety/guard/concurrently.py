"""CREATE INDEX CONCURRENTLY: what a failed one leaves behind is an INVALID index, which slows writes and answers nothing."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError
from alembic_safety.guard.blockers import PASSING
from alembic_safety.guard.log import log
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.session import sqlstate

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAME = r'(?:"(?:[^"]|"")+"|[^\s"(.;]+)'
_CREATE = re.compile(
    r"^(?:\s|--[^\n]*\n|/\*.*?\*/)*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:(?P<lenient>IF\s+NOT\s+EXISTS\s+)?"
    rf"(?P<index>{_NAME})\s+)?ON\s+(?:ONLY\s+)?(?P<table>{_NAME}(?:\s*\.\s*{_NAME})?)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class _Index:
    schema: str
    name: str
    valid: bool


@contextmanager
def clearing_invalid_indexes(connection: Connection, retries: int, pause: Callable[[int], float]) -> Iterator[None]:
    """Within it, a CREATE INDEX CONCURRENTLY that fails on this connection has its INVALID index dropped, and may be tried again.

    :param pause: seconds before a try, by its number.
    """
    from sqlalchemy import event

    def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        match = _CREATE.match(statement)
        if match is None:
            return False
        _Creation(cursor, match).run(
            lambda: context.dialect.do_execute(cursor, statement, parameters, context), retries, pause
        )
        return True

    def execute_plain(cursor: Any, statement: str, context: Any) -> bool:
        match = _CREATE.match(statement)
        if match is None:
            return False
        _Creation(cursor, match).run(
            lambda: context.dialect.do_execute_no_params(cursor, statement, context), retries, pause
        )
        return True

    engine = connection.engine
    event.listen(engine, "do_execute", execute)
    event.listen(engine, "do_execute_no_params", execute_plain)
    try:
        yield
    finally:
        event.remove(engine, "do_execute", execute)
        event.remove(engine, "do_execute_no_params", execute_plain)


def leftover(cursor: Any, statement: str) -> bool | None:
    """Whether a CREATE INDEX CONCURRENTLY that was interrupted is done, by its index; what it left INVALID is dropped.

    None where it is another statement, or one that leaves the name to the server. Outside of a transaction only.
    """
    match = _CREATE.match(statement)
    if match is None:
        return None
    if match["index"] is None:
        log().warning(
            "CREATE INDEX CONCURRENTLY without a name was interrupted, and runs again: drop what it left INVALID on %s",
            match["table"],
        )
        return None
    creation = _Creation(cursor, match)
    index = creation.look()
    if index is not None and not index.valid:
        creation.drop_left(GuardError("the run was interrupted"))
        return False
    return index is not None


class _Creation:
    """One CREATE INDEX CONCURRENTLY, on the cursor that runs it."""

    def __init__(self, cursor: Any, match: re.Match[str]) -> None:
        self._cursor = cursor
        self._lenient = bool(match["lenient"])
        #: None where the server chooses it.
        self._index = None if match["index"] is None else _unquoted(match["index"])
        self._table = match["table"]

    def run(self, execute: Callable[[], Any], retries: int, pause: Callable[[int], float]) -> None:
        if self._index is None:
            self._run_unnamed(execute)
            return
        before = self.look()
        if before is not None and not before.valid and self._lenient:
            log().warning(
                "index %s is there and INVALID, so IF NOT EXISTS leaves it as it is: drop it, and create it again",
                qualified(before.schema, before.name),
            )
        attempt = 0
        while True:
            try:
                execute()
                return
            except Exception as error:
                left = self.drop_left(error) if before is None else None
                if left is None or sqlstate(error) not in PASSING or attempt >= retries:
                    raise
                attempt += 1
                seconds = pause(attempt)
                log().warning(
                    "CREATE INDEX CONCURRENTLY %s failed (%s); trying again in %.1f s",
                    self._index,
                    _first_line(error),
                    seconds,
                )
                time.sleep(seconds)

    def _run_unnamed(self, execute: Callable[[], Any]) -> None:
        """What may be left can't be told from what somebody else leaves at the same time, and is only named."""
        before = {index.name for index in self._indexes()}
        try:
            execute()
        except Exception as error:
            with contextlib.suppress(Exception):  # the first error is the one to show
                left = [qualified(i.schema, i.name) for i in self._indexes() if not i.valid and i.name not in before]
                if left:
                    log().warning(
                        "CREATE INDEX CONCURRENTLY on %s failed (%s), and left %s INVALID: drop it, and give the index a name",
                        self._table,
                        _first_line(error),
                        ", ".join(left),
                    )
            raise

    def look(self) -> _Index | None:
        """The index as it is now."""
        return next((index for index in self._indexes() if index.name == self._index), None)

    def _indexes(self) -> list[_Index]:
        """Those of the table."""
        # Not by parameters: every driver writes them in another way.
        self._cursor.execute(
            "SELECT n.nspname, c.relname, i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
            "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            f"WHERE i.indrelid = pg_catalog.to_regclass({quote_literal(self._table)})"
        )
        return [_Index(*row) for row in self._cursor.fetchall()]

    def drop_left(self, error: Exception) -> _Index | None:
        """Drop the index that the failed statement left; it was not there before."""
        try:
            left = self.look()
            if left is None or left.valid:
                return left
            self._cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS " + qualified(left.schema, left.name))
        except Exception as second:  # noqa: BLE001 - the connection may be lost; the first error is the one to show
            log().warning(
                "CREATE INDEX CONCURRENTLY %s failed, and what it left could not be dropped (%s): DROP INDEX it where it is INVALID",
                self._index,
                _first_line(second),
            )
            return None
        log().warning(
            "dropped the INVALID index %s that a failed CREATE INDEX CONCURRENTLY left",
            qualified(left.schema, left.name),
        )
        return left


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
