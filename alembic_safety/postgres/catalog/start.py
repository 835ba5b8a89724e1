"""Where a session stands as its transaction begins."""

from __future__ import annotations

from dataclasses import replace

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.catalog.moment import Moment, Start
from alembic_safety.postgres.catalog.statements import NO_SUCH_STATEMENT, kept_statements, plain
from alembic_safety.postgres.session import Session, sqlstate

_XID = "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NULL, pg_catalog.pg_current_xact_id()::pg_catalog.text"
_FLUSH = ", pg_catalog.pg_stat_force_next_flush()::pg_catalog.text"
_SAVEPOINT = "alembic_safety_start"


def read_start(
    session: Session,
    kept: set[str] | None = None,
    *,
    flush: bool = False,
    in_savepoint: bool = False,
    first: tuple[str, ...] = (),
) -> tuple[int, Start]:
    """Where the session stands, and the whole id of its transaction, which is given one if it has none.

    Taken as the first thing in a transaction, it lets ``read_delta`` look at little. ``kept`` as there.

    :param flush: let the server report the session's counts as the transaction ends (PostgreSQL 15 and later).
    :param in_savepoint: leave the transaction usable where somebody has deallocated what ``kept`` tells of, and read all the same.
    :param first: statements of the caller's that go before, and stay whatever becomes of the reading.
    """
    if in_savepoint:
        try:
            return _read_start(
                session, kept, flush, (*first, f"SAVEPOINT {_SAVEPOINT}"), (f"RELEASE SAVEPOINT {_SAVEPOINT}",)
            )
        except Exception as error:
            if not kept or sqlstate(error) != NO_SUCH_STATEMENT:
                raise
        session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; RELEASE SAVEPOINT {_SAVEPOINT}")
        kept.clear()
        kept.update(kept_statements(session))
        return _read_start(session, kept, flush)
    return _read_start(session, kept, flush, first)


def _read_start(
    session: Session, kept: set[str] | None, flush: bool, before: tuple[str, ...] = (), after: tuple[str, ...] = ()
) -> tuple[int, Start]:
    # Not the statement of the readings: the server plans one anew whenever search_path is another than the time before.
    moment = replace(plain("moment", 0), name="moment_at_start")
    prepare = []
    if kept is not None and moment.kept_name not in kept:
        prepare = [moment.preparation]
    asked = [_XID + (_FLUSH if flush else ""), moment.text if kept is None else moment.kept]
    xid, found = fetch_all(session, [*before, *prepare, *asked, *after])[len(before) + len(prepare) :][:2]
    if kept is not None:
        kept.add(moment.kept_name)
    is_first, whole = xid[0][:2]
    return int(whole), Start(Moment.of(found[0]), is_first=bool(is_first))
