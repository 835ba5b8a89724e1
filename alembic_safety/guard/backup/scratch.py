"""Prove a backup by restoring it into a scratch database, and comparing what is there with what its snapshot held."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError, SafetyError, ServerError
from alembic_safety.guard.backup.load import load, restoring_tool
from alembic_safety.postgres.binaries import all_binaries
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.endpoint import Endpoint
from alembic_safety.postgres.fingerprint import fingerprints
from alembic_safety.postgres.server import throwaway_server
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.rehearsal.closure import PERSONAL, digest

if TYPE_CHECKING:
    from alembic_safety.guard.backup.manifest import Manifest
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.settings import Settings

_JOBS = 2
_SHOWN = 3
#: What is made anew on any server, or belongs to a cluster.
_ELSEWHERE = PERSONAL | {"publication", "subscription", "extension", "event_trigger"}
#: Indexes and the like make a restored database larger than its dump.
_ROOM_FACTOR = 6


def compare_restored(folder: Path, manifest: Manifest, catalog: Snapshot, settings: Settings) -> None:
    """Restore, compare, and drop again.

    :param catalog: what the snapshot held that the backup was taken from.
    :raises BackupError: it can't be restored, or gives something else.
    """
    major = manifest.server_version // 10000
    try:
        version = None if settings.server is not None else _version(settings, major)
        room = manifest.size * _ROOM_FACTOR
        with throwaway_server(url=settings.server, pg_bin=settings.pg_bin, pg_version=version, room=room) as server:
            if server.is_ours:
                server.ensure_roles(sorted(_roles(catalog)))
            database = server.create_database()
            endpoint = Endpoint(server.parameters(database.name))
            tool = restoring_tool(settings, manifest, server.major)
            jobs = min(_JOBS, os.cpu_count() or 1)
            load(tool, endpoint, folder, manifest, jobs=jobs, options=_OPTIONS)
            with endpoint.connect() as connection:
                _compare(PsycopgSession(connection), manifest, catalog)
    except BackupError:
        raise
    except SafetyError as error:
        raise BackupError(
            f"backup {manifest.id} can't be proven by restoring it: {error}; backup_verify = digest does less"
        ) from error


_OPTIONS = ("--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions", "--no-tablespaces")


def _version(settings: Settings, major: int) -> str | None:
    """The installed major version to restore on: the same, else the nearest newer one. None leaves the choice to ``pg_bin``."""
    if settings.pg_bin is not None:
        return None
    found = set()
    for binaries in all_binaries():
        with contextlib.suppress(ServerError):
            found.add(binaries.major)
    fitting = sorted(one for one in found if one >= major)
    return str(fitting[0] if fitting else major)


def _roles(catalog: Snapshot) -> set[str]:
    """Roles that statements name even without owners and grants: those of policies."""
    return {role for obj in catalog.of_kind("policy") for role in obj.props.get("roles") or () if role != "public"}


def _compare(session: PsycopgSession, manifest: Manifest, catalog: Snapshot) -> None:
    session.execute("BEGIN")
    there = read_snapshot(session)
    wanted = {name: o for name, o in catalog.by_identity.items() if name[0] not in _ELSEWHERE}
    found = {name: o for name, o in there.by_identity.items() if name[0] not in _ELSEWHERE}
    if manifest.kind == "affected":  # its foreign keys are left out
        wanted = {n: o for n, o in wanted.items() if o.props.get("type") != "foreign key"}
    wrong = [f"{kind} {identity} is missing" for kind, identity in sorted(wanted.keys() - found.keys())]
    wrong += [f"{kind} {identity} is new" for kind, identity in sorted(found.keys() - wanted.keys())]
    wrong += [
        f"{name[0]} {name[1]} differs"
        for name in sorted(wanted.keys() & found.keys())
        if there.server_version // 10000 == catalog.server_version // 10000
        and digest(wanted[name]) != digest(found[name])
    ]
    rows = fingerprints(session, list(manifest.tables), only=True, portable=True)
    for name, table in manifest.tables.items():
        one = rows.get(name)
        if one is None or one.rows != table.rows:
            wrong.append(f"table {name} has {one.rows if one else 'no'} rows instead of {table.rows}")
        elif one.sums != table.sums:
            wrong.append(f"table {name} has other values")
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise BackupError(f"restoring backup {manifest.id} gives something else: {'; '.join(wrong[:_SHOWN])}{more}")
