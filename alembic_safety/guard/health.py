"""A check of the user's own after COMMIT: whether what runs on the database is still well."""

from __future__ import annotations

import shlex
import subprocess
import time
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError
from alembic_safety.guard.log import log
from alembic_safety.guard.redact import redacted

if TYPE_CHECKING:
    from alembic_safety.guard.journal import Journal
    from alembic_safety.settings import Settings

_PAUSE = 1.0
_WITHOUT_END = 86400.0


def check_health(settings: Settings, journal: Journal) -> None:
    """Ask again every second until the answer is good, or the time is over.

    A URL is well where it answers with a status from 200 to 299, a command where it exits with 0; it is run without a shell.

    :raises GuardError: it never was well within ``health_timeout``.
    """
    check = settings.health_check
    if check is None:
        return
    timeout = _WITHOUT_END if settings.health_timeout is None else settings.health_timeout
    began = time.monotonic()
    log().info("health check: %s", redacted(check))
    while True:
        left = max(timeout - (time.monotonic() - began), 0.1)
        wrong = _ask_url(check, left) if check.startswith(("http://", "https://")) else _run(check, left)
        took = time.monotonic() - began
        if not wrong:
            journal.event("health check", "ok", seconds=took)
            return
        if took + _PAUSE >= timeout:
            journal.event("health check", "failed", seconds=took, message=wrong)
            raise GuardError(f"after COMMIT the health check failed for {took:.0f} s: {redacted(check)}: {wrong}")
        time.sleep(_PAUSE)


def _ask_url(url: str, timeout: float) -> str:
    from urllib.error import HTTPError
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=timeout) as answer:  # noqa: S310 - http or https, as the caller looked
            return "" if 200 <= answer.status < 300 else f"status {answer.status}"
    except HTTPError as error:
        return f"status {error.code}"
    except (OSError, ValueError) as error:
        return redacted(str(error)) or type(error).__name__


def _run(command: str, timeout: float) -> str:
    try:
        words = shlex.split(command)
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return f"it did not end within {timeout:.0f} s"
    except (OSError, ValueError, IndexError) as error:
        return str(error) or type(error).__name__
    if done.returncode == 0:
        return ""
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return f"exit status {done.returncode}" + (f": {redacted(said[-1])}" if said else "")
