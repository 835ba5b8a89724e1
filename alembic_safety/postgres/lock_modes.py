"""Modes of locks on relations, as pg_locks shows them (PostgreSQL documentation, "Table-Level Locks")."""

from __future__ import annotations

from collections.abc import Iterable

#: The weakest first.
MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
#: For each mode the weakest that it conflicts with (all stronger ones too), and what is excepted from that.
_CONFLICTS = {
    "AccessShareLock": ("AccessExclusiveLock", ""),
    "RowShareLock": ("ExclusiveLock", ""),
    "RowExclusiveLock": ("ShareLock", ""),
    "ShareUpdateExclusiveLock": ("ShareUpdateExclusiveLock", ""),
    "ShareLock": ("RowExclusiveLock", "ShareLock"),
    "ShareRowExclusiveLock": ("RowExclusiveLock", ""),
    "ExclusiveLock": ("RowShareLock", ""),
    "AccessExclusiveLock": ("AccessShareLock", ""),
}
#: What the application has to wait for, by the mode that somebody holds.
BLOCKS = {
    "ShareLock": "writes",
    "ShareRowExclusiveLock": "writes",
    "ExclusiveLock": "writes",
    "AccessExclusiveLock": "reads and writes",
}


def rank(mode: str) -> int:
    """How strong a mode is; -1 for none, and a mode that nobody knows is the strongest."""
    return -1 if not mode else MODES.index(mode) if mode in MODES else len(MODES)


def stronger(one: str, other: str) -> str:
    """The stronger of two modes; '' is none."""
    return max(one, other, key=rank)


def strongest(modes: Iterable[str]) -> str:
    """The strongest of some modes; '' where there is none."""
    return max(modes, key=rank, default="")


def conflict(one: str, other: str) -> bool:
    """Whether one session cannot have the one while another holds the other; an unknown mode conflicts with all."""
    if one not in _CONFLICTS or other not in _CONFLICTS:
        return True
    weakest, excepted = _CONFLICTS[one]
    return rank(other) >= rank(weakest) and other != excepted
