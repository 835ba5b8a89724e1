"""Run pg_dump from an exported snapshot, with a digest of every file while it is written, and progress by bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from alembic_safety.errors import BackupError, ServerError
from alembic_safety.guard.backup.digests import GrowingFiles
from alembic_safety.guard.backup.manifest import File
from alembic_safety.postgres.clienttools import Tool, running_tool
from alembic_safety.postgres.endpoint import Endpoint

#: Bytes that are written so far, seconds since the start.
Progress = Callable[[int, float], None]
_TICK = 0.05
#: Of the time, at most, goes into looking at growing files.
_SHARE = 0.25
_NO_LOGIN = ("connection to server", "could not connect", "could not translate host name")
DATA = "data"
SCHEMA = "schema"


class UnreachableError(BackupError):
    """pg_dump does not get to the server, though the project does."""


def dump(
    tool: Tool,
    endpoint: Endpoint,
    root: Path,
    name: str,
    options: Sequence[str],
    *,
    progress: Progress,
) -> list[File]:
    """Write an archive in directory format into ``root/name``.

    :param options: of pg_dump, besides the format and the place.
    :param progress: called about twice a second.
    :raises BackupError: it fails, with the end of what it says.
    """
    target = root / name
    files = GrowingFiles(root, target)
    started = time.monotonic()
    told = started
    try:
        with running_tool(tool, ["--format=directory", f"--file={target}", *options], endpoint.parameters) as running:
            while running.process.poll() is None:
                before = time.monotonic()
                if target.is_dir():
                    files.follow()
                took = time.monotonic() - before
                if before - told > 0.5:
                    told = before
                    progress(files.bytes, before - started)
                time.sleep(max(_TICK, took / _SHARE - took))
            running.check()
        return files.finish()
    except ServerError as error:
        kind = UnreachableError if any(text in error.log for text in _NO_LOGIN) and not files.bytes else BackupError
        raise kind(f"no backup was taken, because {_first(error)}") from error
    except OSError as error:
        raise BackupError(f"no backup was taken, because {target} can't be read: {error.strerror}") from error


def _first(error: ServerError) -> str:
    """In one line: what failed, and the first reason that it gives."""
    head, _, rest = str(error).partition("\n")
    reasons = [line.partition("error: ")[2] for line in rest.splitlines() if "error: " in line] or rest.splitlines()[:1]
    return f"{head}: {'; '.join(reasons[:2])}" if reasons else head
