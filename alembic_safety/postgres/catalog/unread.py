"""What a snapshot cannot model, by kind and name: reported, never skipped in silence."""

from __future__ import annotations

from alembic_safety.postgres.catalog.queries import query
from alembic_safety.postgres.session import Session


def unmodelled(session: Session, major: int, *, members: bool) -> tuple[tuple[str, str], ...]:
    """Objects of kinds that are not modelled, changed grants on objects of the system and of extensions, and what this role may not read.

    ``members``: the database has members of extensions.
    """
    rows = session.fetch(query("unmodelled", major).sql(filtered=False))
    if members:
        rows = sorted(rows + session.fetch(query("unmodelled_members", major).sql(filtered=False)))
    return tuple((kind, identity) for kind, identity in rows)
