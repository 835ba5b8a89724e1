"""Errors of a migration in words, and which of them say something about our way of rehearsing only."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import SafetyError, ServerError
from alembic_safety.postgres.session import sqlstate

if TYPE_CHECKING:
    from alembic_safety.postgres.server import Server

#: Errors that come from running up and down in one transaction, which nobody does for real: pending trigger events or an open
#: cursor (55006), a new enum value in use (55P04), a statement that refuses to run in a transaction (25001), a transaction
#: that somebody ended (25P01).
_ARTEFACTS = frozenset({"55006", "55P04", "25001", "25P01"})
#: The server or its disk is gone: no verdict about any revision.
_FATAL = re.compile(r"^(57P0[123]|58|53100|53200|53300|08)")

#: What the server's log says where it failed for that (the message of the operating system's ENOSPC).
_DISK_FULL = "No space left on device"


def explain(error: BaseException) -> str:
    """One readable message: the server's words with detail and hint, without SQLAlchemy's wrapping."""
    if isinstance(error, SafetyError):
        return str(error)
    original = getattr(error, "orig", None) or error
    diagnostics = getattr(original, "diag", None)
    message = diagnostics.message_primary if diagnostics is not None else None
    if diagnostics is not None and message:
        extra = [
            f"{label}: {value}"
            for label, value in (
                ("DETAIL", diagnostics.message_detail),
                ("HINT", diagnostics.message_hint),
                ("CONTEXT", diagnostics.context),
            )
            if value
        ]
        statement = getattr(error, "statement", None)
        if statement:
            text = str(statement).strip()
            extra.append("in: " + (text if len(text) <= 400 else text[:400] + " …"))
        return "\n".join([str(message), *extra])
    text = str(original).strip() or type(original).__name__
    return text if isinstance(error, SafetyError) else f"{type(original).__name__}: {text}"


def why_env_failed(error: Exception, env: Path) -> str:
    """One sentence about an env.py that failed, with the place in it."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == env]
    place = f"{env}:{lines[-1]}" if lines else str(env)
    return f"{place}: env.py failed: {explain(error)}"


def failing_env(error: Exception, package: Path) -> Path | None:
    """The env.py that an error comes from; None where it comes from elsewhere, or from what env.py called in ``package``, which is ours."""
    if isinstance(error, SyntaxError) and error.filename is not None and Path(error.filename).name == "env.py":
        return Path(error.filename)
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        file = Path(frame.filename)
        if file.is_relative_to(package):
            found = None
        elif file.name == "env.py":
            found = file
    return found


def driver_error(error: BaseException) -> BaseException:
    """The driver's own error behind what wraps it; the error itself where there is none."""
    current: BaseException | None = error
    while current is not None:
        if hasattr(current, "diag") or type(current).__module__.startswith("asyncpg"):
            return current
        current = getattr(current, "orig", None) or current.__cause__
    return error


def is_artefact(error: BaseException) -> bool:
    """Whether the error may come from rehearsing in one transaction: then the committed trial decides."""
    return sqlstate(error) in _ARTEFACTS


def is_fatal(error: BaseException) -> bool:
    """Whether the server, its disk or the connection is gone, so that the run cannot go on."""
    state = sqlstate(error)
    if state is not None:
        return bool(_FATAL.match(state))
    original = getattr(error, "orig", None) or error
    return bool(getattr(error, "connection_invalidated", False)) or type(original).__name__ in (
        "OperationalError",
        "ConnectionDoesNotExistError",
        "InterfaceError",
    )


def server_failure(server: Server, error: Exception) -> ServerError | None:
    """What to say of a server that is gone, or that restarts after a crash; None where the error says enough."""
    cluster = server.cluster
    ended = cluster is not None and cluster.has_ended(within=2.0)
    log = cluster.log_tail() if cluster is not None else ""
    if ended:
        return ServerError("the throwaway server died in the middle of the run", log=log)
    if _DISK_FULL in log:
        return ServerError(
            "the disk under the throwaway server is full: make room, or let TMPDIR name another", log=log
        )
    if isinstance(error, SafetyError):
        return None
    return ServerError(f"the server failed in the middle of the run: {explain(error)}", log=log)
