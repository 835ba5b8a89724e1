"""Faults, one after the other, each against a fresh copy of one database: what was left, and what the next run made of it.

Whatever happens, four things must hold: the database is at a boundary that the journal names (a revision as a whole, or a
half-done one that it says so of); nothing that others committed is lost; the next run ends; and then schema and data are what
they are without any fault, or what they were before, by pg_dump.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from alembic_safety.guard.past import TAKE_BACK, PastRun, read_journal
from alembic_safety.postgres.databases import Database
from alembic_safety.postgres.server import Server
from alembic_safety.postgres.session import PsycopgSession
from tests.support.faults.proxy import Proxy, Strike
from tests.support.faults.scenario import Scenario

ROOT = Path(__file__).parents[3]
#: What is done to whom: our own process killed, the server's process of the connection ended, all of them, the server crashed.
DEEDS = ("kill", "terminate", "terminate all", "crash")
MOMENTS = ("before", "during", "after")
_VERSION_TABLE = "alembic_version"
_LONGEST = 60.0


@dataclass(frozen=True)
class Fault:
    """One fault."""

    deed: str
    strike: Strike

    def __str__(self) -> str:
        return f"{self.deed} {self.strike.when} request {self.strike.at}"


@dataclass
class Outcome:
    """What came of one fault."""

    fault: Fault
    request: str = ""
    #: What is wrong, a sentence each; empty where all holds.
    wrong: list[str] = field(default_factory=list)
    log: str = ""
    #: The fault struck; a run that asks less than it did before ends first.
    struck: bool = True


class Worker:
    """``alembic`` in processes that are forked from one that has imported everything."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.faults.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
        )
        #: The process that is running now.
        self.pid = 0

    def run(self, project: Path, *arguments: str) -> tuple[int, str]:
        """Exit status (negative: the signal that ended it) and everything it wrote."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._log.unlink(missing_ok=True)
        job = {"cwd": str(project), "arguments": arguments, "log": str(self._log)}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        self.pid = int(self._process.stdout.readline().split()[1])
        status = int(self._process.stdout.readline().split()[1])
        self.pid = 0
        return status, self._log.read_text(errors="replace") if self._log.exists() else ""

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Campaign:
    """Faults against one scenario on one server."""

    def __init__(self, server: Server, scenario: Scenario, folder: Path) -> None:
        self.server = server
        self.scenario = scenario
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.worker = Worker(folder)
        parameters = server.parameters()
        self.proxy = Proxy(parameters["host"], int(parameters["port"]))
        self.base = server.create_database()
        self._admin: psycopg.Connection[tuple[object, ...]] | None = None
        self._others: list[int] = []
        self._next = 1000
        self._struck = threading.Event()
        self._prepare()

    def close(self) -> None:
        """Give everything back."""
        self.worker.close()
        self.proxy.close()
        if self._admin is not None:
            self._admin.close()
        self.server.drop_database(self.base)

    # -- before any fault -------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """The state before, and without a fault: the states on the way by revision, and how many requests there are."""
        scenario = self.scenario
        # Throwaway servers do without: what a crash takes would be the server's doing.
        self.admin().execute("alter role current_user set synchronous_commit = on")
        self._alembic(self.base, "upgrade", scenario.start, through=False)
        with self.base.connect(autocommit=True) as connection:
            connection.execute(scenario.rows)
        self.expected: dict[str, str] = {}
        with self._copy() as database:
            for revision in scenario.chain[scenario.chain.index(scenario.start) :]:
                status, log = self._alembic(database, "upgrade", revision, through=False)
                if status:
                    assert scenario.fails, log
                    break
                self.expected[revision] = self._dump(database)
        with self._copy() as database:
            self.proxy.arm(None)
            status, log = self._alembic(database, "upgrade", "head")
            assert (status != 0) == scenario.fails, log
            self.requests = self.proxy.count
            self.texts = list(self.proxy.texts)
            self.final = self._head(database)
            assert self._dump(database) == self.expected[self.final], log
            assert self._told(self._journal(database)) == self.final, "the journal is not read as it is written"

    # -- one fault ----------------------------------------------------------------------------------------------------------

    def inflict(self, fault: Fault) -> Outcome:
        """Run into a fault, look, run again, look again."""
        outcome = Outcome(fault)
        self._others = []
        self._struck.clear()
        with self._copy() as database:
            self._write(database)
            self.proxy.arm(fault.strike, lambda pid: self._strike(fault.deed, pid, database))
            status, log = self._alembic(database, "upgrade", "head")
            outcome.log = f"-- status {status}\n{log}"
            outcome.struck = self.proxy.struck
            if outcome.struck and not self._struck.wait(_LONGEST):
                raise AssertionError(f"{fault} did not come to its end")
            outcome.request = self.proxy.texts[fault.strike.at - 1] if outcome.struck else ""
            self.proxy.arm(None)
            self._until_quiet(database, outcome)
            self._look(database, outcome, "after the fault")
            interrupted = [run.number for run in self._journal(database) if run.finished is None]
            self._write(database)
            begins_at = self._head(database)
            status, log = self._alembic(database, "upgrade", "head")
            outcome.log += f"-- next run: status {status}\n{log}"
            if (status != 0) != self.scenario.fails:
                outcome.wrong.append(f"the next run ended with {status}")
            for number in interrupted:
                if f"run {number} (" not in log:
                    outcome.wrong.append(f"the next run says nothing of run {number}")
            self._look(database, outcome, "after the next run")
            # Where an upgrade fails again, an interrupted taking back is not gone on with: nothing of the new run stays.
            if (head := self._head(database)) not in ({self.final, begins_at} if self.scenario.fails else {self.final}):
                outcome.wrong.append(f"the next run left the database at {head}")
            if [run for run in self._journal(database) if run.finished is None]:
                outcome.wrong.append("the journal has a run without an end")
        return outcome

    def _look(self, database: Database, outcome: Outcome, when: str) -> None:
        head = self._head(database)
        runs = self._journal(database)
        told = self._told(runs)
        if runs and told != head:
            outcome.wrong.append(f"{when} the journal tells of {told}, and the database is at {head}")
        half_done = [name for run in runs for name in run.half_done]
        if when != "after the fault" or not half_done:
            if head not in self.expected:
                outcome.wrong.append(f"{when} the database is at {head}")
            elif (now := self._dump(database)) != self.expected[head]:
                outcome.wrong.append(
                    f"{when} at {head} schema or data are others:\n{_difference(self.expected[head], now)}"
                )
        with database.connect() as connection:
            there = {row[0] for row in connection.execute("select id from ledger where id >= 1000").fetchall()}
        if lost := set(self._others) - there:
            outcome.wrong.append(f"{when} rows that others committed are lost: {sorted(lost)}")

    def _told(self, runs: list[PastRun]) -> str:
        """Where the database stands by what the journal says was committed."""
        chain = self.scenario.chain
        at = self.scenario.start
        for run in runs:
            for step in run.steps:
                if step.applied:
                    at = chain[chain.index(step.revision) - 1] if run.command == TAKE_BACK else step.revision
        return at

    def _strike(self, deed: str, pid: int, database: Database) -> None:
        try:
            self._write(database)
            self._do(deed, pid, database)
        finally:
            self._struck.set()

    def _do(self, deed: str, pid: int, database: Database) -> None:
        if deed == "kill":
            if self.worker.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.worker.pid, signal.SIGKILL)
        elif deed == "terminate":
            self.admin().execute(f"select pg_terminate_backend({pid})")
        elif deed == "terminate all":
            self.admin().execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
                (database.name,),
            )
        else:
            self._crash()

    def _crash(self) -> None:
        cluster = self.server.cluster
        assert cluster is not None
        if self._admin is not None:
            self._admin.close()
            self._admin = None
        postmaster = cluster.pid
        assert postmaster is not None
        os.kill(postmaster, signal.SIGQUIT)
        while cluster.is_running:
            time.sleep(0.01)
        cluster.start()
        self.server.release()

    def _write(self, database: Database) -> None:
        """What others commit meanwhile: a row, where the table is not locked."""
        self._next += 1
        with contextlib.suppress(psycopg.Error), database.connect(autocommit=True) as connection:
            connection.execute("set lock_timeout = '50ms'")
            connection.execute(f"insert into ledger (id, note) values ({self._next}, 'by others')")
            self._others.append(self._next)

    # -- looking --------------------------------------------------------------------------------------------------------------

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection beside all others."""
        if self._admin is None or self._admin.closed:
            self._admin = self.server.connect(autocommit=True)
        return self._admin

    @contextlib.contextmanager
    def _copy(self) -> Iterator[Database]:
        database = self.server.create_database(self.base)
        try:
            yield database
        finally:
            self.server.drop_database(database)

    def _alembic(self, database: Database, *arguments: str, through: bool = True) -> tuple[int, str]:
        url = database.url
        if through:
            url = url.set(host="127.0.0.1", port=self.proxy.port, query={})
        text = url.render_as_string(hide_password=False)
        return self.worker.run(self.scenario.folder, "-x", f"url={text}", *self.scenario.options, *arguments)

    def _until_quiet(self, database: Database, outcome: Outcome) -> None:
        """Let the server finish what a client that is gone had asked for."""
        query = "select count(*) from pg_stat_activity where datname = %s and backend_type = 'client backend'"
        until = time.monotonic() + _LONGEST
        while self.admin().execute(query, (database.name,)).fetchone() != (0,):
            if time.monotonic() > until:
                outcome.wrong.append("connections stay open")
                return
            time.sleep(0.02)

    def _head(self, database: Database) -> str:
        with database.connect() as connection:
            return ",".join(row[0] for row in connection.execute("select version_num from alembic_version").fetchall())

    def _journal(self, database: Database) -> list[PastRun]:
        with database.connect() as connection:
            return read_journal(PsycopgSession(connection), _VERSION_TABLE, limit=1000)[self.scenario.runs_before :]

    def _dump(self, database: Database) -> str:
        """Schema and data, without what is ours and what others write; rows in no order."""
        assert self.server.binaries is not None
        parameters = self.server.parameters(database.name)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment |= {
            "PGHOST": parameters["host"], "PGPORT": parameters["port"], "PGUSER": parameters["user"],
            "PGDATABASE": database.name, "PGPASSWORD": parameters.get("password", ""), "LC_ALL": "C",
        }  # fmt: skip
        done = subprocess.run(
            [str(self.server.binaries.program("pg_dump")), "--inserts", "-N", "alembic_safety", "--exclude-table-data=ledger"],
            capture_output=True, text=True, check=True, env=environment, timeout=120,
        )  # fmt: skip
        lines = [
            line
            for line in done.stdout.splitlines()
            if line and not line.startswith(("--", "\\", "SET ", "SELECT pg_catalog.set_config"))
        ]
        rows = sorted(line for line in lines if line.startswith("INSERT INTO"))
        return "\n".join([*(line for line in lines if not line.startswith("INSERT INTO")), *rows])


def _difference(expected: str, found: str) -> str:
    import difflib

    lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), "expected", "found", lineterm="", n=1)
    return "\n".join(list(lines)[:40])
