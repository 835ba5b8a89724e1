"""The backup of one run: planned, taken, written into the journal, and told in the log."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError, SafetyError, ServerError
from alembic_safety.guard.backup import folder as folders
from alembic_safety.guard.backup.clone import take_clone
from alembic_safety.guard.backup.dump import Progress, UnreachableError
from alembic_safety.guard.backup.lockout import Lockout
from alembic_safety.guard.backup.plan import AUTO, CLONE, COMMAND, NONE, Plan, backup_folder, plan_backup
from alembic_safety.guard.backup.retention import retire
from alembic_safety.guard.backup.take import Where, take_dump
from alembic_safety.guard.backup.user_command import take_by_command
from alembic_safety.guard.backup.writes import Counts, count_writes
from alembic_safety.guard.log import log
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.settings.values import shown_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from alembic_safety.guard.backup.manifest import Manifest
    from alembic_safety.guard.journal import Journal
    from alembic_safety.guard.runner_lock import RunnerLock
    from alembic_safety.postgres.endpoint import Endpoint
    from alembic_safety.postgres.session import Session
    from alembic_safety.revisions.chain import Chain
    from alembic_safety.settings import Settings

_EVERY = 5.0
_WAY_OUT = "-x safety.backup=none goes on without a backup"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A backup that a run took before it began; ``automatic.restore_automatically`` goes back to it where that loses nothing."""

    manifest: Manifest
    endpoint: Endpoint
    #: The folder that it lies in.
    base: Path
    #: What each table had been written to by then.
    writes: Counts
    #: Where nobody else was connected then: tells whether somebody was since.
    lockout: Lockout | None = None

    @property
    def command(self) -> str:
        """What gives it back."""
        return f"alembic safety-restore {self.manifest.id}"


def back_up(
    where: Where,
    lock: RunnerLock,
    journal: Journal,
    settings: Settings,
    chain: Chain | None,
    *,
    is_upgrade: bool,
    alone: AbstractContextManager[Connection] | None,
) -> Taken | None:
    """Take the backup that the settings ask for; no transaction of the migration is open yet.

    :param alone: within it no connection of ours to the database is open; None where that can't be.
    :raises BackupError: the migration must not begin: the backup that is asked for can't be had. Nothing of it is left.
    """
    plan = None
    try:
        with _planning(where, lock) as session:
            plan = plan_backup(session, chain, where.pending, settings, is_upgrade=is_upgrade)
        (log().warning if plan.falls_short else log().info)("%s", plan.describe())
        if plan.kind == NONE:
            return None
        if plan.kind == CLONE and alone is None:
            raise BackupError(
                "backup = clone needs the database for itself, and env.py has opened a transaction in it: take backup = full"
            )
        return _take(plan, where, journal, settings, alone)
    except BackupError as error:
        if plan is not None and not plan.insists:
            log().warning("%s; going on without, because no certificate says that rows would be lost", error)
            return None
        if plan is not None and settings.backup == AUTO and isinstance(error, UnreachableError):
            log().warning("%s; going on without, because backup = auto takes what can be had", error)
            return None
        raise BackupError(f"{error}; the migration was not begun, and {_WAY_OUT}") from error


@contextmanager
def _planning(where: Where, lock: RunnerLock) -> Iterator[Session]:
    """What may be read is asked as the role that dumps."""
    if not where.role or where.endpoint.is_shared:
        yield lock.side
        return
    try:
        connection = where.connect()
    except ServerError as error:
        raise BackupError(f"no backup was taken: {str(error).splitlines()[0]}") from error
    with connection:
        yield PsycopgSession(connection)


def _take(
    plan: Plan, where: Where, journal: Journal, settings: Settings, alone: AbstractContextManager[Connection] | None
) -> Taken:
    base = backup_folder(settings)
    for name in folders.sweep(base):
        log().warning("removed backup %s, which was never finished", name)
    identifier = folders.new_id(where.endpoint.dbname)
    try:
        writes = count_writes(where.endpoint)
    except ServerError as error:
        raise UnreachableError(f"no backup was taken: {str(error).splitlines()[0]}") from error
    journal.backup_begins(identifier, plan.kind)
    try:
        manifest, lockout = take(plan, identifier, where, settings, alone)
    except BaseException as error:
        journal.backup_ends(identifier, error, exit_code=getattr(error, "exit_code", None))
        raise
    exit_code = 0 if plan.kind == COMMAND else None
    journal.backup_ends(identifier, None, size=manifest.size, reference=manifest.reference, exit_code=exit_code)
    log().info("%s", told(manifest, base))
    try:
        for name in retire(base, manifest, where.endpoint, settings):
            log().info("deleted backup %s, as backup_keep and backup_max_age say", name)
    except (SafetyError, OSError) as error:
        log().warning("old backups were not deleted: %s", error)
    return Taken(manifest=manifest, endpoint=where.endpoint, base=base, writes=writes, lockout=lockout)


def take(
    plan: Plan,
    identifier: str,
    where: Where,
    settings: Settings,
    alone: AbstractContextManager[Connection] | None,
    *,
    tell: Progress | None = None,
) -> tuple[Manifest, Lockout | None]:
    """Carry out a plan.

    :param alone: within it the project's connections to the database are closed; None where none is open.
    :param tell: called now and then with what is written; by default the log is.
    :raises BackupError: it failed; nothing of it is left.
    """
    import psycopg

    base, last = backup_folder(settings), time.monotonic()

    def progress(done: int, seconds: float) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            log().info("backing up: %s written in %.0f s", shown_size(done), seconds)

    try:
        if plan.kind == COMMAND:
            return take_by_command(identifier, settings.backup_command or "", where, base), None
        if where.endpoint.is_shared:
            raise UnreachableError(
                "no backup was taken: the database is reached through a pooler, and pg_dump would leave its settings in sessions "
                "of others; let env.py connect directly, or use backup = command"
            )
        if plan.kind == CLONE:
            if alone is None:
                return take_clone(identifier, where, base)
            with alone as connection:
                manifest, lockout = take_clone(identifier, where, base)
                lockout.count_connections_of(connection)
            return manifest, lockout
        return take_dump(identifier, plan, where, settings, base, tell or progress), None
    except (ServerError, psycopg.Error) as error:
        raise BackupError(f"no backup was taken: {str(error).strip().splitlines()[0]}") from error


def told(manifest: Manifest, base: object) -> str:
    """What was taken, in a line."""
    if manifest.kind == CLONE:
        return f"backup {manifest.id}: database {manifest.reference}, copied in {manifest.seconds:.1f} s"
    if manifest.kind == COMMAND:
        return f"backup {manifest.id}: backup_command ended after {manifest.seconds:.1f} s, and calls it {manifest.reference!r}"
    proven = (
        "every byte read again" if manifest.verified == "digest" else "restored into a scratch database and compared"
    )
    return (
        f"backup {manifest.id}: {len(manifest.tables)} tables with {manifest.rows} rows, {shown_size(manifest.size)} "
        f"in {manifest.seconds:.1f} s, {proven}; in {base}"
    )
