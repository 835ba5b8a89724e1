"""Rows that the upgrade would refuse: what the rehearsal derived is asked of the live tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.kept import kept_by
from alembic_safety.guard.preflight.records import Line
from alembic_safety.postgres.probes import ask
from alembic_safety.rehearsal.certificate import Grade
from alembic_safety.rehearsal.grading import SYNTHESIZED

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Pending, Target
    from alembic_safety.model.probe import Probe


def look(target: Target) -> Iterator[Line]:
    """The answers to each revision's probes.

    A revision that runs before another may put its rows right, so it is only sure where no earlier one may have written them.
    """
    earlier: list[Pending] = []
    keeping = target.settings.on_conflict == "keep"
    for pending in target.pending:
        certificate = pending.certificate
        if certificate is not None:
            probes = certificate.probes if target.is_upgrade else certificate.downgrade_probes
            for answer in ask(target.session, probes, seconds=target.settings.check_timeout):
                table = answer.probe.table
                if answer.count and answer.probe.places and not target.is_upgrade and keeping:
                    yield Line(
                        text=f"revision {pending.id}: {answer.sentence}; they will be put aside in alembic_safety.conflict",
                        note=True,
                    )
                elif answer.count:
                    fails = answer.probe.seen if target.is_upgrade else _stops_downgrade(target, pending, answer.probe)
                    aside = ", and '-x safety.on_conflict=keep' puts them aside" if not target.is_upgrade else ""
                    yield Line(
                        text=f"revision {pending.id}: {answer.sentence}",
                        remedy=f"these are they{aside}: {answer.probe.query}",
                        sure=fails and not any(_may_write(one, table) for one in earlier),
                    )
                elif answer.count is None and not any(table in one.tables or one.seen is None for one in earlier):
                    yield Line(text=f"revision {pending.id}: {answer.sentence}", note=True)
        earlier.append(pending)


def _stops_downgrade(target: Target, pending: Pending, probe: Probe) -> bool:
    """Whether a derived downgrade surely stops on what a probe found: nothing that its upgrade kept takes the place of that."""
    certificate, revision = pending.certificate, pending.revision
    if certificate is None or revision is None or certificate.downgrade != SYNTHESIZED or not probe.places:
        return False
    kept = list(kept_by(revision.source))
    # One that has another name now may be the table in question.
    if len(target.relations({table for _, table, _ in kept})) < len({table for _, table, _ in kept}):
        return False
    return all(
        table != probe.table or (name == "preserve_columns" and probe.column and probe.column not in columns)
        for name, table, columns in kept
    )


def _may_write(pending: Pending, table: str) -> bool:
    """Whether a revision may change rows of a table that are there.

    Its way back is exact only where it doesn't, unless it keeps the old ones.
    """
    if pending.seen is None or pending.certificate is None or pending.revision is None:
        return True
    rewrites = any(table in activity.rewrites for activity in pending.activity or ())
    keeps = "preserve_" in pending.revision.source
    return table in pending.tables and (rewrites or keeps or pending.certificate.grade is not Grade.EXACT)
