"""How much work a migration is on live tables: an estimate from their sizes now, and from what was seen in the rehearsal.

Rates are less than half of what ``benchmarks/work.py`` measures for one backend whose data is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.kept import kept

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Pending, Target
    from alembic_safety.rehearsal.activity import Activity

_MEGABYTE = 1024**2
#: Bytes of a table per second: read in full, written anew with its indexes, an index built over it.
SCAN = 200 * _MEGABYTE
REWRITE = 30 * _MEGABYTE
INDEX = 40 * _MEGABYTE


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one statement has to do on one live table."""

    revision: str
    table: str
    #: ``rewrite``, ``index`` or ``scan``.
    what: str
    bytes: int
    seconds: float
    #: The statement.
    sql: str


def work_of(target: Target, pending: Pending) -> Iterator[Work]:
    """The work of one revision, statement by statement; what it makes itself is not counted."""
    for activity in pending.activity or ():
        yield from _of_statement(target, pending, activity)


def _of_statement(target: Target, pending: Pending, activity: Activity) -> Iterator[Work]:
    words = activity.sql.upper()
    if words.startswith("TRUNCATE"):
        return
    builds = (
        words.startswith(("CREATE INDEX", "CREATE UNIQUE INDEX", "REINDEX"))
        or " UNIQUE" in words
        or " PRIMARY KEY" in words
    )
    relations = target.relations({*activity.rewrites, *activity.scans})
    for name, relation in sorted(relations.items()):
        if name in activity.rewrites:
            what, size, rate = "rewrite", relation.total_bytes, REWRITE
        else:
            what, size, rate = ("index", relation.bytes, INDEX) if builds else ("scan", relation.bytes, SCAN)
        # CONCURRENTLY reads the table twice.
        seconds = size / rate + (0 if activity.in_transaction else size / SCAN)
        yield Work(revision=pending.id, table=name, what=what, bytes=size, seconds=seconds, sql=activity.sql)


def bytes_written(target: Target) -> int:
    """What the pending revisions write, about: tables written anew, indexes at a third of their tables, and what is kept."""
    shares = {"rewrite": 1.0, "index": 0.33, "scan": 0.0}
    work = sum(w.bytes * shares[w.what] for p in target.pending for w in work_of(target, p))
    copies = sum(k.bytes or 0 for p in target.pending for k in kept(target, p)) if target.is_upgrade else 0
    return int(work) + copies


def shown_seconds(seconds: float) -> str:
    """A duration for reading, no more precise than an estimate is: ``under 1 s``, ``about 40 s``, ``about 3 min``."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
