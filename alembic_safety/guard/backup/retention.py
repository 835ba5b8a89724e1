"""Which backups are deleted: beyond a count or an age, of the same database, and never the last good one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError
from alembic_safety.guard.backup.clone import drop_clone
from alembic_safety.guard.backup.digests import damage
from alembic_safety.guard.backup.folder import Entry, backups, delete
from alembic_safety.guard.backup.plan import CLONE
from alembic_safety.postgres.beside import server_of

if TYPE_CHECKING:
    from alembic_safety.guard.backup.manifest import Manifest
    from alembic_safety.postgres.endpoint import Endpoint
    from alembic_safety.settings import Settings


def retire(base: Path, newest: Manifest, endpoint: Endpoint, settings: Settings) -> list[str]:
    """Delete what is too many or too old, now that there is a new backup that is known to be good; returns the names.

    :param endpoint: the database that all of these are of.
    :raises OwnershipError: one of them is not provably ours.
    """
    same = [e for e in backups(base) if e.manifest is not None and _is_same(e.manifest, newest) and e.id != newest.id]
    done = []
    for entry in superfluous(same, settings, kept=1):
        discard(base, entry, endpoint)
        done.append(entry.id)
    return done


def discard(base: Path, entry: Entry, endpoint: Endpoint | None) -> None:
    """Delete one backup, with the database that is its copy.

    :param endpoint: any database of its server; None where it is not to be reached.
    :raises OwnershipError: it is not provably ours.
    :raises BackupError: it is a copy on a server that is not to be reached.
    """
    manifest = entry.manifest
    if manifest is not None and manifest.kind == CLONE:
        if endpoint is None or endpoint.place != manifest.place:
            raise BackupError(
                f"backup {entry.id} is database {manifest.reference} on {manifest.place}: delete it from there"
            )
        server = server_of(endpoint)
        try:
            drop_clone(server, manifest.reference, manifest.id)
        finally:
            server.release()
    delete(base, entry.id)


def prune(
    base: Path, settings: Settings, endpoint: Endpoint | None = None, *, only: Endpoint | None = None
) -> tuple[list[str], list[str]]:
    """The same at any time: the names of what was deleted, and of what was kept as the last good one.

    :param endpoint: as for ``discard``.
    :param only: the database whose backups are meant, where others use the folder too; None: all in the folder.
    """
    deleted, spared = [], []
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in backups(base):
        if entry.manifest is not None:
            place = (entry.manifest.place, entry.manifest.dbname)
            if only is None or place == (only.place, only.dbname):
                groups.setdefault(place, []).append(entry)
    for entries in groups.values():
        doomed = {e.id for e in superfluous(entries, settings)}
        if not any(_is_good(e) for e in entries if e.id not in doomed):
            # The newest that is whole, if any is.
            last = next((e for e in reversed(entries) if e.id in doomed and _is_good(e)), None)
            if last is not None:
                doomed.discard(last.id)
                spared.append(last.id)
            else:
                doomed.clear()  # none is: whatever is left is better than nothing
        for entry in entries:
            if entry.id in doomed:
                discard(base, entry, endpoint)
                deleted.append(entry.id)
    return deleted, spared


def superfluous(entries: Sequence[Entry], settings: Settings, *, kept: int = 0) -> list[Entry]:
    """What the settings say is to go, of the backups of one database (the oldest first).

    :param kept: how many newer ones are kept besides.
    """
    now = datetime.now(timezone.utc)
    result = []
    for place, entry in enumerate(reversed(entries), start=kept + 1):
        assert entry.manifest is not None
        too_many = settings.backup_keep is not None and place > settings.backup_keep
        too_old = settings.backup_max_age is not None and now - datetime.fromisoformat(entry.manifest.made) > timedelta(
            seconds=settings.backup_max_age
        )
        if too_many or too_old:
            result.append(entry)
    return result


def _is_same(one: Manifest, other: Manifest) -> bool:
    return (one.place, one.dbname) == (other.place, other.dbname)


def _is_good(entry: Entry) -> bool:
    return entry.manifest is not None and not damage(entry.folder, entry.manifest.files)
