"""What a rehearsal found out about a revision: the records that every report is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from alembic_safety.downgrade.compare import Difference, Tier
from alembic_safety.rehearsal.activity import Activity
from alembic_safety.rehearsal.rows.records import FAILS


class Up(str, Enum):
    """How the upgrade went."""

    RAN = "ran"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    #: The server lacks something that the migration asks for (an extension): no fault of the migration.
    UNAVAILABLE = "unavailable"
    #: A revision that it needs could not be applied; ``culprit`` names that.
    NOT_REACHED = "not reached"


class Down(str, Enum):
    """How the downgrade went."""

    RAN = "ran"
    #: There is no function ``downgrade``.
    MISSING = "missing"
    #: ``pass``, although the upgrade changed something.
    EMPTY = "empty"
    #: It refuses on purpose.
    REFUSES = "refuses"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    NOT_TRIED = "not tried"


class Restored(str, Enum):
    """Whether the catalog after the downgrade is the one before the upgrade."""

    IDENTICAL = "identical"
    #: Identical up to physical column order, which ADD COLUMN cannot restore.
    COLUMN_ORDER = "identical up to column order"
    DIFFERENT = "different"
    NOT_TRIED = "not tried"


class Again(str, Enum):
    """Whether the second upgrade ran and gave what the first gave."""

    SAME = "same"
    DIFFERENT = "different"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    NOT_TRIED = "not tried"


#: What only rows show, lists of sentences.
_ON_ROWS = ("since_lost", "since_stops", "since_silent", "silent", "demands", "volatile", "volatile_calls")
_SOUND = ("broken_views", "broken_routines", "mended")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result for one revision."""

    revision: str
    title: str = ""
    #: Relative to the project where it lies in it.
    file: str = ""
    up: Up
    down: Down = Down.NOT_TRIED
    restored: Restored = Restored.NOT_TRIED
    again: Again = Again.NOT_TRIED
    #: Why a step failed: the server's words, with file and line where they are known; of a revision that was not reached, why its
    #: culprit failed.
    error: str | None = None
    #: The revision whose failure keeps this one from being reached.
    culprit: str | None = None
    #: What differs after the downgrade, in plain words.
    differences: tuple[str, ...] = ()
    #: What differs after the second upgrade from after the first.
    again_differences: tuple[str, ...] = ()
    #: Objects that no snapshot can compare, as "kind identity".
    unmodelled: tuple[str, ...] = ()
    #: What the migration expects and the server lacked, as "role reporting" or "schema billing": made for it.
    stand_ins: tuple[str, ...] = ()
    #: Whether it ran in transactions of its own that were committed, on a copy (autocommit blocks, COMMIT in the source).
    committed: bool = False
    #: Whether this is the result of an earlier run of the very same sources.
    cached: bool = False
    #: Only applied, not judged: it lies outside of the asked range.
    applied_only: bool = False
    #: What kind of rows it was rehearsed on too: ``generated``, ``generated, plain values`` or ``none``.
    data: str = "none"
    #: Why the upgrade did not accept harder rows; '' where it did.
    data_refused: str = ""
    #: Tables that no row could be made for.
    unfilled: tuple[str, ...] = ()
    #: What of the rows that were there the revision's own downgrade does not bring back, a sentence each.
    rows_lost: tuple[str, ...] = ()
    #: What each statement of the upgrade locks, rewrites and reads in full.
    activity: tuple[Activity, ...] = ()
    #: Tables, views and columns that are gone after the upgrade, as "kind identity".
    dropped: tuple[str, ...] = ()
    #: What it does to rows written after the upgrade that the old schema can hold: it fails on them, or loses them.
    since_lost: tuple[str, ...] = ()
    #: Rows written after the upgrade that only the new schema holds: where the downgrade stops, where it changes or drops them.
    since_stops: tuple[str, ...] = ()
    since_silent: tuple[str, ...] = ()
    #: Rows that don't meet what the upgrade demands, and that it changes or drops without a word.
    silent: tuple[str, ...] = ()
    #: What it demands of rows that are there, and refuses to run without.
    demands: tuple[str, ...] = ()
    #: Columns that get other values each time it runs, and functions in its source that may be why.
    volatile: tuple[str, ...] = ()
    volatile_calls: tuple[str, ...] = ()
    #: Views that can't be planned after the upgrade, functions that don't compile, and could before: a sentence each.
    broken_views: tuple[str, ...] = ()
    broken_routines: tuple[str, ...] = ()
    #: "kind identity" of those that earlier ones had broken, and that are right after it.
    mended: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def holds(self) -> bool:
        """Whether the revision goes up, down and up again, and each step gives what it should."""
        if self.applied_only:
            return self.up is Up.RAN
        return (
            self.up is Up.RAN
            and self.down in (Down.RAN, Down.EMPTY)
            and self.restored in (Restored.IDENTICAL, Restored.COLUMN_ORDER)
            and self.again is Again.SAME
        )

    @property
    def fails_on_rows(self) -> bool:
        """Whether the downgrade, which runs on empty tables, fails on rows that the old schema can hold."""
        return any(line.startswith(FAILS) for line in (*self.rows_lost, *self.since_lost))

    @property
    def out_of_reach(self) -> str:
        """Why it was not reached, in a line; '' where it was."""
        if self.culprit is None:
            return ""
        why = f": {self.error.splitlines()[0]}" if self.error else ""
        return f"not reached: {self.culprit} could not be applied{why}"

    def to_json(self) -> dict[str, Any]:
        """JSON values, in a stable order of keys."""
        return {
            "revision": self.revision,
            "title": self.title,
            "file": self.file,
            "holds": self.holds,
            "up": self.up.value,
            "down": self.down.value,
            "restored": self.restored.value,
            "again": self.again.value,
            "error": self.error,
            "culprit": self.culprit,
            "differences": list(self.differences),
            "again_differences": list(self.again_differences),
            "unmodelled": list(self.unmodelled),
            "stand_ins": list(self.stand_ins),
            "committed": self.committed,
            "cached": self.cached,
            "applied_only": self.applied_only,
            "data": self.data,
            "data_refused": self.data_refused,
            "unfilled": list(self.unfilled),
            "rows_lost": list(self.rows_lost),
            "activity": [one.to_json() for one in self.activity],
            "dropped": list(self.dropped),
            **{name: list(getattr(self, name)) for name in (*_ON_ROWS, *_SOUND)},
            "seconds": round(self.seconds, 4),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """The inverse of ``to_json``. Raises KeyError or ValueError where the data is of another form."""
        return cls(
            revision=data["revision"],
            title=data["title"],
            file=data["file"],
            up=Up(data["up"]),
            down=Down(data["down"]),
            restored=Restored(data["restored"]),
            again=Again(data["again"]),
            error=data["error"],
            culprit=data["culprit"],
            differences=tuple(data["differences"]),
            again_differences=tuple(data["again_differences"]),
            unmodelled=tuple(data["unmodelled"]),
            stand_ins=tuple(data["stand_ins"]),
            committed=data["committed"],
            cached=data["cached"],
            applied_only=data["applied_only"],
            data=data["data"],
            data_refused=data["data_refused"],
            unfilled=tuple(data["unfilled"]),
            rows_lost=tuple(data["rows_lost"]),
            activity=tuple(map(Activity.from_json, data["activity"])),
            dropped=tuple(data["dropped"]),
            **{name: tuple(data[name]) for name in (*_ON_ROWS, *_SOUND)},
            seconds=data["seconds"],
        )


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """The result of a whole run."""

    verdicts: tuple[Verdict, ...]
    #: Name and value of what the run depended on: server, range.
    facts: Mapping[str, str] = field(default_factory=dict)
    #: What stood in for something else, a sentence each.
    notes: tuple[str, ...] = ()
    #: Major version of the server.
    server_major: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether every revision holds, on empty tables and on rows, and no view is left broken at the end."""
        return all(v.holds and not v.fails_on_rows for v in self.verdicts) and not self.lasting_breaks

    @property
    def lasting_breaks(self) -> tuple[str, ...]:
        """A sentence for each view that a revision breaks and no later one mends."""
        return tuple(
            line
            for number, verdict in enumerate(self.verdicts)
            for line in verdict.broken_views
            if not mended_by(line, self.verdicts[number + 1 :])
        )


def mended_by(sentence: str, later: Iterable[Verdict]) -> str:
    """The first of these revisions that mends what a sentence of ``broken_views`` or ``broken_routines`` is about; '' for none."""
    return next((v.revision for v in later if any(sentence.startswith(f"{name} ") for name in v.mended)), "")


def restored_by(found: list[Difference]) -> Restored:
    """The tier that a list of differences leaves."""
    if not found:
        return Restored.IDENTICAL
    if all(d.tier is Tier.COLUMN_ORDER for d in found):
        return Restored.COLUMN_ORDER
    return Restored.DIFFERENT
