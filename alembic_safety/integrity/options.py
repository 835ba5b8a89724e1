"""What to verify, and within which limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Counts(str, Enum):
    """How the rows of a table are counted."""

    #: As part of the pass over the table.
    EXACT = "exact"
    #: From the statistics, where the table need not be read for anything else.
    ESTIMATE = "estimate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Scope, depth and limits of one verification; the defaults verify a whole database."""

    #: Only these schemas and these tables (as SQL writes them); both empty is the whole database.
    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    #: Only these checks, by their name in ``checks.CHECKS``; empty is every one that is not optional.
    only: tuple[str, ...] = ()
    #: Not these checks.
    skip: tuple[str, ...] = ()
    #: Look for references that nobody declared, by naming convention.
    infer: bool = False
    #: Read rows only where the catalog says that PostgreSQL may have let something in.
    suspects_only: bool = False
    #: Group the keys of every unique index, also of those that PostgreSQL has kept itself; with ``amcheck``, look for rows that a
    #: btree lacks.
    deep: bool = False
    #: Run amcheck over heaps and btrees (and its uniqueness check on 17 and newer).
    amcheck: bool = False
    #: Recompute the checksum of every page (needs pageinspect and a superuser).
    checksums: bool = False
    counts: Counts = Counts.EXACT
    #: Connections, and with them the processes that work for us on the server.
    max_parallel: int = 2
    #: Seconds for one statement; None is no limit.
    statement_timeout: float | None = None
    #: Seconds to wait for a lock that a migration or VACUUM FULL holds.
    lock_timeout: float = 5.0
    #: Seconds for everything; None is no limit.
    time_limit: float | None = None
    #: Memory of one sort or hash on the server, as PostgreSQL writes it; None is the server's own setting (a hash join in several
    #: batches that fit the processor's cache is often the faster one).
    work_mem: str | None = None

    def wants(self, check: str) -> bool:
        """Whether a check runs, as far as the names of checks say."""
        return check not in self.skip and (not self.only or check in self.only)
