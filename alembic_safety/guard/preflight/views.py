"""Views that the upgrade leaves broken, as the rehearsal saw: nothing in PostgreSQL stops that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.rehearsal.closure import ABSENT, entries

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target


def look(target: Target) -> Iterator[Line]:
    """Those that are here, or will be, and that no later pending revision mends."""
    if not target.is_upgrade:
        return
    broken: dict[str, tuple[str, str]] = {}
    for pending in target.pending:
        certificate = pending.certificate
        for name in certificate.mends if certificate is not None else ():
            broken.pop(name, None)
        for sentence in certificate.breaks if certificate is not None else ():
            broken[name_of(sentence)] = (pending.id, sentence)
    made = _made(target) if broken else set()
    for name, (revision, sentence) in sorted(broken.items()):
        identity = name.partition("view ")[2]
        is_there = f"SELECT pg_catalog.to_regclass({quote_literal(identity)}) IS NOT NULL"
        if identity in made or target.session.fetch(is_there)[0][0]:
            yield Line(
                text=f"revision {revision} would leave a view broken, as it did when it was rehearsed: {sentence}",
                remedy="replace or drop the view in that revision",
            )


def _made(target: Target) -> set[str]:
    """Identities of what the pending revisions make."""
    closures = (pending.seen.closure for pending in target.pending if pending.seen is not None)
    return {
        identity
        for closure in closures
        for (_, identity), was, is_ in entries(closure or {})
        if was == ABSENT and is_ != ABSENT
    }


def name_of(sentence: str) -> str:
    """Kind and identity of the view that a certificate's sentence is about."""
    return sentence.partition(" can't be planned")[0]
