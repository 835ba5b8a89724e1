"""Fill a materialized view on the way back: what its rows don't let be built stays empty, and is said."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from alembic_safety.postgres.session import Session, SqlalchemySession, sqlstate

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger(__name__)
#: An option of the context: a rehearsal, which nobody wants to be told of.
QUIETLY = "alembic_safety_quietly"
#: Classes of errors that rows cause: data exceptions, constraints, limits of an index, a view that was not filled, raised by a function.
_OF_ROWS = ("21", "22", "23", "54", "55000", "P0001", "P0002", "P0003", "P0004")
_POINT = "alembic_safety_refresh_view"
#: Names may hold anything within quotes.
_REFRESH = re.compile(r'REFRESH MATERIALIZED VIEW ((?:\w+|"(?:[^"]|"")+")\.(?:\w+|"(?:[^"]|"")+"))')


def refreshed_view(sql: str) -> str | None:
    """The view, with its schema, that a statement of a downgrade fills; None where it is another statement."""
    found = _REFRESH.fullmatch(sql.strip())
    return found[1] if found is not None else None


def refresh(context: MigrationContext, view: str) -> None:
    """Fill a view; see ``op.refresh_materialized_view``."""
    if context.as_sql:
        context.impl.static_output(f"REFRESH MATERIALIZED VIEW {view};")
        return
    assert context.connection is not None
    fill(SqlalchemySession(context.connection), view, quietly=bool(context.opts.get(QUIETLY)))


def run_or_fill(session: Session, sql: str) -> None:
    """Run one statement of a downgrade, as its operation in a revision would. Raises the driver's own error."""
    if (view := refreshed_view(sql)) is not None:
        fill(session, view)
    else:
        session.execute(sql)


def fill(session: Session, view: str, *, quietly: bool = False) -> None:
    """Fill a view, or warn and leave it empty where rows do not let it be built. Raises any other error of the driver."""
    statement = f"REFRESH MATERIALIZED VIEW {view}"
    session.execute(f"SAVEPOINT {_POINT}")
    try:
        session.execute(statement)
    except Exception as error:
        if not (sqlstate(error) or "").startswith(_OF_ROWS):
            raise
        session.execute(f"ROLLBACK TO SAVEPOINT {_POINT}")
        log.disabled = False  # fileConfig() in an env.py switches off what was there before it
        log.log(
            logging.DEBUG if quietly else logging.WARNING,
            "materialized view %s is there again but empty, as the rows that are there do not let it be built (%s): once they do, %s",
            view,
            str(getattr(error, "orig", None) or error).strip().partition("\n")[0],
            statement,
        )
    session.execute(f"RELEASE SAVEPOINT {_POINT}")
