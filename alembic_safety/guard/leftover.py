"""What an interrupted run left at work in the server: ended, before anybody reads what the run came to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError
from alembic_safety.guard.log import log
from alembic_safety.postgres.session import Session, sqlstate

if TYPE_CHECKING:
    from alembic_safety.guard.past import Backend, PastRun

_POLL = 0.1
#: invalid_parameter_value: the number lies in the future
_NOT_OF_THIS_SERVER = "22023"


def await_end(session: Session, past: PastRun, longest: float | None) -> None:
    """End the process that a run migrated with, and see its last transaction settled.

    A process whose client was killed goes on until its statement ends, and may yet commit. It is known by its number and
    the time it began, so that another one under the same number is never ended; behind a pooler, where the process serves
    others too, by the time its transaction began.

    :param session: under the runner lock, in autocommit mode.
    :param longest: seconds; None is without end.
    :raises GuardError: it is still there after that.
    """
    if past.backend is None:
        return
    began = time.monotonic()
    asked = False
    while _is_at_work(session, past.backend) or _is_open(session, past.xid):
        if not asked:
            log().warning(
                "run %d was interrupted, but its server process %d is still at work; it is being ended",
                past.number,
                past.backend.pid,
            )
            asked = True
            _end(session, past.backend)
        if longest is not None and time.monotonic() - began >= longest:
            raise GuardError(
                f"server process {past.backend.pid} of the interrupted run {past.number} is still at work, waited {longest:g} s "
                f"for it: see pg_stat_activity, end it with SELECT pg_terminate_backend({past.backend.pid}), and run again"
            )
        time.sleep(_POLL)


def _which(backend: Backend) -> str:
    which = f"pid = {backend.pid} AND backend_start = '{backend.started.isoformat()}'::timestamptz"
    if backend.xact_start is not None:
        which += f" AND xact_start = '{backend.xact_start.isoformat()}'::timestamptz"
    return which


def _is_at_work(session: Session, backend: Backend) -> bool:
    return bool(session.fetch(f"SELECT 1 FROM pg_catalog.pg_stat_activity WHERE {_which(backend)}"))


def _is_open(session: Session, xid: int | None) -> bool:
    if xid is None:
        return False
    try:
        return bool(session.fetch(f"SELECT pg_catalog.pg_xact_status('{xid}'::xid8) = 'in progress'")[0][0])
    except Exception as error:
        if sqlstate(error) != _NOT_OF_THIS_SERVER:
            raise
        return False  # the journal came here with a restored backup


def _end(session: Session, backend: Backend) -> None:
    try:
        session.fetch(
            f"SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE {_which(backend)}"
        )
    except Exception:  # noqa: BLE001 - another role's process: wait for it
        log().warning("server process %d cannot be ended by this role: waiting for it", backend.pid)
