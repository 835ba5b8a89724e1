"""What may look at a rehearsal while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_safety.rehearsal.outcome import Observer, Outcome
    from alembic_safety.rehearsal.verdict import Verdict
    from alembic_safety.revisions.chain import Revision


class Visitor:
    """What looks at a rehearsal while it runs; does nothing by default."""

    def observer(self, revision: Revision) -> Observer | None:
        """Called before a revision is judged: what shall look at it while the database stands at its *after*."""
        return None

    def judged(self, revision: Revision, outcome: Outcome, verdict: Verdict) -> Verdict:
        """Called with the result; what it returns is reported."""
        return verdict
