"""CPU seconds of a server's processes, for benchmarks on a busy machine."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import psycopg


class Clock:
    """CPU seconds of the server and of this process, where the server's processes can be seen; else the clock on the wall.

    On a busy machine the wall says more about the neighbours than about us.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self._postmaster = _postmaster(connection)
        self.name = "seconds" if self._postmaster is None else "CPU seconds"

    def read(self) -> float:
        """Seconds since some point in the past."""
        if self._postmaster is None:
            return time.perf_counter()
        return cluster_seconds(self._postmaster) + time.process_time() + sum(os.times()[2:4])


def _postmaster(connection: psycopg.Connection) -> int | None:
    folder = connection.execute("SHOW data_directory").fetchone()[0]
    try:
        pid = int(Path(folder, "postmaster.pid").read_text().splitlines()[0])
        cluster_seconds(pid)
    except (OSError, ValueError):
        return None
    return pid


def cluster_seconds(postmaster: int) -> float:
    """CPU seconds of a server's processes, those that ended included (Linux)."""
    # The second field, in parentheses, may hold blanks; 14 to 17 are the times of the process and of its ended children.
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    seconds = sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        with suppress(OSError):  # it just ended, and counts among the ended ones
            seconds += int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) / 1e9
    return seconds
