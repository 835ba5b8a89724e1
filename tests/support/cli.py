"""The command line inside the test's process: fast, and with its output captured."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import NamedTuple

from alembic.config import CommandLine


class Result(NamedTuple):
    """What a call of ``alembic`` gave."""

    status: int
    out: str
    err: str


class _Captured(CommandLine):
    def run_cmd(self, config, options):
        config.stdout = sys.stdout  # Config's default was bound when its class was made
        super().run_cmd(config, options)


def alembic(*arguments: object, cwd: Path | None = None) -> Result:
    """Run ``alembic ARGUMENTS`` in a folder."""
    out, err = io.StringIO(), io.StringIO()
    before, status = Path.cwd(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            os.chdir(cwd or before)
            _Captured("alembic").main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            os.chdir(before)
    return Result(status, out.getvalue(), err.getvalue())
