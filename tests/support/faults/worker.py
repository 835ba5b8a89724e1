"""Runs ``alembic`` again and again in processes of their own that need not import anything any more: they are forked.

Reads a JSON line for each call from standard input, writes ``pid NUMBER`` when it has begun and ``exit STATUS`` when it has ended.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

_NEEDED = (
    "alembic.command",
    "alembic.runtime.environment",
    "alembic_safety.environment.database",
    "alembic_safety.guard.run",
    "alembic_safety.hooks",
    "alembic_safety.integrity.touched",
    "sqlalchemy.dialects.postgresql.psycopg",
)


def call(job: dict[str, object]) -> None:
    """In the forked process; never returns."""
    from alembic.config import CommandLine

    log = os.open(str(job["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(str(job["cwd"]))
    status = 0
    try:
        CommandLine("alembic").main([str(a) for a in job["arguments"]])  # type: ignore[attr-defined]
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - a traceback, as the interpreter gives it
        import traceback

        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 255)


def say(line: str) -> None:
    """To whoever asked for the call."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Until standard input ends."""
    for name in _NEEDED:
        importlib.import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            call(json.loads(line))
        say(f"pid {pid}")
        _, status = os.waitpid(pid, 0)
        say(f"exit {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
