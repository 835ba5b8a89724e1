"""What a rehearsal on rows found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_safety.model.probe import Probe

if TYPE_CHECKING:
    from alembic_safety.rehearsal.rows.variants import Variant

#: Kinds of rows, the hardest first; the first that the upgrade accepts is what the proof runs on.
GENERATED = "generated"
PLAIN = "generated, plain values"
NONE = "none"
#: Rows that the project brought along; besides, ``rehearsal.real`` names those of a backup or a sample.
OWN = "rows of the project"
#: How a sentence begins that says that a way down does not run on rows.
FAILS = "on rows "


@dataclass(frozen=True, kw_only=True)
class Since:
    """What a way down did to rows that were written after the upgrade."""

    #: Why it failed on them; '' where it ran.
    error: str = ""
    #: What of them is lost although the old schema can hold it, a sentence each.
    lost: tuple[str, ...] = ()
    #: Rows that nobody wrote since and that are not as before, because others were written.
    disturbed: tuple[str, ...] = ()
    #: Rows that only the new schema holds: where it stops, and where it changes or drops them without a word.
    stops: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Way:
    """What one way down did to the rows."""

    #: Why it failed on rows; '' where it ran.
    error: str = ""
    #: What is not as before, a sentence each.
    lost: tuple[str, ...] = ()
    #: What it did to rows written since; None where that was not tried.
    since: Since | None = None

    @property
    def restores(self) -> bool:
        """Whether it ran and every row is as it was."""
        return not self.error and not self.lost


@dataclass(frozen=True, kw_only=True)
class RowProof:
    """What a rehearsal on rows found."""

    #: One of the kinds of rows above; with what was left out of them, where the upgrade accepts no more.
    data: str = NONE
    #: The same as it was made, so that it can be made again; None where there were none.
    variant: Variant | None = None
    #: Why the upgrade did not accept harder rows; '' where it did.
    refused: str = ""
    #: How many rows were there.
    rows: int = 0
    #: Tables that no row could be made for.
    unfilled: tuple[str, ...] = ()
    #: What the upgrade does to the rows of each table: insert, update, delete, truncate; or "write" where that could not be told.
    writes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The ways down that were tried: ``own``, ``derived``.
    ways: Mapping[str, Way] = field(default_factory=dict)
    #: Rows that the upgrade refuses.
    probes: tuple[Probe, ...] = ()
    #: Rows that the revision's own downgrade refuses.
    downgrade_probes: tuple[Probe, ...] = ()
    #: Rows that don't meet what the upgrade demands, and that it changes or drops without a word: a sentence each.
    silent: tuple[str, ...] = ()
    #: Columns that get other values each time the upgrade runs on the same rows.
    volatile: tuple[str, ...] = ()


def rows_lost(proof: RowProof | None, way: str = "own") -> tuple[str, ...]:
    """What a way down does to the rows that were there, a sentence each; nothing where it wasn't tried."""
    if proof is None or way not in proof.ways:
        return ()
    found = proof.ways[way]
    return (f"{FAILS}it fails: {found.error}",) if found.error else found.lost


def since_lost(proof: RowProof | None, way: str = "own") -> tuple[str, ...]:
    """What a way down does to rows written after the upgrade that the old schema can hold, a sentence each."""
    since = proof.ways[way].since if proof is not None and way in proof.ways else None
    if since is None:
        return ()
    failed = (f"{FAILS}written since it fails: {since.error}",) if since.error else ()
    return (*failed, *since.lost, *since.disturbed)
