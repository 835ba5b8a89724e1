"""Whether the disk holds what the migration writes. SQL cannot see free space: only a server on this very machine shows it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.errors import SafetyError
from alembic_safety.guard.backup.plan import CLONE, NONE, backup_folder, plan_backup
from alembic_safety.guard.preflight.records import Line
from alembic_safety.guard.preflight.work import bytes_written
from alembic_safety.settings.values import shown_size

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

#: Bytes below which nobody needs to know.
_WORTH_SAYING = 1024**3
_FOLDER = """
SELECT CASE WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') THEN pg_catalog.current_setting('data_directory') END
"""


def look(target: Target) -> Iterator[Line]:
    """What the server and the backup need, and what is free where that can be seen."""
    yield from _of_server(target)
    yield from _of_backup(target)


def _of_server(target: Target) -> Iterator[Line]:
    needed = bytes_written(target)
    if not needed:
        return
    free = _free(target)
    if free is None:
        if needed > _WORTH_SAYING:
            yield Line(
                text=f"about {shown_size(needed)} of disk will be needed for rewritten tables, new indexes and kept rows, and as "
                "much again for WAL; how much is free on the server cannot be seen from here",
                note=True,
            )
    elif free < 2 * needed:
        yield Line(
            text=f"the server's disk has {shown_size(free)} free, and rewritten tables, new indexes and kept rows need about "
            f"{shown_size(needed)}, and as much again for WAL",
            remedy="make room first",
            # A table written anew is smaller where the old one is bloated, but seldom by half.
            sure=free < needed / 2,
        )


def _of_backup(target: Target) -> Iterator[Line]:
    try:
        plan = plan_backup(
            target.session, target.chain, [p.id for p in target.pending], target.settings, is_upgrade=target.is_upgrade
        )
    except SafetyError:
        return  # whoever takes the backup says so, and begins nothing
    folder = backup_folder(target.settings)
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if plan.kind not in {CLONE, NONE} and plan.estimate > free:
        yield Line(
            text=f"the backup needs up to {shown_size(plan.estimate)} in {folder}, and {shown_size(free)} are free there",
            remedy="make room, or name another folder by the setting backup_dir",
        )


def _free(target: Target) -> int | None:
    """Free bytes where the data lies, where the server is provably on this machine."""
    if target.socket is None:
        return None
    folder = target.session.fetch(_FOLDER)[0][0]
    try:
        # The same owner: the folder of that name is no other server's, seen from inside of a container.
        if folder is None or os.stat(folder).st_uid != os.stat(target.socket).st_uid:
            return None
        place = os.statvfs(folder)
    except OSError:
        return None
    return place.f_bavail * place.f_frsize
