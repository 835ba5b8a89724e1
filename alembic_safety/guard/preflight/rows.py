"""Rows that the upgrade would refuse: what the rehearsal derived is asked of the live tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line
from alembic_safety.postgres.probes import ask

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target


def look(target: Target) -> Iterator[Line]:
    """The answers to each revision's probes.

    A revision that runs before another may put its rows right, so only where no earlier one touches the table is it sure.
    """
    touched: set[str] = set()
    known = True
    for pending in target.pending:
        certificate = pending.certificate
        if certificate is not None:
            probes = certificate.probes if target.is_upgrade else certificate.downgrade_probes
            for answer in ask(target.session, probes, seconds=target.settings.check_timeout):
                first = known and answer.probe.table not in touched
                if answer.count:
                    yield Line(
                        text=f"revision {pending.id}: {answer.sentence}",
                        remedy=f"these are they: {answer.probe.query}",
                        sure=answer.probe.seen and first,
                    )
                elif answer.count is None and first:
                    yield Line(text=f"revision {pending.id}: {answer.sentence}", note=True)
        known = known and pending.proof is not None
        touched |= pending.tables
