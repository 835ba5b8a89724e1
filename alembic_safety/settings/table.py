"""Every setting: its type, default and meaning, each on one line of a table that is the dataclass itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from alembic_safety.settings.approval import Rule, approval_rules
from alembic_safety.settings.values import (
    Reader,
    choice,
    duration,
    flag,
    levels,
    names,
    path,
    path_at,
    size,
    text,
    whole,
)

#: Checks before an upgrade (``guard.preflight``); each is ``auto`` where the setting ``checks`` says nothing of it.
CHECKS = (
    "writable",
    "approval",
    "privileges",
    "rows",
    "reversible",
    "dependents",
    "search_path",
    "locks",
    "prepared",
    "connections",
    "replication",
    "disk",
    "views",
    "way_back",
)
LEVELS = ("off", "warn", "auto", "refuse")


class Origin(NamedTuple):
    """Where a value comes from."""

    #: As a user would look for it: ``alembic.ini [alembic:safety]``, ``ALEMBIC_SAFETY_BACKUP``, ``--timeout``.
    place: str


class Setting(NamedTuple):
    """A line of the table."""

    name: str
    reader: Reader
    default: Any
    doc: str


def _setting(reader: Reader, default: Any, doc: str) -> Any:
    return field(default=default, metadata={"reader": reader, "doc": doc})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings; durations in seconds, paths absolute, None where nothing is set."""

    # -- the server that migrations are rehearsed on
    server: str | None = _setting(
        text(), None, "URL of a server to rehearse on; scratch databases are created there, no other is touched"
    )
    pg_bin: Path | None = _setting(path(), None, "Folder with PostgreSQL's programs (initdb, postgres, pg_dump)")
    pg_version: str | None = _setting(text(), None, "Major version to rehearse on, where several are installed")
    cache_dir: Path | None = _setting(path(), None, "Folder for cached server data; by default the user's cache folder")

    # -- the rehearsal
    timeout: float | None = _setting(duration(), 300.0, "Longest time that one revision may take in a rehearsal")
    baseline: str | None = _setting(
        path_at(),
        None,
        "FILE@REVISION: a dump (or a script of SQL) to start from; FILE@base is what the database holds before the first revision",
    )
    data: Path | None = _setting(
        path(),
        None,
        "Folder of rows to rehearse on: REVISION.sql is run once that revision is applied; by default tests/data, where it exists",
    )
    role: str | None = _setting(text(), None, "Role to rehearse as, instead of a superuser")
    search_path: tuple[str, ...] = _setting(
        names(),
        (),
        "search_path to rehearse with, where production sets it for the role or the database; schemas that no revision makes are there",
    )
    exclude: tuple[str, ...] = _setting(
        names(), (), "Schemas and tables (schema.table) left out of every comparison; the version table always is"
    )

    # -- what an upgrade demands before it begins
    enabled: bool = _setting(flag(), True, "Whether the hooks do anything at all")
    certificates: str = _setting(
        choice("off", "warn", "require"), "warn", "What to do where a pending revision has no valid certificate"
    )
    target: str | None = _setting(text(), None, "What database this is, for rules of approval: production, staging, …")
    approval: tuple[Rule, ...] = _setting(
        approval_rules(),
        (),
        "Which revisions need whose approval, as 'production: HIGH needs 1 other'; an upgrade without is refused",
    )
    checks: tuple[tuple[str, str], ...] = _setting(
        levels(CHECKS, LEVELS),
        (),
        "What to do with what a check before the upgrade or downgrade finds; auto refuses what would surely fail, and warns of the rest",
    )
    check_timeout: float | None = _setting(duration(), 5.0, "Longest time of each check before the upgrade")
    large_table: int | None = _setting(
        size(), 128 << 20, "Size from which safety-plan warns of locking, reading or rewriting a table"
    )
    lock_wait: float | None = _setting(duration(), 300.0, "Longest wait for another migrator to finish")

    # -- the backup before it
    backup: str = _setting(
        choice("auto", "full", "affected", "clone", "command", "none", "off"),
        "auto",
        "What is backed up before a migration: what its certificates say can't be given back, everything, the tables it "
        "touches, the database as a copy beside it, whatever backup_command does, or nothing",
    )
    backup_dir: Path | None = _setting(
        path(), None, "Folder for backups; by default alembic-safety/backups among the user's own data"
    )
    backup_keep: int | None = _setting(whole(1), 5, "How many backups of a database are kept")
    backup_max_age: float | None = _setting(
        duration(), None, "Age from which a backup is deleted, never the last good one"
    )
    backup_jobs: int | None = _setting(
        whole(1),
        None,
        "How many tables are dumped or restored at once; by default as many as there are processors, up to 4",
    )
    backup_command: str | None = _setting(
        text(),
        None,
        "With backup = command: what is run, without a shell; the last line that it prints is its backup's name",
    )
    backup_verify: str = _setting(
        choice("digest", "restore"),
        "digest",
        "How a backup is proven before the migration begins: every byte read again, or restored into a scratch database too",
    )
    backup_limit: int | None = _setting(
        size(),
        1 << 30,
        "With backup = auto: up to which size everything is backed up where no certificate says what is touched",
    )

    # -- the migration itself
    lock_timeout: float | None = _setting(duration(), 3.0, "Longest wait of a statement for a lock, before a retry")
    statement_timeout: float | None = _setting(duration(), None, "Longest time of a statement")
    retries: int = _setting(whole(), 5, "How often a transaction that met a lock timeout is tried again")

    # -- rows that a migration destroys
    preserve: str = _setting(
        choice("exact", "schema"),
        "exact",
        "Whether an upgrade keeps the rows that it destroys, so that its downgrade can give them back",
    )
    uncaptured: str = _setting(
        choice("stop", "warn"),
        "stop",
        "What to do before COMMIT where an upgrade that keeps rows wrote others that it did not foresee",
    )
    on_conflict: str = _setting(
        choice("stop", "keep"),
        "stop",
        "What a downgrade does with rows that cannot be given back: stop, or keep them in alembic_safety.conflict",
    )
    accept_loss: bool = _setting(flag(), False, "Whether a downgrade may run although rows that it needs were not kept")

    live_state: str = _setting(
        choice("restore", "off"),
        "restore",
        "What a downgrade does about owners, grants, comments and hand-made indexes that no rehearsal knew: give them back "
        "as the upgrade found them, or nothing",
    )

    # -- verification and journal
    verify: str = _setting(
        choice("off", "touched", "full"), "touched", "What is verified before COMMIT: nothing, what was touched, or all"
    )
    verify_budget: float | None = _setting(duration(), 30.0, "Longest time of the verification before COMMIT")
    on_failure: str = _setting(
        choice("rollback", "stop"),
        "rollback",
        "What becomes of revisions that are committed where a later one fails: taken back by their proven downgrades, or left",
    )
    health_check: str | None = _setting(
        text(),
        None,
        "URL that must answer, or command that must succeed, after COMMIT; else the revisions are taken back",
    )
    health_timeout: float | None = _setting(duration(), 30.0, "Longest time until the health check has to be good")
    journal: Path | None = _setting(path(), None, "File for the journal as JSON lines, besides the one in the database")

    #: Where each value comes from, by name; what is not in it is a default.
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)


def _settings() -> dict[str, Setting]:
    fields = [f for f in dataclasses.fields(Settings) if f.metadata]
    return {f.name: Setting(f.name, f.metadata["reader"], f.default, f.metadata["doc"]) for f in fields}


#: Every setting by name, in the order of the table.
SETTINGS: Mapping[str, Setting] = MappingProxyType(_settings())
