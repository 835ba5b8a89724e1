"""Whether unqualified names lead to another schema than they did in the rehearsal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alembic_safety.postgres.identifiers import folded, quote_ident, schema_of
from alembic_safety.postgres.session import Session
from alembic_safety.rehearsal.closure import entries

#: Kinds whose identity has no schema in it.
_WITHOUT = frozenset({"schema", "extension", "role", "language", "cast", "event_trigger", "publication"})


def schema_elsewhere(session: Session, closures: Iterable[Mapping[str, str]], path: Sequence[str]) -> tuple[str, str]:
    """The session's current schema and that of the rehearsal, where revisions are likely to meet the wrong one; else two empty texts.

    :param path: the setting ``search_path``.
    """
    used = {
        schema_of(identity)
        for closure in closures
        for (kind, identity), _, _ in entries(closure)
        if kind not in _WITHOUT
    }
    rehearsed = next((folded(name) for name in path if name != "$user"), "public")
    if rehearsed not in used:
        return "", ""
    live = session.fetch("SELECT pg_catalog.current_schema()::pg_catalog.text")[0][0]
    return ("", "") if live is None or live in used else (quote_ident(str(live)), quote_ident(rehearsed))


def sentence(live: str, rehearsed: str) -> str:
    """What is the matter, and the way out."""
    return (
        f"unqualified names lead to schema {live} here, and led to {rehearsed} in the rehearsal (search_path): set "
        f"'search_path = {live}' in [alembic:safety], take out what was derived and derive it anew"
    )
