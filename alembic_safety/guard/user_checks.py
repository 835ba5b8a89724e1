"""A revision's own checks: ``verify()`` in its file, and queries beside it whose result must be empty."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError, SafetyError
from alembic_safety.postgres.session import Session
from alembic_safety.revisions.split import split
from alembic_safety.revisions.sql_text import read_sql

if TYPE_CHECKING:
    from alembic.script import Script

SUFFIX = ".verify.sql"
_SHOWN = 5


def run_user_checks(session: Session, script: Script) -> None:
    """Run the checks of a revision that was just applied, inside its transaction.

    ``verify()`` fails by raising or by returning False. ``<revision's file>.verify.sql`` fails where a query returns a row.

    :raises GuardError: a check failed.
    """
    verify = getattr(script.module, "verify", None)
    if callable(verify):
        try:
            passed = verify() is not False
        except SafetyError:
            raise
        except Exception as error:
            reason = str(error).strip() or type(error).__name__
            raise GuardError(f"verify() of revision {script.revision} failed: {reason}") from error
        if not passed:
            raise GuardError(f"verify() of revision {script.revision} returned False")
    file = Path(script.path).with_suffix(SUFFIX)
    if file.is_file():
        _run_file(session, file)


def _run_file(session: Session, file: Path) -> None:
    for statement in split(read_sql(file), file=file.name).statements:
        rows = session.fetch(statement.text)
        if rows:
            shown = "".join(f"\n  {', '.join('NULL' if v is None else str(v) for v in row)}" for row in rows[:_SHOWN])
            raise GuardError(
                f"{file.name}:{statement.line}: the query returns {len(rows)} row{'s' if len(rows) > 1 else ''}, and must return none:{shown}"
            )
