"""For every revision of a history: what way down it has or could have, how good that is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from alembic_safety.rehearsal.certificate import Certificate, Grade
from alembic_safety.rehearsal.grading import certify, grade_of, grade_of_own
from alembic_safety.rehearsal.verdict import Up, Verdict
from alembic_safety.revisions.anatomy import EMPTY, MARKED, MISSING
from alembic_safety.revisions.render import comments, render_irreversible
from alembic_safety.revisions.rewrite import downgrade_state

if TYPE_CHECKING:
    from alembic_safety.rehearsal.derive import Derived
    from alembic_safety.revisions.chain import Revision


class Scope(str, Enum):
    """Which downgrades may be written."""

    #: Only where there is none.
    MISSING = "missing"
    #: Also in the place of one that falls short, whoever wrote it.
    BROKEN = "broken"
    #: In the place of any.
    FORCE = "force"


class Action(str, Enum):
    """What becomes of a revision's downgrade."""

    WRITE = "write"
    REPLACE = "replace"
    #: It works.
    KEEP = "keep"
    #: It falls short; a proposal is shown, and ``--broken`` would write it.
    PROPOSE = "propose"
    #: The upgrade doesn't run, so nothing can be said.
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One revision's line."""

    revision: Revision
    verdict: Verdict
    derived: Derived | None
    action: Action
    #: The grade that its downgrade has after the action.
    grade: Grade | None
    reasons: tuple[str, ...]
    #: What ``downgrade()`` was before: one of the states of ``revisions.anatomy``.
    state: str
    #: Grade of the downgrade that is there now, where there is one.
    own_grade: Grade | None
    body: tuple[str, ...] = ()

    @property
    def block(self) -> tuple[str, ...]:
        """What is to stand at the start of ``upgrade()`` for that body."""
        return self.derived.block if self.derived is not None else ()

    @property
    def writes(self) -> bool:
        """Whether the revision file is to be edited."""
        return self.action in (Action.WRITE, Action.REPLACE)

    def certificate(self, server_major: int) -> Certificate | None:
        """What is certified of the downgrade that the revision has after the action."""
        return certify(
            self.revision,
            self.verdict,
            self.derived,
            server_major=server_major,
            synthesized=self.writes,
            ours=self.state == MARKED,
        )


def decide(revision: Revision, verdict: Verdict, derived: Derived | None, scope: Scope | None) -> Entry:
    """What to do about one revision.

    :param scope: None writes what is missing or was ours and falls short, and proposes for the rest.
    """
    state = downgrade_state(revision.source)
    absent = state in (MISSING, EMPTY) and not verdict.holds
    own = None if absent or verdict.up is not Up.RAN else grade_of_own(verdict, derived)
    action = _action(state, absent, verdict, derived, scope, own[0] if own is not None else None)
    if action in (Action.WRITE, Action.REPLACE) and derived is not None:
        grade, reasons = grade_of(derived)
    elif own is not None:
        grade, reasons = own
    else:
        grade, reasons = None, ()
    return Entry(
        revision=revision,
        verdict=verdict,
        derived=derived,
        action=action,
        grade=grade,
        reasons=reasons,
        state=state,
        own_grade=own[0] if own is not None else None,
        body=body_of(derived) if derived is not None else (),
    )


def _action(
    state: str, absent: bool, verdict: Verdict, derived: Derived | None, scope: Scope | None, own: Grade | None
) -> Action:
    if verdict.up is not Up.RAN or derived is None:
        return Action.NONE
    if absent:
        return Action.WRITE if scope is not Scope.BROKEN else Action.NONE
    if scope is Scope.FORCE:
        return Action.REPLACE if derived.proven else Action.KEEP
    if derived.block and own is not Grade.EXACT:  # one that gives the rows back too
        if state == EMPTY and scope is not Scope.BROKEN:
            return Action.WRITE
        if state == MARKED and scope is not Scope.MISSING:
            return Action.REPLACE
    if verdict.holds or scope is Scope.MISSING:
        return Action.KEEP
    if not derived.proven:
        return Action.KEEP if state != MARKED else Action.REPLACE
    return Action.REPLACE if state == MARKED or scope is Scope.BROKEN else Action.PROPOSE


def body_of(derived: Derived) -> tuple[str, ...]:
    """The lines that go into ``downgrade()``: what was proven, under a remark that says so; else a refusal with the reasons."""
    grade, reasons = grade_of(derived)
    if grade is Grade.IRREVERSIBLE:
        return tuple(render_irreversible(reasons))
    return (*remarks_of(derived), *derived.body)


def remarks_of(derived: Derived) -> list[str]:
    """Comments on a proven body: what it doesn't give back, and what stays."""
    remarks = [f"not given back: {reason}" for reason in grade_of(derived)[1]]
    remarks += [f"role {role} stays: drop it before upgrading again" for role in derived.roles_in_the_way]
    if not derived.block:  # which takes rows away that the upgrade inserted
        stay = "rows that the upgrade wrote to {} stay: delete them before upgrading again"
        remarks += [stay.format(table) for table in derived.rows_in_the_way]
    return comments(remarks)
