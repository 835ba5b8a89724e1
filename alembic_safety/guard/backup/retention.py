"""Which backups are deleted: beyond a count or an age, of the same database, and never the last good one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.guard.backup.digests import damage
from alembic_safety.guard.backup.folder import Entry, backups, delete

if TYPE_CHECKING:
    from alembic_safety.guard.backup.manifest import Manifest
    from alembic_safety.settings import Settings


def retire(base: Path, newest: Manifest, settings: Settings) -> list[str]:
    """Delete what is too many or too old, now that there is a new backup that is known to be good; returns the names.

    :raises OwnershipError: one of them is not provably ours.
    """
    same = [e for e in backups(base) if e.manifest is not None and _is_same(e.manifest, newest) and e.id != newest.id]
    done = []
    for entry in superfluous(same, settings, kept=1):
        delete(base, entry.id)
        done.append(entry.id)
    return done


def prune(base: Path, settings: Settings) -> tuple[list[str], list[str]]:
    """The same for all databases, at any time: the names of what was deleted, and of what was kept as the last good one."""
    deleted, spared = [], []
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in backups(base):
        if entry.manifest is not None:
            groups.setdefault((entry.manifest.place, entry.manifest.dbname), []).append(entry)
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
        for identifier in sorted(doomed):
            delete(base, identifier)
            deleted.append(identifier)
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
