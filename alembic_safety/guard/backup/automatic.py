"""Restore without being asked: only where nobody else can have written since the backup was taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError, SafetyError
from alembic_safety.guard.backup.clone import require_clone
from alembic_safety.guard.backup.folder import delete
from alembic_safety.guard.backup.restore import aside_name, end_of_runs
from alembic_safety.guard.backup.writes import written_since
from alembic_safety.postgres.beside import give_properties, server_of, swap

if TYPE_CHECKING:
    from alembic_safety.guard.backup.before import Taken

_SHOWN = 10


class NotAutomaticError(BackupError):
    """A backup is there, and a person has to decide whether to go back to it; the message says what would be lost, and how."""


def restore_automatically(taken: Taken, release: Callable[[], None]) -> str:
    """Put the database back to what it was when the backup was taken; returns a sentence that says what was done.

    :param taken: the backup of this run.
    :param release: closes every connection of ours to the database; called only where a restore may be possible.
    :raises NotAutomaticError: others may have written since: nothing was done.
    :raises BackupError: it was tried and failed; the database is as the migration left it.
    """
    lost = written_since(taken.endpoint, taken.writes)
    lockout, manifest, live = taken.lockout, taken.manifest, taken.endpoint.dbname
    if lockout is None:
        raise NotAutomaticError(_why_not(taken, "others could write to the database since it was taken", lost))
    lockout.own += 1  # the look at what was written
    release()
    aside = aside_name(live, "failed")

    def nobody_came() -> None:
        doubt = lockout.doubt(server)
        if doubt:
            raise NotAutomaticError(_why_not(taken, doubt, lost))

    try:
        server = server_of(taken.endpoint)
        try:
            require_clone(server, manifest.reference, manifest.id)
            give_properties(server, manifest.reference, manifest.database)
            swap(server, live, aside, manifest.reference, manifest.database, check=nobody_came)
        finally:
            server.release()
        end_of_runs(taken.endpoint, manifest)
        delete(taken.base, manifest.id)
    except NotAutomaticError:
        raise
    except SafetyError as error:
        raise BackupError(
            f"database {live} could not be restored from backup {manifest.id}, and is as the migration left it: {error}; "
            f"to try again: {taken.command}"
        ) from error
    return (
        f"database {live} was put back to what it was before the migration (backup {manifest.id}); what the migration left "
        f"is kept as database {aside}"
    )


def _why_not(taken: Taken, reason: str, lost: Sequence[str]) -> str:
    """What a person needs to know to decide."""
    lines = "".join(f"\n  {line}" for line in lost[:_SHOWN])
    more = f"\n  and {len(lost) - _SHOWN} more tables" if len(lost) > _SHOWN else ""
    what = (
        f"what was written since, by the migration and by others, as far as the server has counted it:{lines}{more}"
        if lost
        else "whatever was written since"
    )
    return (
        f"backup {taken.manifest.id} is not restored automatically, because {reason}; restoring it would lose {what}\n"
        f"to go back to it all the same: {taken.command}"
    )
