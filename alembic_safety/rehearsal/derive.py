"""Derive a downgrade for revisions while they are rehearsed, and prove its very text: up, down, up again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_safety.downgrade.compare import Difference, Tier, differences
from alembic_safety.downgrade.concurrently import concurrently
from alembic_safety.downgrade.statement import DataNeed, Grade, Rating, Statement, Synthesis
from alembic_safety.downgrade.synthesize import because_of_rows, synthesize, take_rows_away
from alembic_safety.errors import SynthesisError
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.activity import Activity
from alembic_safety.rehearsal.bench import StageBench
from alembic_safety.rehearsal.closure import closure
from alembic_safety.rehearsal.failure import driver_error, explain, is_fatal
from alembic_safety.rehearsal.grading import losses
from alembic_safety.rehearsal.keeping import Attempt, attempts
from alembic_safety.rehearsal.lines import run_lines
from alembic_safety.rehearsal.outcome import Observer, Outcome
from alembic_safety.rehearsal.patterns import with_patterns
from alembic_safety.rehearsal.rows.records import NONE as NO_ROWS
from alembic_safety.rehearsal.rows.records import RowProof
from alembic_safety.rehearsal.verdict import Again, Restored, Verdict, restored_by
from alembic_safety.rehearsal.visitor import Visitor
from alembic_safety.revisions.anatomy import holds_block, policy_of
from alembic_safety.revisions.render import render_body

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.rehearsal.touched import Touched
    from alembic_safety.revisions.chain import Revision


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A downgrade that was synthesized for a revision, and what its proof found."""

    revision: Revision
    synthesis: Synthesis | None
    #: Lines of the body as they were run in the proof; empty where nothing was derived.
    body: tuple[str, ...] = ()
    #: How far the catalog was restored by the body.
    restored: Restored = Restored.NOT_TRIED
    left: tuple[Difference, ...] = ()
    #: Whether the upgrade ran again on what the body left, and gave the same.
    again: bool = False
    #: Why nothing was derived or the proof failed; '' where all is well.
    failure: str = ""
    #: Why the body does not run on rows that the upgrade leaves; it was proven without them. '' where it does, or gives rows back.
    stopped_by_rows: str = ""
    #: Whether the upgrade commits before its end.
    leaves: bool = False
    #: Fingerprints of structure and privileges before and after the upgrade.
    fingerprints: tuple[tuple[str, str], tuple[str, str]] | None = None
    #: What the upgrade touches and depends on (``rehearsal.closure``).
    closure: Mapping[str, str] | None = None
    #: What its statements lock, rewrite and read in full.
    activity: tuple[Activity, ...] | None = None
    #: Rows that the upgrade was seen to write, by table.
    rows_written: tuple[tuple[str, int], ...] = ()
    #: What a rehearsal on rows found; None where the upgrade touches no table that was there.
    rows: RowProof | None = None
    #: Lines that keep rows at the start of the upgrade, with which ``body`` was proven on rows to give all of them back.
    block: tuple[str, ...] = ()
    #: Tables whose rows, written by the upgrade, must be deleted by hand before it can run a second time.
    rows_in_the_way: tuple[str, ...] = ()
    #: Roles that the upgrade creates and that stay, to be dropped by hand before it can run a second time.
    roles_in_the_way: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether the body runs, gives the schema back (physical column order apart), and lets the upgrade run again."""
        return self.proven_without_rows and not self.stopped_by_rows

    @property
    def proven_without_rows(self) -> bool:
        """The same, where rows of the upgrade's own need not be there."""
        return self.again and not self.failure and self.restores

    @property
    def restores(self) -> bool:
        """Whether the body gives the schema back, physical column order apart."""
        return bool(self.synthesis) and self.restored in (Restored.IDENTICAL, Restored.COLUMN_ORDER)

    @property
    def rating(self) -> Rating:
        """How careful one should be when it runs."""
        return self.synthesis.rating if self.synthesis is not None else Rating.HIGH

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not exact: each object that cannot be given back, with its reason."""
        reasons = [f"{subject}: {reason}" for subject, reason in (self.synthesis.refusals if self.synthesis else ())]
        reasons += [text for text in (self.failure, self.stopped_by_rows) if text]
        reasons += [d.message for d in self.left if d.tier is not Tier.COLUMN_ORDER]
        return tuple(dict.fromkeys(reasons))


class Deriver(Visitor):
    """Synthesizes and proves while ``rehearse`` runs; results in ``derived`` by revision."""

    def __init__(
        self,
        *,
        column_order: bool = False,
        preserve: str = "exact",
        wanted: Callable[[Revision], bool] = lambda _: True,
        render: Callable[[Sequence[Statement]], Sequence[str]] = render_body,
    ) -> None:
        self.column_order = column_order
        #: "exact" keeps what an upgrade destroys; "schema" doesn't, and neither where a revision says so itself.
        self.preserve = preserve
        #: Statements as lines of Python: what is proven is this text.
        self.render = render
        self.derived: dict[str, Derived] = {}
        self.verdicts: dict[str, Verdict] = {}
        self._wanted = wanted

    def observer(self, revision: Revision) -> Observer | None:
        """Derive while the database stands at the revision's *after*."""
        return _Watcher(self, revision) if self._wanted(revision) else None

    def judged(self, revision: Revision, outcome: Outcome, verdict: Verdict) -> Verdict:
        """Keep what the revision's own downgrade did."""
        self.verdicts[revision.id] = verdict
        if revision.id in self.derived:
            self.derived[revision.id] = replace(self.derived[revision.id], activity=outcome.activity)
        return verdict

    def preserves(self, derived: Derived) -> bool:
        """Whether rows are lost that the upgrade could keep."""
        source = derived.revision.source
        return (
            (policy_of(source) or self.preserve) == "exact"
            and (
                derived.proven_without_rows
                or (derived.leaves and derived.restores and (not derived.failure or bool(derived.rows_in_the_way)))
            )
            and derived.rows is not None
            and (derived.rows.data != NO_ROWS or _loses_positions_only(derived))
            and bool(losses(derived) or derived.stopped_by_rows or (derived.leaves and derived.rows_in_the_way))
            and holds_block(source)
        )

    def derive(self, stage: Stage, revision: Revision, before: Snapshot, after: Snapshot) -> Derived:
        """Synthesize and prove for one revision; the stage stands at *after*."""
        prints = (
            (before.structure_fingerprint, before.privileges_fingerprint),
            (after.structure_fingerprint, after.privileges_fingerprint),
        )
        rows = tuple(sorted(stage.rows_written().items()))
        found = Derived(
            revision=revision,
            synthesis=None,
            fingerprints=prints,
            closure=with_patterns(closure(before, after, dict(rows)), before, after),
            rows_written=rows,
            leaves=stage.leaves,
        )
        try:
            synthesis = synthesize(before, after, StageBench(stage, after), column_order=self.column_order)
        except SynthesisError as error:
            return replace(found, failure=str(error))
        body = tuple(self.render(synthesis.statements))
        found = replace(found, synthesis=synthesis, body=body, left=synthesis.residue)
        if synthesis.grade is Grade.DIFFERENT or synthesis.refusals:
            return replace(found, restored=restored_by(list(synthesis.residue)))
        found = prove(stage, found, before, after)
        if stage.saw_concurrently and not stage.is_lent and found.restores and not found.failure:
            # Proven with the second upgrade, which leaves its transaction too: see Observer.other_downgrade.
            synthesis = replace(synthesis, statements=concurrently(synthesis.statements, before, after))
            found = replace(found, synthesis=synthesis, body=tuple(self.render(synthesis.statements)))
        return found


class _Watcher(Observer):
    def __init__(self, deriver: Deriver, revision: Revision) -> None:
        self._deriver = deriver
        self._revision = revision
        self._stage: Stage | None = None
        self._states: tuple[Snapshot, Snapshot]

    def look(self, stage: Stage, before: Snapshot, after: Snapshot) -> None:
        self._stage = stage
        self._states = (before, after)
        self._deriver.derived[self._revision.id] = self._deriver.derive(stage, self._revision, before, after)

    def other_downgrade(self) -> Callable[[], None] | None:
        derived, stage = self._deriver.derived[self._revision.id], self._stage
        if stage is None or not derived.restores or derived.stopped_by_rows:
            return None
        return lambda: run_body(stage, derived.body, self._revision, leaving=stage.saw_concurrently)

    def rehearsed_on_rows(self, proof: RowProof) -> None:
        derived = self._deriver.derived
        derived[self._revision.id] = replace(derived[self._revision.id], rows=proof)

    def preservations(self, touched: Touched) -> Iterator[Attempt]:
        """Try to keep what is lost and to give it back, until every row is as before."""
        derived, stage = self._deriver.derived[self._revision.id], self._stage
        if stage is None or derived.synthesis is None:
            return
        derived = self._deriver.derived[self._revision.id] = _with_positions(derived, touched, self._states[1])
        if not self._deriver.preserves(derived):
            return
        kept = False
        leaves = derived.leaves
        for attempt in attempts(stage, derived, *self._states, touched, self._deriver.render, leaves=leaves):
            yield attempt
            if attempt.restores and (attempt.keeps_since or not kept):
                proven = replace(attempt.derived, stopped_by_rows="", again=attempt.derived.again or leaves)
                if leaves:  # rows that the first upgrade had left are taken away, and no more in the way of the second
                    proven = replace(proven, failure="", rows_in_the_way=())
                self._deriver.derived[self._revision.id] = proven
                kept = True
            if attempt.restores and attempt.keeps_since:
                return

    def proven(self, outcome: Outcome) -> None:
        derived = self._deriver.derived[self._revision.id]
        failure = outcome.error or ""
        if outcome.again_left:
            failure = "the second upgrade gives something else: " + outcome.again_left[0].message
        self._deriver.derived[self._revision.id] = replace(
            derived,
            restored=outcome.restored,
            left=tuple(outcome.left),
            again=outcome.again is Again.SAME,
            failure=failure,
            rows_in_the_way=("none",) if _met_its_own_rows(outcome) else derived.rows_in_the_way,
        )


def _loses_positions_only(derived: Derived) -> bool:
    """Whether the upgrade destroys where sequences stand, and no rows: there need be none to try it on."""
    needs = [need for need in (derived.synthesis.data_needs if derived.synthesis else ()) if need.lost_by == "upgrade"]
    return (
        bool(needs)
        and all(need.what in ("sequence", "position") for need in needs)
        and not (derived.rows and derived.rows.writes)
    )


def _with_positions(derived: Derived, touched: Touched, after: Snapshot) -> Derived:
    """With the positions of sequences that the upgrade may have set, among what it destroys."""
    assert derived.synthesis is not None
    known = {need.subject for need in derived.synthesis.data_needs}
    found = tuple(
        DataNeed(
            what="position",
            subject=identity,
            reason=f"the upgrade sets sequence {identity} to another position",
            at=len(derived.synthesis.statements),
        )
        for identity in sorted(touched.moved - known)
        if ("sequence", identity) in after.by_identity
    )
    if not found:
        return derived
    return replace(derived, synthesis=replace(derived.synthesis, data_needs=(*derived.synthesis.data_needs, *found)))


def _met_its_own_rows(outcome: Outcome) -> bool:
    """Whether the downgrade ran, and the second upgrade met rows that the first one had left."""
    if outcome.again is not Again.FAILED or outcome.cause is None:
        return False
    return because_of_rows(driver_error(outcome.cause))


def prove(stage: Stage, derived: Derived, before: Snapshot, after: Snapshot) -> Derived:
    """Run a body, compare with *before*, run the upgrade again, compare with *after*; the stage stays at *after*.

    Where rows that the upgrade leaves stop the body, it is proven without them: keeping rows may take them away.
    """
    heads = set(stage.heads)
    stopped = ""
    while True:
        try:
            with stage.scratch("alembic_safety_proof"):
                if stopped:
                    take_rows_away(stage.session.execute, after)
                return _proof(stage, replace(derived, stopped_by_rows=stopped), before, after)
        except _BodyError as stop:
            failure = stop.error
        except Exception as error:  # a body that fails, for whatever reason, is not proven
            if is_fatal(error):
                raise
            return replace(derived, failure=explain(error))
        finally:
            stage.heads = heads
        if stopped or not because_of_rows(driver_error(failure)):
            return replace(derived, failure=stopped or explain(failure))
        stopped = explain(failure)


class _BodyError(Exception):
    """The body itself did not run."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _proof(stage: Stage, derived: Derived, before: Snapshot, after: Snapshot) -> Derived:
    try:
        run_body(stage, derived.body, derived.revision)
    except Exception as error:
        if is_fatal(error):
            raise
        raise _BodyError(error) from error
    found = differences(before, stage.snapshot(after, edges=False))
    derived = replace(derived, left=tuple(found), restored=restored_by(found))
    if derived.restored is Restored.DIFFERENT:
        return derived
    if derived.leaves:
        return derived  # the second upgrade needs commits: see Observer.other_downgrade
    derived = _upgrade_again_on(stage, derived)
    again = [d for d in differences(after, stage.snapshot(after, edges=False)) if d.tier is not Tier.COLUMN_ORDER]
    if again:
        return replace(derived, failure="the second upgrade gives something else: " + again[0].message)
    return replace(derived, again=True)


def _upgrade_again_on(stage: Stage, derived: Derived) -> Derived:
    """The second upgrade; where something that no schema holds is in its way, once more without that, and it is said.

    Rows that the first upgrade wrote stay when only the schema goes back, and so do roles, which belong to the whole server.
    """
    stage.end_session()
    stage.savepoint("alembic_safety_again")
    emptied = False
    while True:
        try:
            upgrade_again(stage, derived.revision)
            return derived
        except Exception as error:  # noqa: BLE001 - whatever is not in the way for a known reason is raised below
            failure = error
        stage.rollback_to("alembic_safety_again")
        role = _role_in_the_way(stage, failure)
        tables = [] if emptied else [table for table, _ in derived.rows_written]
        if role is not None and role not in derived.roles_in_the_way:
            stage.session.execute(f"DROP ROLE {quote_ident(role)}")
            derived = replace(derived, roles_in_the_way=(*derived.roles_in_the_way, role))
        elif tables and (sqlstate(driver_error(failure)) or "").startswith("23"):
            there = [
                t for t in tables if stage.session.fetch("SELECT pg_catalog.to_regclass(%s)", (t,))[0][0] is not None
            ]
            if there:
                stage.session.execute(f"TRUNCATE {', '.join(there)} CASCADE")
            derived, emptied = replace(derived, rows_in_the_way=tuple(there)), True
        else:
            raise failure
        stage.savepoint("alembic_safety_again")


def _role_in_the_way(stage: Stage, error: BaseException) -> str | None:
    """The role that an upgrade could not create because its first run in this very transaction did."""
    diagnostics = getattr(driver_error(error), "diag", None)
    if sqlstate(error) != "42710" or getattr(diagnostics, "source_function", None) != "CreateRole":
        return None
    named = re.search(r'"(.+)"', diagnostics.message_primary or "") if diagnostics is not None else None
    if named is None:
        return None
    made_here = stage.session.fetch(
        "SELECT 1 FROM pg_catalog.pg_authid WHERE rolname = %s "
        "AND pg_catalog.age(xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::pg_catalog.xid)",
        (named[1],),
    )
    return named[1] if made_here else None


def run_body(stage: Stage, body: Sequence[str], revision: Revision, *, leaving: bool = False) -> None:
    """Run the lines of a downgrade as the revision file would. Raises whatever they raise.

    :param leaving: whether they may leave the transaction.
    """
    with nullcontext() if leaving else stage.staying_in_transaction():
        run_lines(stage.context, body, revision.id)


def upgrade_again(stage: Stage, revision: Revision) -> None:
    """Run a revision's upgrade once more. Raises whatever it raises."""
    from alembic.operations import Operations

    script = stage.context.script
    assert script is not None
    loaded = script.get_revision(revision.id)
    assert loaded is not None
    stage.forget_run(revision.id)
    with Operations.context(stage.context), stage.staying_in_transaction(), stage.preserving(revision.id):
        loaded.module.upgrade(**stage.arguments)
    stage.finish_preserving(revision.id)
