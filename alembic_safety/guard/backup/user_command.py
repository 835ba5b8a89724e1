"""``backup = command``: the user's own snapshot, pgBackRest or whatever else, run without a shell."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError
from alembic_safety.guard.backup import folder as folders
from alembic_safety.guard.backup.manifest import Manifest, write_manifest
from alembic_safety.postgres.clienttools import environment_of
from alembic_safety.postgres.contents import database_properties
from alembic_safety.postgres.session import PsycopgSession

if TYPE_CHECKING:
    from alembic_safety.guard.backup.take import Where

_SHOWN = 500
_NAME = 200


class CommandFailedError(BackupError):
    """The user's command ended with an error."""

    def __init__(self, message: str, *, exit_code: int | None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def take_by_command(identifier: str, command: str, where: Where, base: Path) -> Manifest:
    """Run the command, with libpq's variables for the database and a private password file in its environment.

    ``ALEMBIC_SAFETY_BACKUP_ID`` and ``ALEMBIC_SAFETY_REVISIONS`` tell it what it is for. The last line of its output is the name
    under which the backup is known to it.

    :raises CommandFailedError: it can't be run, or its exit status is not 0.
    """
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise CommandFailedError(f"backup_command can't be read: {error}", exit_code=None) from error
    started = time.monotonic()
    with folders.being_made(base, identifier) as folder, environment_of(where.endpoint.parameters) as environment:
        environment |= {
            "ALEMBIC_SAFETY_BACKUP_ID": identifier,
            "ALEMBIC_SAFETY_REVISIONS": json.dumps({"heads": where.heads, "pending": where.pending}),
        }
        try:
            done = subprocess.run(
                arguments, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False
            )
        except (OSError, ValueError) as error:
            raise CommandFailedError(f"backup_command can't be run: {error}", exit_code=None) from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()[-_SHOWN:]
            raise CommandFailedError(
                f"backup_command ended with status {done.returncode}" + (f": {said}" if said else ""),
                exit_code=done.returncode,
            )
        lines = [line.strip() for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
        with where.endpoint.connect() as connection:
            manifest = Manifest(
                id=identifier,
                kind="command",
                made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                server_version=connection.info.server_version,
                place=where.endpoint.place,
                database=database_properties(PsycopgSession(connection), where.endpoint.dbname),
                version_table=where.version_table,
                heads=where.heads,
                pending=where.pending,
                reference=lines[-1][:_NAME] if lines else "",
                seconds=round(time.monotonic() - started, 3),
                verified="exit status 0",
            )
        write_manifest(folder, manifest)
    return manifest
