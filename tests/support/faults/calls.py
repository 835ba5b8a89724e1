"""Calls of ``alembic`` that cost no start of Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


class Worker:
    """``alembic`` in processes that are forked from one that has imported everything."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.faults.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
        )
        #: The process that is running now.
        self.pid = 0

    def run(self, project: Path, *arguments: str) -> tuple[int, str]:
        """Exit status (negative: the signal that ended it) and everything it wrote."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._log.unlink(missing_ok=True)
        job = {"cwd": str(project), "arguments": arguments, "log": str(self._log)}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        self.pid = int(self._process.stdout.readline().split()[1])
        status = int(self._process.stdout.readline().split()[1])
        self.pid = 0
        return status, self._log.read_text(errors="replace") if self._log.exists() else ""

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
