"""Proves on rows that a block at the start of an upgrade keeps what its downgrade then gives back: up, down, up again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_safety.downgrade.compare import Tier, differences
from alembic_safety.downgrade.keeps import Seen
from alembic_safety.downgrade.preserve import Plan, plans
from alembic_safety.errors import SynthesisError
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.rehearsal.rows.records import FAILS, NONE, RowProof, rows_lost, since_lost
from alembic_safety.rehearsal.rows.variants import EMPTY, Variant
from alembic_safety.rehearsal.rows.witness import WITNESS

if TYPE_CHECKING:
    from alembic_safety.downgrade.statement import Statement
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.derive import Derived
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.rehearsal.touched import Touched

log = logging.getLogger(__name__)
#: The way down that an attempt is tried as.
WAY = "derived"
_POSITIONS = """
SELECT pg_catalog.format('%I.%I', schemaname, sequencename), last_value, increment_by FROM pg_catalog.pg_sequences
WHERE schemaname <> 'alembic_safety' AND last_value IS NOT NULL
"""

_USED = """
SELECT pg_catalog.nextval(seqrelid::pg_catalog.regclass) FROM pg_catalog.pg_sequence
WHERE seqrelid = pg_catalog.to_regclass({name}) AND pg_catalog.pg_sequence_last_value(seqrelid::pg_catalog.oid) IS NULL
"""


@dataclass
class Attempt:
    """One way to keep and give back."""

    stage: Stage
    before: Snapshot
    after: Snapshot
    #: As it is to be if this works.
    derived: Derived
    #: Whether the upgrade commits: then it can't run again within the transaction, and catalogs are read as a whole.
    leaves: bool = False
    _positions: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: Whether the upgrade has run again after it: once is enough, and rows written since may stop it.
    _went_up_again: bool = False
    #: Every row that was there is as it was.
    restores: bool = False
    #: And what was written since is kept, as far as the old schema can hold it.
    keeps_since: bool = False

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Within the block, upgrades of the stage keep rows."""
        self.stage.block = self.derived.block
        try:
            yield
        finally:
            self.stage.block = None

    def up(self, run: Callable[[], None]) -> None:
        """The upgrade, from positions of sequences that are to be met again."""
        assert self.derived.synthesis is not None
        for need in self.derived.synthesis.data_needs:
            if need.what in ("sequence", "position") and need.lost_by == "upgrade":
                # One that was never used can't be seen to go back.
                self.stage.session.fetch(_USED.format(name=quote_literal(need.subject)))
        self._positions = self._sequences()
        self._went_up_again = False
        run()

    def down(self) -> None:
        """The downgrade; raises where it doesn't give the schema back, leaves sequences behind, or can't be followed by an upgrade."""
        from alembic_safety.rehearsal.derive import run_body, upgrade_again

        run_body(self.stage, self.derived.body, self.derived.revision)
        self.compare(self.before, "the downgrade")
        now = self._sequences()
        for name, (last, step) in self._positions.items():
            if name not in now or (last - now[name][0]) * step > 0:
                raise SynthesisError(f"sequence {name} does not come back to where it was")
        if self._went_up_again or self.leaves:
            return
        self._went_up_again = True
        with self.stage.scratch("alembic_safety_kept"):
            upgrade_again(self.stage, self.derived.revision)
            self.compare(self.after, "the second upgrade")

    def compare(self, wanted: Snapshot, what: str) -> None:
        """Hold the catalog against the wanted one. Raises SynthesisError."""
        # The stage's own "after" was seen in another transaction: what is known of this one is its beginning.
        found = [
            d
            for d in differences(wanted, self.stage.snapshot(None if self.leaves else self.before))
            if d.tier is not Tier.COLUMN_ORDER and not d.identity.endswith(f".{WITNESS}")
        ]
        if found:
            raise SynthesisError(f"{what} gives something else: {found[0].message}")

    def _sequences(self) -> dict[str, tuple[int, int]]:
        rows = self.stage.session.fetch(_POSITIONS)
        return {str(name): (int(last), int(step)) for name, last, step in rows}

    @property
    def variant(self) -> Variant:
        """The rows that it was tried on."""
        assert self.derived.rows is not None
        return self.derived.rows.variant or EMPTY

    def body(self) -> None:
        """The downgrade as it stands, which may commit. Raises whatever it raises."""
        from alembic_safety.rehearsal.derive import run_body

        run_body(self.stage, self.derived.body, self.derived.revision, leaving=True)

    def fails(self, why: str) -> None:
        """Take back that it works."""
        log.debug("not kept: %s", why)
        self.restores = False

    def found(self, proof: RowProof) -> None:
        """Take note of what the rehearsal on rows found."""
        way = proof.ways.get(WAY)
        # Where only positions of sequences are kept, there are no rows to try it on.
        is_tried = proof.data != NONE or all(call.startswith("op.preserve_sequence(") for call in self.derived.block)
        self.restores = is_tried and way is not None and way.restores
        if way is not None:
            earlier = self.derived.rows
            if earlier is not None:  # only the way down is another: the rest was seen there
                proof = replace(earlier, data=proof.data, writes=proof.writes, ways={**earlier.ways, WAY: way})
            self.derived = replace(self.derived, rows=proof)
            self.keeps_since = not since_lost(proof, WAY)


def attempts(
    stage: Stage,
    derived: Derived,
    before: Snapshot,
    after: Snapshot,
    touched: Touched,
    render: Callable[[Sequence[Statement]], Sequence[str]],
    *,
    leaves: bool = False,
) -> Iterator[Attempt]:
    """Ways to keep and give back what the upgrade of ``derived`` destroys, the cheapest first.

    :param leaves: whether that upgrade commits before its end.
    """
    assert derived.synthesis is not None
    context = stage.context
    seen = Seen(
        before=before,
        after=after,
        synthesis=derived.synthesis,
        writes=derived.rows.writes if derived.rows is not None else {},
        written=touched.written,
        refiled=touched.refiled,
        version_table=qualified(context.version_table_schema, context.version_table),
        revision=derived.revision.id,
        leaves=leaves,
        lost={line.partition(": ")[0] for line in rows_lost(derived.rows, WAY)},
        stopped=any(line.startswith(FAILS) for line in rows_lost(derived.rows, WAY)),
    )
    for plan in plans(seen):
        yield Attempt(stage, before, after, _with_plan(derived, plan, render), leaves)


def _with_plan(derived: Derived, plan: Plan, render: Callable[[Sequence[Statement]], Sequence[str]]) -> Derived:
    assert derived.synthesis is not None
    return replace(
        derived,
        synthesis=replace(derived.synthesis, statements=plan.statements),
        body=tuple(render(plan.statements)),
        block=tuple(f"op.{call}" for call in plan.block),
    )
