"""Whether the pending revisions have the approvals that the settings ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.approval import standing
from alembic_safety.guard.preflight.records import Line

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target


def look(target: Target) -> Iterator[Line]:
    """What each revision misses; a downgrade needs none, because it is the way out."""
    rules = target.settings.approval
    if not rules or not target.is_upgrade:
        return
    for pending in target.pending:
        if pending.revision is None:
            yield Line(text=f"revision {pending.id} has no file here, so nobody can have approved it", sure=True)
            continue
        for sentence in standing(pending.revision, rules, target.settings.target).missing:
            yield Line(text=f"revision {pending.id}: {sentence}", sure=True)
