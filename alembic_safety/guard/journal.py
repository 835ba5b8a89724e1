"""What was done to the database, and what was about to be: kept so that an interrupted run can be told of truthfully.

What is intended is written on the connection that holds the lock, and stays whatever becomes of the migration. That a step is
done is written in the migration's own transaction, so it is there exactly when the step is.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.guard.log import log
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session, sqlstate

if TYPE_CHECKING:
    from alembic_safety.guard.runner_lock import RunnerLock

_RUN = f"{own_schema.NAME}.run"
_STEP = f"{own_schema.NAME}.step"
_BACKUP = f"{own_schema.NAME}.backup"
_NOT_ALLOWED = ("42501", "25006")  # insufficient privilege, read-only


@dataclass(frozen=True, kw_only=True)
class PastStep:
    """A revision of a run."""

    revision: str
    #: It is in the database, committed together with the version table.
    applied: bool
    #: A part of it ran outside of a transaction.
    left_transaction: bool


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """A run of ``upgrade`` or ``downgrade``."""

    number: int
    command: str
    started: datetime
    finished: datetime | None
    #: done | failed | interrupted; '' while it is running.
    outcome: str
    message: str
    who: str
    heads_before: tuple[str, ...]
    steps: tuple[PastStep, ...]

    @property
    def told(self) -> str:
        """What became of its revisions, in words."""
        applied = [s.revision for s in self.steps if s.applied]
        half = [s.revision for s in self.steps if not s.applied and s.left_transaction]
        undone = [s.revision for s in self.steps if not s.applied and not s.left_transaction]
        parts = [f"{label} {', '.join(names)}" for label, names in (
            ("committed:", applied),
            ("partly committed, by statements outside of a transaction:", half),
            ("rolled back:", undone),
        ) if names]  # fmt: skip
        return "; ".join(parts) or "no revision was begun"


class Journal:
    """The journal of one run; without a table to write to it only writes the file, if there is one."""

    def __init__(self, lock: RunnerLock, version_table: str, file: Path | None) -> None:
        self._lock = lock
        self._table = version_table
        self._file = file
        self._number: int | None = None

    def begin(self, command: str, heads: Sequence[str]) -> None:
        """Write that a run begins; tell of one before it that never came to its end."""
        try:
            own_schema.ensure(self._lock.side)
            self._tell_interrupted()
            who = f"{os.getpid()}@{socket.gethostname()}"
            self._number = self._lock.side.fetch(
                f"INSERT INTO {_RUN} (version_table, command, heads_before, who) VALUES ({quote_literal(self._table)}, "
                f"{quote_literal(command)}, {_array(heads)}, session_user || ' ' || {quote_literal(who)}) RETURNING number"
            )[0][0]
        except Exception as error:
            if sqlstate(error) not in _NOT_ALLOWED:
                raise
            log().info("no journal is kept: the migrating role may not write to schema %s", own_schema.NAME)
        self._write_file("begin", command=command, heads=list(heads))

    def backup_begins(self, identifier: str, kind: str) -> None:
        """Write that a backup is about to be taken."""
        if self._number is not None:
            self._lock.side.execute(
                f"INSERT INTO {_BACKUP} (run, id, kind) "
                f"VALUES ({self._number}, {quote_literal(identifier)}, {quote_literal(kind)})"
            )
        self._write_file("backup", backup=identifier, kind=kind)

    def backup_ends(
        self,
        identifier: str,
        error: BaseException | None,
        *,
        size: int = 0,
        reference: str = "",
        exit_code: int | None = None,
    ) -> None:
        """Write what became of it: ``done`` or ``failed``; without a connection it stays begun."""
        message = "" if error is None else (str(error).strip() or type(error).__name__)[:2000]
        outcome = "done" if error is None else "failed"
        if self._number is not None:
            try:
                self._lock.side.execute(
                    f"UPDATE {_BACKUP} SET finished = pg_catalog.clock_timestamp(), outcome = {quote_literal(outcome)}, "
                    f"bytes = {int(size)}, reference = {quote_literal(reference)}, message = {quote_literal(message)}, "
                    f"exit_code = {'NULL' if exit_code is None else int(exit_code)} "
                    f"WHERE run = {self._number} AND id = {quote_literal(identifier)}"
                )
            except Exception:
                if error is None:
                    raise
        self._write_file(
            "backup ends", backup=identifier, outcome=outcome, bytes=size, reference=reference, exit_code=exit_code,
            message=message,
        )  # fmt: skip

    def step(self, revision: str) -> None:
        """Write that a revision begins."""
        if self._number is not None:
            self._lock.side.execute(
                f"INSERT INTO {_STEP} (run, revision) VALUES ({self._number}, {quote_literal(revision)}) "
                "ON CONFLICT (run, revision) DO UPDATE SET begun = pg_catalog.clock_timestamp()"
            )
        self._write_file("step", revision=revision)

    def left_transaction(self, revision: str) -> None:
        """Write that a revision leaves its transaction, and commits a part of itself."""
        if self._number is not None:
            self._lock.side.execute(f"UPDATE {_STEP} SET left_transaction = true WHERE {self._row(revision)}")

    def applied(self, session: Session, revision: str) -> None:
        """Write that a revision is done, in its own transaction."""
        if self._number is not None:
            session.execute(f"UPDATE {_STEP} SET applied = pg_catalog.clock_timestamp() WHERE {self._row(revision)}")

    def end(self, error: BaseException | None) -> None:
        """Write how the run ended."""
        message = "" if error is None else (str(error).strip() or type(error).__name__)[:2000]
        outcome = "done" if error is None else "failed"
        if self._number is not None:
            try:
                self._lock.side.execute(
                    f"UPDATE {_RUN} SET finished = pg_catalog.clock_timestamp(), outcome = {quote_literal(outcome)}, "
                    f"message = {quote_literal(message)} WHERE number = {self._number}"
                )
            except Exception:
                if error is None:
                    raise
                log().warning("the journal could not be finished: the next run will call this one interrupted")
        self._write_file("end", outcome=outcome, message=message)

    def _row(self, revision: str) -> str:
        return f"run = {self._number} AND revision = {quote_literal(revision)}"

    def _tell_interrupted(self) -> None:
        # Under the lock no other run is alive.
        for past in read_journal(self._lock.side, self._table, unfinished=True):
            log().warning(
                "run %d (%s, begun %s by %s) was interrupted; %s",
                past.number, past.command, past.started.isoformat(timespec="seconds"), past.who, past.told,
            )  # fmt: skip
            self._lock.side.execute(
                f"UPDATE {_RUN} SET finished = pg_catalog.clock_timestamp(), outcome = 'interrupted' WHERE number = {past.number}"
            )

    def _write_file(self, what: str, **facts: Any) -> None:
        if self._file is None:
            return
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "event": what, "run": self._number, "pid": os.getpid(), **facts})
        self._file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "a", encoding="utf-8") as file:
            file.write(line + "\n")


def read_journal(session: Session, version_table: str, *, unfinished: bool = False, limit: int = 20) -> list[PastRun]:
    """The newest runs, the oldest of them first; empty where no journal was ever kept."""
    if not session.fetch(f"SELECT 1 WHERE pg_catalog.to_regclass('{_STEP}') IS NOT NULL"):
        return []
    rows = session.fetch(f"""
        SELECT r.number, r.command, r.started, r.finished, r.outcome, r.message, r.who, r.heads_before,
               coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(s.revision, s.applied IS NOT NULL, s.left_transaction)
                        ORDER BY s.begun) FILTER (WHERE s.run IS NOT NULL), '[]')::text
        FROM {_RUN} r LEFT JOIN {_STEP} s ON s.run = r.number
        WHERE r.version_table = {quote_literal(version_table)} AND ({"r.finished IS NULL" if unfinished else "true"})
        GROUP BY r.number ORDER BY r.number DESC LIMIT {int(limit)}""")
    return [
        PastRun(
            number=row[0], command=row[1], started=row[2], finished=row[3], outcome=row[4], message=row[5], who=row[6],
            heads_before=tuple(row[7]),
            steps=tuple(PastStep(revision=s[0], applied=s[1], left_transaction=s[2]) for s in json.loads(row[8])),
        )
        for row in reversed(rows)
    ]  # fmt: skip


def _array(values: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(quote_literal(v) for v in values) + "]::text[]"
