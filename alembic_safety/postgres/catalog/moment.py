"""Where a session stands: what it has changed in the system catalogs so far, and which transactions it has seen end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: More transactions than this between two moments: something else is at work here.
_MOST_TRANSACTIONS = 2000
#: Catalogs whose rows belong to objects that are read again one by one, comments, and dependencies.
FOLLOWED = frozenset(
    {
        "pg_namespace", "pg_class", "pg_attribute", "pg_type", "pg_proc", "pg_constraint", "pg_trigger", "pg_rewrite", "pg_policy", "pg_statistic_ext",
        "pg_attrdef", "pg_index", "pg_sequence", "pg_inherits", "pg_enum", "pg_range", "pg_depend", "pg_description",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """What ``moment.sql`` told."""

    #: Whole id of the transaction, if it has written anything.
    transaction: int | None
    #: ``pg_current_snapshot()``: the least id that may be in progress, the next one, and those in progress.
    running: frozenset[int]
    next: int
    #: Whether the server counts at all.
    counting: bool
    #: Rows inserted, updated and deleted by catalog, as far as there were any.
    counts: Mapping[str, tuple[int, int, int]]
    #: Whether the session has, or had, temporary objects.
    temporary: bool
    #: Mark of the last reading within this transaction that left one and was not rolled back; '' for none.
    mark: str = ""

    @classmethod
    def of(cls, row: Sequence[Any]) -> Moment:
        """From the row of ``moment.sql``."""
        _, following, running = str(row[1]).split(":")
        counts = {}
        for line in (row[3] or "").splitlines():
            name, inserted, updated, deleted = line.split(" ")
            counts[name.removeprefix("pg_catalog.")] = (int(inserted), int(updated), int(deleted))
        return cls(
            None if row[0] is None else int(row[0]),
            frozenset(int(xid) for xid in running.split(",") if xid),
            int(following),
            bool(row[2]),
            counts,
            bool(row[4]),
            row[5] or "",
        )

    @property
    def oldest_to_come(self) -> int:
        """No transaction that ends after this moment has a smaller id, this one (and those within it) left out."""
        following = self.next if self.next != self.transaction else self.next + 1
        return min(self.running - {self.transaction} | {following})

    def changed_since(self, start: Moment) -> frozenset[str]:
        """Catalogs that this session has written to since, rolled back or not; both moments lie in one transaction."""
        return frozenset(name for name, counts in self.counts.items() if counts != start.counts.get(name))

    def written_since(self, start: Moment) -> dict[str, int]:
        """How many row versions this session has written to catalogs since, rolled-back ones included."""
        found = {}
        for name, counts in self.counts.items():
            before = start.counts.get(name, (0, 0, 0))
            if (written := counts[0] + counts[1] - before[0] - before[1]) > 0:
                found[name] = written
        return found

    def only_inserted(self, start: Moment, catalog: str) -> bool:
        """Whether this session has neither updated nor deleted rows of a catalog since."""
        return self.counts.get(catalog, (0, 0, 0))[1:] == start.counts.get(catalog, (0, 0, 0))[1:]

    def deleted_since(self, start: Moment) -> frozenset[str]:
        """Catalogs from which this session has deleted rows since, rolled back or not."""
        return frozenset(
            name for name, counts in self.counts.items() if counts[2] != start.counts.get(name, (0, 0, 0))[2]
        )

    def ended_since(self, earlier: Moment) -> list[int] | None:
        """Transactions that may have ended since an earlier moment, those of the two moments themselves left out; None: too many."""
        if self.next - earlier.next > _MOST_TRANSACTIONS:
            return None
        candidates = earlier.running | set(range(earlier.next, self.next))
        return sorted(candidates - self.running - {earlier.transaction, self.transaction})


class Start:
    """The moment at which a transaction of this session began, for readings within it."""

    def __init__(self, moment: Moment, *, is_first: bool = False) -> None:
        """``is_first``: the transaction had written nothing before."""
        self.moment = moment
        self.is_first = is_first
        #: Transactions that were found to have ended without a change of anything.
        self.harmless: set[int] = set()


@dataclass(frozen=True)
class Alone:
    """That nobody else has changed anything since a snapshot, so that this session's own counts tell all."""

    start: Start
    #: As long as none of these transactions has committed.
    unknown: set[int]

    @classmethod
    def where(cls, base: Moment, start: Start | None, now: Moment) -> Alone | None:
        """None where it is known that it can't be said."""
        if start is None or not (start.moment.counting and now.counting):
            return None
        ended = now.ended_since(base)
        if ended is None or start.moment.transaction not in (None, now.transaction):
            return None
        return cls(start, set(ended) - start.harmless)
