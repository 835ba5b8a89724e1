"""Unqualified names that lead elsewhere than in the rehearsal: what the revisions make would not be what was rehearsed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.elsewhere import schema_elsewhere, sentence
from alembic_safety.guard.preflight.records import Line

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target


def look(target: Target) -> Iterator[Line]:
    """Revisions may name every schema, so that nothing is sure."""
    closures = [pending.seen.closure for pending in target.pending if pending.seen is not None and pending.seen.closure]
    live, rehearsed = schema_elsewhere(target.session, closures, target.settings.search_path)
    if live:
        text, _, remedy = sentence(live, rehearsed).partition(": ")
        yield Line(text=text, remedy=remedy)
