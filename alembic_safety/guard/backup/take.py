"""Take one backup: one exported snapshot for everything, files proven by digests, published whole or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.guard.backup import folder as folders
from alembic_safety.guard.backup.digests import damage, refuse_damage
from alembic_safety.guard.backup.dump import DATA, SCHEMA, Progress, UnreachableError, dump
from alembic_safety.guard.backup.manifest import File, Manifest, Table, read_manifest, write_manifest
from alembic_safety.guard.backup.plan import AFFECTED, Plan
from alembic_safety.guard.backup.scratch import compare_restored
from alembic_safety.postgres import places
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.clienttools import Tool, compression
from alembic_safety.postgres.contents import (
    Relation,
    column_types,
    database_properties,
    relations,
    row_counts,
    sequence_states,
)
from alembic_safety.postgres.fingerprint import fingerprints
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.session import PsycopgSession

if TYPE_CHECKING:
    import psycopg

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.endpoint import Endpoint
    from alembic_safety.settings import Settings

_JOBS = 4
#: Kinds of relations that pg_dump locks, and how many we lock in one statement.
_LOCKED = ("r", "p")
_BATCH = 500
#: Connections that are left to others.
_SPARE = 3


@dataclass(frozen=True, kw_only=True)
class Where:
    """What is backed up, as the project sees it."""

    endpoint: Endpoint
    #: The role that the project works as, where it is not the one that it logged in as.
    role: str
    version_table: str
    heads: tuple[str, ...]
    pending: tuple[str, ...]

    def connect(self) -> psycopg.Connection[Any]:
        """A connection in autocommit mode, as the role that the project works as. Raises ServerError."""
        connection = self.endpoint.connect()
        if self.role:
            connection.execute(f"SET ROLE {quote_ident(self.role)}", prepare=False)
        return connection


def take_dump(
    identifier: str, plan: Plan, where: Where, settings: Settings, base: Path, progress: Progress
) -> Manifest:
    """Dump, prove and publish.

    :param identifier: the new backup's name.
    :raises BackupError: it failed; nothing of it is left.
    """
    assert plan.tool is not None
    started = time.monotonic()
    with folders.being_made(base, identifier) as folder:
        with where.connect() as connection:
            session = PsycopgSession(connection)
            there = relations(session)
            if plan.kind == AFFECTED:
                wanted = [r for r in there if r.identity in plan.relations]
            else:
                wanted = [r for r in there if r.readable or r.kind == "m"]
            snapshot = _snapshot(session, wanted, settings)
            made = datetime.now(timezone.utc).isoformat(timespec="seconds")
            jobs = _jobs(session, settings)
            with ThreadPoolExecutor(1) as pool:
                facts = pool.submit(_facts, session, wanted, with_sums=settings.backup_verify == "restore")
                try:
                    files = _archives(plan, where, settings, folder, snapshot, jobs, there, wanted, progress)
                except BaseException:
                    connection.cancel()  # the facts of a dump that failed are of no use to anybody
                    raise
                tables, sequences, catalog = facts.result()
            manifest = Manifest(
                id=identifier,
                kind=plan.kind,
                made=made,
                server_version=connection.info.server_version,
                place=where.endpoint.place,
                database=database_properties(session, where.endpoint.dbname),
                version_table=where.version_table,
                heads=where.heads,
                pending=where.pending,
                tool_major=plan.tool.major,
                compression=compression(plan.tool),
                structure=catalog.structure_fingerprint,
                privileges=catalog.privileges_fingerprint,
                tables=tables,
                sequences=sequences,
                files=tuple(files),
                seconds=round(time.monotonic() - started, 3),
                verified=settings.backup_verify,
            )
        folders.sync_tree(folder)
        refuse_damage(identifier, damage(folder, files))
        if settings.backup_verify == "restore":
            compare_restored(folder, manifest, catalog, settings)
        write_manifest(folder, manifest)
        read_manifest(folder)
    return manifest


def _snapshot(session: PsycopgSession, wanted: Sequence[Relation], settings: Settings) -> str:
    """Begin a transaction, and export its snapshot. The tables are locked before: a TRUNCATE is seen by every snapshot."""
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    if settings.lock_wait is not None:
        session.execute(f"SET LOCAL lock_timeout = {int(settings.lock_wait * 1000)}")
    names = [r.identity for r in wanted if r.kind in _LOCKED]
    for start in range(0, len(names), _BATCH):
        session.execute(f"LOCK TABLE ONLY {', ONLY '.join(names[start : start + _BATCH])} IN ACCESS SHARE MODE")
    return str(session.fetch("SELECT pg_catalog.pg_export_snapshot()")[0][0])


def _archives(
    plan: Plan,
    where: Where,
    settings: Settings,
    folder: Path,
    snapshot: str,
    jobs: int,
    there: Sequence[Relation],
    wanted: Sequence[Relation],
    progress: Progress,
) -> list[File]:
    tool = plan.tool
    assert tool is not None
    common = [f"--snapshot={snapshot}", f"--compress={compression(tool)}"]
    if settings.lock_wait is not None:
        common.append(f"--lock-wait-timeout={int(settings.lock_wait * 1000)}")
    if where.role:
        common.append(f"--role={where.role}")
    common += [f"--exclude-table={r.pattern}" for r in there if not r.readable and r.kind != "m"]
    if plan.kind != AFFECTED:
        return _dump_with(jobs, tool, where, folder, DATA, common, progress)
    # The schema of everything that may be read, so that a table can be made again with all that it needs.
    files = dump(tool, where.endpoint, folder, SCHEMA, [*common, "--schema-only"], progress=progress)
    patterns = [f"--table={r.pattern}" for r in wanted]
    files += _dump_with(jobs, tool, where, folder, DATA, [*common, "--data-only", *patterns], progress)
    return files


def _dump_with(
    jobs: int, tool: Tool, where: Where, folder: Path, name: str, options: list[str], progress: Progress
) -> list[File]:
    try:
        return dump(tool, where.endpoint, folder, name, [*options, f"--jobs={jobs}"], progress=progress)
    except UnreachableError:
        if jobs == 1:
            raise
    # The first of several connections was made, or nothing could be dumped at all: with fewer it may be.
    places.remove_tree(folder / name)
    return dump(tool, where.endpoint, folder, name, [*options, "--jobs=1"], progress=progress)


def _jobs(session: PsycopgSession, settings: Settings) -> int:
    """How many tables at once: never so many that others get no connection."""
    wanted = settings.backup_jobs or min(os.cpu_count() or 1, _JOBS)
    row = session.fetch(
        "SELECT pg_catalog.current_setting('max_connections')::int - count(*) - "
        "pg_catalog.current_setting('superuser_reserved_connections')::int FROM pg_catalog.pg_stat_activity "
        "WHERE backend_type = 'client backend' OR backend_type IS NULL"
    )
    return max(min(wanted, int(row[0][0]) - 1 - _SPARE), 1)


def _facts(
    session: PsycopgSession, wanted: Sequence[Relation], *, with_sums: bool
) -> tuple[dict[str, Table], dict[str, Sequence[Any]], Snapshot]:
    """What the snapshot holds, read while pg_dump is running."""
    columns = column_types(session)
    plain = [r for r in wanted if r.kind == "r"]
    names = [r.identity for r in plain]
    sums: dict[str, tuple[int, ...]] = {}
    if with_sums:
        found = fingerprints(session, names, only=True, portable=True)
        counts = {name: one.rows for name, one in found.items()}
        sums = {name: one.sums for name, one in found.items()}
    else:
        counts = row_counts(session, names)
    tables = {
        r.identity: Table(
            rows=counts[r.identity],
            columns=tuple(columns.get(r.identity, ())),
            root=r.root,
            sums=sums.get(r.identity, ()),
        )
        for r in plain
    }
    sequences: dict[str, Sequence[Any]] = dict(sequence_states(session, [r.identity for r in wanted if r.kind == "S"]))
    return tables, sequences, read_snapshot(session)
