"""What an upgrade leaves broken though nothing stopped it: views and functions over what it changed, from revision to revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.downgrade.compare import changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_safety.downgrade.compare import Change
    from alembic_safety.model.catalog import Address, CatalogObject
    from alembic_safety.model.finding import Finding
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.stage import Stage

_ROUTINES = ("function", "procedure")
_LANGUAGES = ("sql", "plpgsql")
#: What is made with others that it names, or over which others stand.
_CAN_BREAK = frozenset(
    {"column", "domain", "function", "operator", "procedure", "schema", "table", "view", "materialized_view"}
)
#: New ones may name what is not there, or not fit a function that returns rows of the table.
_MADE_OF_TEXT = frozenset({*_ROUTINES, "column", "view", "materialized_view"})


@dataclass(frozen=True, slots=True)
class Found:
    """What one upgrade did to views and functions."""

    #: Sentences that begin with kind and identity.
    views: tuple[str, ...] = ()
    routines: tuple[str, ...] = ()
    #: "kind identity" of what was broken before and is not any more.
    mended: tuple[str, ...] = ()


class Soundness:
    """Follows a chain; the database has to stand, committed, where each question is asked."""

    def __init__(self) -> None:
        #: What is broken, as it was called when it broke; None where nobody looked.
        self._known: dict[Address, Finding] | None = None
        #: Whether there have been any routines that can break.
        self._any = False

    def begins(self, stage: Stage, before: Snapshot) -> None:
        """A revision is about to be judged."""
        if self._known is None:
            self._any = any(map(_can_break, before.of_kind(*_ROUTINES)))
            self._known = _look(stage, before) if self._any else {}

    def passed(self) -> None:
        """A revision was applied, and nobody looked."""
        self._known = None

    def after(self, stage: Stage, before: Snapshot, after: Snapshot) -> Found:
        """The upgrade was committed."""
        if self._known is None:
            return Found()
        changed = changes(before, after)
        self._any = self._any or any(change.after is not None and _can_break(change.after) for change in changed)
        if not self._any or not _may_break(changed):
            return Found()
        earlier, now = self._known, _look(stage, after)
        self._known = {address: earlier.get(address, finding) for address, finding in now.items()}
        fresh = sorted((f for address, f in now.items() if address not in earlier), key=lambda f: f.message)
        return Found(
            views=tuple(finding.message for finding in fresh if finding.kind not in _ROUTINES),
            routines=tuple(finding.message for finding in fresh if finding.kind in _ROUTINES),
            mended=tuple(sorted(_name(finding) for address, finding in earlier.items() if address not in now)),
        )


def _can_break(one: CatalogObject) -> bool:
    return one.kind in _ROUTINES and one.props.get("language") in _LANGUAGES


def _may_break(changed: Iterable[Change]) -> bool:
    """New tables, indexes and rows break nothing that is there."""
    return any(
        change.kind in _CAN_BREAK and (change.before is not None or change.kind in _MADE_OF_TEXT) for change in changed
    )


def _look(stage: Stage, side: Snapshot) -> dict[Address, Finding]:
    # All checks of a database: most histories break nothing.
    from alembic_safety.integrity.soundness import broken_routines, broken_views, views_that_call

    stage.begin_plain()
    try:
        found = [*broken_views(stage.session, views_that_call(stage.session)), *broken_routines(stage.session)]
    finally:
        stage.rollback()
    objects = ((side.by_identity.get((finding.kind or "", finding.subject or "")), finding) for finding in found)
    return {obj.address: finding for obj, finding in objects if obj is not None}


def _name(finding: Finding) -> str:
    return f"{(finding.kind or '').replace('_', ' ')} {finding.subject}"
