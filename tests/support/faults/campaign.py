"""Faults, one after the other, each against a fresh copy of one database: what was left, and what the next run made of it.

Whatever happens, four things must hold: the database is at a boundary that the journal names (a revision as a whole, or a
half-done one that it says so of); nothing that others committed is lost; the next run ends; and then schema and data are what
they are without any fault, or what they were before, by pg_dump.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from alembic_safety.guard.backup.digests import damage
from alembic_safety.guard.backup.folder import backups
from alembic_safety.guard.past import TAKE_BACK, PastRun, read_journal
from alembic_safety.postgres.databases import Database
from alembic_safety.postgres.server import Server
from alembic_safety.postgres.session import PsycopgSession
from tests.support.faults.calls import Worker
from tests.support.faults.deeds import Deeds
from tests.support.faults.proxy import Proxy, Strike
from tests.support.faults.scenario import Scenario

MOMENTS = ("before", "during", "after")
_VERSION_TABLE = "alembic_version"
#: Seconds that anything may take.
LONGEST = 60.0


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


class Campaign:
    """Faults against one scenario on one server."""

    def __init__(self, server: Server, scenario: Scenario, folder: Path) -> None:
        """Work through the scenario without a fault, to know what is right."""
        self.server = server
        self.scenario = scenario
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.worker = Worker(folder)
        parameters = server.parameters()
        self.proxy = Proxy(parameters["host"], int(parameters["port"]))
        self.base = server.create_database()
        self.deeds = Deeds(server, self.worker)
        self._others: list[int] = []
        self._next = 1000
        self.struck = threading.Event()
        self.prepare()

    def close(self) -> None:
        """Give everything back."""
        self.worker.close()
        self.proxy.close()
        self.deeds.close()
        self.server.drop_database(self.base)

    # -- before any fault -------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The state before, and without a fault: the states on the way by revision, and how many requests there are."""
        scenario = self.scenario
        # Throwaway servers do without: what a crash takes would be the server's doing.
        self.deeds.admin().execute("alter role current_user set synchronous_commit = on")
        self.alembic(self.base, "upgrade", scenario.start, through=False)
        with self.base.connect(autocommit=True) as connection:
            connection.execute(scenario.rows)
        self.expected: dict[str, str] = {}
        with self.copy() as database:
            for revision in scenario.chain[scenario.chain.index(scenario.start) :]:
                status, log = self.alembic(database, "upgrade", revision, through=False)
                if status:
                    assert scenario.fails, log
                    break
                self.expected[revision] = self.dump(database)
        with self.copy() as database:
            self.proxy.arm(None)
            status, log = self.alembic(database, "upgrade", "head")
            assert (status != 0) == scenario.fails, log
            self.requests = self.proxy.count
            self.texts = list(self.proxy.texts)
            self.final = self._head(database)
            assert not scenario.fails or self.final == scenario.start, log
            assert self.dump(database) == self.expected[self.final], log
            assert self._told(self._journal(database)) == self.final, "the journal is not read as it is written"

    # -- one fault ----------------------------------------------------------------------------------------------------------

    def inflict(self, fault: Fault) -> Outcome:
        """Run into a fault, look, run again, look again."""
        outcome = Outcome(fault)
        self._others = []
        self.struck.clear()
        with self.copy() as database:
            self._write(database)
            self.proxy.arm(fault.strike, lambda pid: self.strike(fault.deed, pid, database))
            status, log = self.alembic(database, "upgrade", "head")
            self.rest_after(outcome, status, log, database)
            self._look(database, outcome, "after the fault")
            interrupted = [run.number for run in self._journal(database) if run.finished is None]
            self._write(database)
            begins_at = self._head(database)
            status, log = self.alembic(database, "upgrade", "head")
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
            if left := list(self.scenario.backups.glob(".*.partial")):
                outcome.wrong.append(f"a half backup is left: {left[0].name}")
        shutil.rmtree(self.scenario.backups, ignore_errors=True)
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
            elif (now := self.dump(database)) != self.expected[head]:
                outcome.wrong.append(
                    f"{when} at {head} schema or data are others:\n{difference(self.expected[head], now)}"
                )
        for entry in backups(self.scenario.backups):
            trouble = [entry.trouble] if entry.manifest is None else damage(entry.folder, entry.manifest.files)
            if trouble:
                outcome.wrong.append(f"{when} backup {entry.id} is not whole: {trouble[0]}")
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

    def strike(self, deed: str, pid: int, database: Database) -> None:
        try:
            self._write(database)
            self.deeds.do(deed, pid, database)
        finally:
            self.struck.set()

    def _write(self, database: Database) -> None:
        """What others commit meanwhile: a row, where the table is not locked."""
        self._next += 1
        with contextlib.suppress(psycopg.Error), database.connect(autocommit=True) as connection:
            connection.execute("set lock_timeout = '50ms'")
            connection.execute(f"insert into ledger (id, note) values ({self._next}, 'by others')")
            self._others.append(self._next)

    # -- looking --------------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def copy(self) -> Iterator[Database]:
        database = self.server.create_database(self.base)
        try:
            yield database
        finally:
            self.server.drop_database(database)

    def alembic(self, database: Database, *arguments: str, through: bool = True) -> tuple[int, str]:
        url = database.url
        if through:
            url = url.set(host="127.0.0.1", port=self.proxy.port, query={})
        text = url.render_as_string(hide_password=False)
        return self.worker.run(self.scenario.folder, "-x", f"url={text}", *self.scenario.options, *arguments)

    def rest_after(self, outcome: Outcome, status: int, log: str, database: Database) -> None:
        """Note what a run came to, and wait until the fault is over."""
        fault = outcome.fault
        outcome.log = f"-- status {status}\n{log}"
        outcome.struck = self.proxy.struck
        if outcome.struck and not self.struck.wait(LONGEST):
            raise AssertionError(f"{fault} did not come to its end")
        outcome.request = self.proxy.texts[fault.strike.at - 1] if outcome.struck else ""
        self.proxy.arm(None)
        self.deeds.rest()
        self.until_quiet(database, outcome)

    def until_quiet(self, database: Database, outcome: Outcome) -> None:
        """Let the server finish what a client that is gone had asked for."""
        query = "select count(*) from pg_stat_activity where datname = %s and backend_type = 'client backend'"
        until = time.monotonic() + LONGEST
        while self.deeds.admin().execute(query, (database.name,)).fetchone() != (0,):
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

    def dump(self, database: Database) -> str:
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


def difference(expected: str, found: str) -> str:
    import difflib

    lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), "expected", "found", lineterm="", n=1)
    return "\n".join(list(lines)[:40])
