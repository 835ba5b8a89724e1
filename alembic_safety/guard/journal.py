"""What was done to the database, and what was about to be: kept so that an interrupted run can be told of truthfully.

What is intended is written on the connection that holds the lock, and stays whatever becomes of the migration. That a step is
done is written in the migration's own transaction, so it is there exactly when the step is.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety import __version__
from alembic_safety.errors import GuardError
from alembic_safety.guard.leftover import await_end
from alembic_safety.guard.log import log
from alembic_safety.guard.past import PastRun, read_journal
from alembic_safety.guard.redact import redacted
from alembic_safety.guard.side import backend_pid, driver_pid
from alembic_safety.guard.statements import HalfDone
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session, SqlalchemySession, commits_by_itself, sqlstate

if TYPE_CHECKING:
    from alembic_safety.guard.runner_lock import RunnerLock

_RUN = f"{own_schema.NAME}.run"
_STEP = f"{own_schema.NAME}.step"
_BACKUP = f"{own_schema.NAME}.backup"
_EVENT = f"{own_schema.NAME}.event"
#: Lines that are written before anything is done.
_BEFORE = ("interrupted", "begin")
_NOT_ALLOWED = ("42501", "25006")  # insufficient privilege, read-only


class Journal:
    """The journal of one run; without a table to write to it only writes the file, if there is one."""

    def __init__(self, lock: RunnerLock, version_table: str, file: Path | None) -> None:
        self._lock = lock
        self._table = version_table
        self._file = file
        #: Whether there are tables to write to.
        self.is_kept = False
        self._number: int | None = None
        #: The process that is written down.
        self._backend: int | None = None

    def open(self, longest: float | None) -> list[PastRun]:
        """Make the journal's tables where they are not there; the runs that never came to their end, the oldest first.

        What is left of them in the server is ended first, so that what is read is what stays. Tells of each in the log.

        :param longest: seconds to wait for what cannot be ended; None is without end.
        :raises GuardError: a part of such a run is still at work, and cannot be ended.
        """
        if self._lock.side.fetch("SELECT pg_catalog.current_setting('transaction_read_only')")[0][0] == "on":
            return []  # a standby, or a role that only reads: a check of its own refuses that, in plain words
        try:
            own_schema.ensure(self._lock.side)
            # Under the lock no other run is alive.
            for past in self._unfinished():
                await_end(self._lock.side, past, longest)
            found = self._unfinished()
        except Exception as error:
            if sqlstate(error) not in _NOT_ALLOWED:
                raise
            log().info("no journal is kept: the migrating role may not write to schema %s", own_schema.NAME)
            return []
        self.is_kept = True
        for past in found:
            log().warning(
                "run %d (%s, begun %s by %s) was interrupted; %s",
                past.number, past.command, past.started.isoformat(timespec="seconds"), past.who, past.told,
            )  # fmt: skip
        return found

    def close_interrupted(self, runs: Sequence[PastRun]) -> None:
        """Write that these runs were interrupted, and what their last COMMIT came to where that is known."""
        for past in runs:
            self._lock.side.execute(
                f"UPDATE {_RUN} SET finished = pg_catalog.clock_timestamp(), outcome = 'interrupted' WHERE number = {past.number}"
            )
            self._write_file("interrupted", interrupted=past.number, told=past.told)

    def another(self) -> Journal:
        """The journal of another run under the same lock."""
        journal = Journal(self._lock, self._table, self._file)
        journal.is_kept = self.is_kept
        return journal

    def begin(self, command: str, heads: Sequence[str]) -> None:
        """Write that a run begins."""
        if self.is_kept:
            who = f"{os.getpid()}@{socket.gethostname()}"
            self._number = self._lock.side.fetch(
                f"INSERT INTO {_RUN} (version_table, command, heads_before, who, tool, client) VALUES ("
                f"{quote_literal(self._table)}, {quote_literal(command)}, {_array(heads)}, "
                f"session_user || ' ' || {quote_literal(who)}, {quote_literal(__version__)}, "
                "coalesce(pg_catalog.host(pg_catalog.inet_client_addr()), '')) RETURNING number"
            )[0][0]
        self._write_file("begin", command=command, heads=list(heads), tool=__version__)

    def transaction(self, backend: int, *, shared: bool) -> None:
        """Write which process of the server the next transaction runs in, to be found by whoever comes after a crash.

        :param shared: by way of a pooler, so that the process is ours no longer than the transaction.
        """
        if self._number is None or (backend == self._backend and not shared):
            return
        xact_start = "a.xact_start" if shared else "NULL"
        self._lock.side.write(
            f"UPDATE {_RUN} r SET backend = a.pid, backend_start = a.backend_start, xact_start = {xact_start}, xid = NULL "
            f"FROM pg_catalog.pg_stat_activity a WHERE a.pid = {int(backend)} AND r.number = {self._number}"
        )
        self._backend = backend

    def runs_on(self, session: SqlalchemySession) -> int:
        """Write which process of the server the transaction of a session runs in; gives its number."""
        is_shared = self._lock.is_pooled
        pid = backend_pid(session) if is_shared else driver_pid(session.connection)
        self.transaction(pid, shared=is_shared and not commits_by_itself(session.connection))
        return pid

    def committing(self, xid: int) -> None:
        """Write which transaction is about to be committed.

        Only where its process serves others too: the end of a process of our own settles whatever it was doing.
        """
        if self._number is not None:
            self._lock.side.write(f"UPDATE {_RUN} SET xid = '{int(xid)}' WHERE number = {self._number}")

    def event(self, kind: str, outcome: str, *, seconds: float | None = None, message: str = "") -> None:
        """Write something that happened besides the revisions; a connection that is lost is no reason to fail."""
        shown = redacted(message)[:2000]
        if self._number is not None:
            try:
                self._lock.side.execute(
                    f"INSERT INTO {_EVENT} (run, kind, outcome, seconds, message) VALUES ({self._number}, {quote_literal(kind)}, "
                    f"{quote_literal(outcome)}, {'NULL' if seconds is None else round(seconds, 3)}, {quote_literal(shown)})"
                )
            except Exception as error:  # noqa: BLE001 - whatever the driver raises where the server ended the session
                log().warning("not written to the journal: %s: %s", kind, redacted(str(error)).splitlines()[0])
        self._write_file(kind, outcome=outcome, seconds=seconds, message=shown)

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
        message = "" if error is None else redacted(str(error).strip() or type(error).__name__)[:2000]
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

    def step(self, revision: str, half_done: HalfDone | None = None) -> None:
        """Write that a revision begins, or goes on after the part of it that an interrupted run committed."""
        known = half_done or HalfDone()
        if self._number is not None:
            self._lock.side.write(
                f"INSERT INTO {_STEP} (run, revision, left_transaction, statements, doing) VALUES ({self._number}, "
                f"{quote_literal(revision)}, {half_done is not None}, {_array(known.done)}, {quote_literal(known.doubtful)}) "
                "ON CONFLICT (run, revision) DO UPDATE SET begun = pg_catalog.clock_timestamp()"
            )
        self._write_file("step", revision=revision)

    def half_done(self, command: str) -> dict[str, HalfDone]:
        """What is known of each revision that was interrupted on the same way, and has not been run since."""
        if not self.is_kept:
            return {}
        rows = self._lock.side.fetch(f"""
            SELECT DISTINCT ON (s.revision) s.revision, s.statements, s.doing,
                   s.left_transaction AND s.applied IS NULL AND r.command = {quote_literal(command)} AND (s.statements <> '{{}}' OR s.doing <> '')
            FROM {_STEP} s JOIN {_RUN} r ON r.number = s.run WHERE r.version_table = {quote_literal(self._table)}
            ORDER BY s.revision, s.run DESC""")
        return {row[0]: HalfDone(tuple(row[1]), row[2]) for row in rows if row[3]}

    def left_transaction(self, revision: str) -> None:
        """Write that a revision leaves its transaction, and commits a part of itself."""
        if self._number is not None:
            self._lock.side.execute(f"UPDATE {_STEP} SET left_transaction = true WHERE {self._row(revision)}")

    def doing(self, revision: str, statement: str) -> None:
        """Write that a statement begins outside of a transaction."""
        if self._number is not None:
            self._lock.side.execute(
                f"UPDATE {_STEP} SET doing = {quote_literal(statement)} WHERE {self._row(revision)}"
            )

    def done(self, revision: str, statements: Sequence[str], session: Session | None = None) -> None:
        """Write which statements of a revision are done.

        :param session: the migration's own, within the transaction that did them and that the revision leaves by committing it;
            outside of one they are committed already.
        """
        if self._number is not None:
            # All in one UPDATE: at a higher isolation level the transaction can't change a row that another session did.
            left = ", left_transaction = true" if session is not None else ""
            (session or self._lock.side).execute(
                f"UPDATE {_STEP} SET statements = {_array(statements)}, doing = ''{left} WHERE {self._row(revision)}"
            )

    def forgets(self, revision: str) -> str:
        """The statement that writes that no part of a revision is committed any more; '' where nothing is to be written."""
        if self._number is None:
            return ""
        return (
            f"UPDATE {_STEP} SET left_transaction = false, statements = '{{}}', doing = '' WHERE {self._row(revision)}"
        )

    def applied(self, revision: str) -> str:
        """The statement that writes that a revision is done, for its own transaction; '' where nothing is to be written."""
        if self._number is None:
            return ""
        return f"UPDATE {_STEP} SET applied = pg_catalog.clock_timestamp() WHERE {self._row(revision)}"

    def end(self, error: BaseException | None) -> None:
        """Write how the run ended."""
        message = "" if error is None else redacted(str(error).strip() or type(error).__name__)[:2000]
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

    def _unfinished(self) -> list[PastRun]:
        return read_journal(self._lock.side, self._table, unfinished=True, limit=1000)

    def _write_file(self, what: str, **facts: Any) -> None:
        if self._file is None:
            return
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "event": what, "run": self._number, "pid": os.getpid(), **facts})
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Whoever may write to the folder must not choose the file that is written to.
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(self._file, flags, 0o600), "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
            told = (
                f"the journal {self._file} cannot be written to: {reason}; name another file with the setting journal"
            )
            if what in _BEFORE:
                raise GuardError(told) from error
            log().warning("%s", told)  # what was begun goes on: the database has its own journal


def _array(values: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(quote_literal(v) for v in values) + "]::text[]"
