"""Whether what an upgrade kept is there for its downgrade to give back."""

from __future__ import annotations

from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session, sqlstate

#: What is raised where the rows that a downgrade needs were not kept.
NO_ROWS = "P0002"
_SAVEPOINT = "alembic_safety_rows"


def why_not_given_back(session: Session, version_table: str, revision: str) -> str:
    """The sentence with which the downgrade of a revision would refuse to give rows back; '' where it would not.

    :param session: in an open transaction, which goes on as it was.
    :param version_table: as SQL writes it.
    """
    if not own_schema.has(session, "preservation"):
        return f"revision {revision} cannot give its rows back: nothing was kept when it was applied, or it was dropped since"
    session.execute(f"SAVEPOINT {_SAVEPOINT}")
    try:
        arguments = f"{quote_literal(version_table)}, {quote_literal(revision)}"
        session.fetch(f"SELECT {own_schema.NAME}.preserved_by({arguments})")
    except Exception as error:
        if sqlstate(error) != NO_ROWS:
            raise
        session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        original = getattr(error, "orig", None) or error
        message = getattr(getattr(original, "diag", None), "message_primary", None) or str(original)
        return str(message).splitlines()[0]
    finally:
        session.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")
    return ""
