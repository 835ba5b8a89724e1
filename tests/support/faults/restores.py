"""Faults while a backup is given back: the live database is what it was, or what the backup holds, and nothing is left half done."""

from __future__ import annotations

from alembic_safety.guard.backup.folder import backups
from alembic_safety.postgres.databases import PREFIX, Database
from tests.support.faults.campaign import Campaign, Fault, Outcome, difference

_SINCE = "insert into customers values (3, 'since the backup', 'ok'); alter table customers add column since int"


class Restores(Campaign):
    """``safety-restore`` over a live database, struck at each of its requests and those of ``pg_restore``."""

    def prepare(self) -> None:
        """Take the backup, and restore it once without a fault."""
        scenario = self.scenario
        self.deeds.admin().execute("alter role current_user set synchronous_commit = on")
        self.alembic(self.base, "upgrade", scenario.start, through=False)
        with self.base.connect(autocommit=True) as connection:
            connection.execute(scenario.rows)
        status, log = self.alembic(self.base, "safety-backup", through=False)
        assert status == 0, log
        self.identifier = backups(scenario.backups)[-1].id
        self.backed_up = self.dump(self.base)
        with self.base.connect(autocommit=True) as connection:
            connection.execute(_SINCE)
        self.live = self.dump(self.base)
        assert self.live != self.backed_up
        with self.copy() as database:
            self.proxy.arm(None)
            status, log = self._restore(database)
            assert status == 0, log
            self.requests, self.texts = self.proxy.count, list(self.proxy.texts)
            assert self.dump(database) == self.backed_up, difference(self.backed_up, self.dump(database))
            assert self._drop_aside() == 1

    def inflict(self, fault: Fault) -> Outcome:
        """Run into a fault, look, restore again, look again."""
        outcome = Outcome(fault)
        self.struck.clear()
        with self.copy() as database:
            self.proxy.arm(fault.strike, lambda pid: self.strike(fault.deed, pid, database))
            status, log = self._restore(database)
            self.rest_after(outcome, status, log, database)
            now = self.dump(database)
            aside = self._drop_aside()
            if now not in ((self.backed_up,) if status == 0 else (self.live, self.backed_up)):
                outcome.wrong.append(f"after the fault:\n{difference(self.live, now)}")
            if aside != (now == self.backed_up):
                outcome.wrong.append(f"{aside} databases were put aside")
            status, log = self._restore(database, through=False)
            outcome.log += f"-- again: status {status}\n{log}"
            if "Traceback" in outcome.log:
                outcome.wrong.append("what is said is no sentence")
            if status or self.dump(database) != self.backed_up:
                outcome.wrong.append(f"restored again, with status {status}, it is not what was backed up")
            self._drop_aside()
            self._left(outcome, log)
        return outcome

    def _left(self, outcome: Outcome, log: str) -> None:
        """What is left of the restore that was struck; one that had not yet been marked is only told of."""
        left = self.deeds.admin().execute(
            "select datname, shobj_description(oid, 'pg_database') is null from pg_database where starts_with(datname, %s)",
            [f"{PREFIX}restore_"],
        )
        for name, is_unmarked in left.fetchall():
            if not is_unmarked or f"database {name} was made by a restore that was interrupted" not in log:
                outcome.wrong.append(f"half restored database {name} is left")
            self.deeds.admin().execute(f"drop database {name}")

    def strike(self, deed: str, pid: int, database: Database) -> None:
        """Strike; nobody else writes meanwhile, because nobody gets into a database that is being renamed."""
        try:
            self.deeds.do(deed, pid, database)
        finally:
            self.struck.set()

    def _restore(self, database: Database, *, through: bool = True) -> tuple[int, str]:
        return self.alembic(
            database, "safety-restore", self.identifier, "--confirm", database.name, "--disconnect", through=through
        )

    def _drop_aside(self) -> int:
        """How many databases were put aside for a restored one."""
        rows = self.deeds.admin().execute(
            "select format('drop database %I with (force)', datname) from pg_database where datname ~ '_before_restore_[0-9]+$'"
        )
        statements = [str(statement) for (statement,) in rows]
        for statement in statements:
            self.deeds.admin().execute(statement)
        return len(statements)
