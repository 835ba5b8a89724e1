"""Cheap facts by which two readings of a catalog show what changed between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog.statements import Statements

#: Number of rows and sums of their keys.
Tally = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """One catalog: who owns its recent rows, and the tally of all rows."""

    recent: frozenset[int]
    #: OIDs of the recent rows themselves, and the greatest OID of all rows.
    keys: tuple[int, ...]
    greatest: int
    all: Tally
    #: What the recent rows are, a letter each (of relations, types and routines only).
    letters: str = ""

    def lost_or_regained(self, base: Watch) -> bool:
        """Whether a row of ``base`` is gone, or one that it had not is back with its old age.

        OIDs are given in ascending order, so a recent row is new, not a changed one of ``base``, if its OID is above all of those. (After
        the counter has wrapped around that may be wrong: then the tallies differ, and it costs a closer look.)
        """
        new = [key for key in self.keys if key > base.greatest]
        return (self.all[0] - len(new), self.all[1] - sum(new)) != base.all


@dataclass(frozen=True, slots=True)
class Depends:
    """pg_depend: its recent rows as text, the tally of the other rows and of all, and that of the members of extensions."""

    text: str
    old: Tally
    all: Tally
    members: Tally

    @classmethod
    def of(cls, row: Sequence[Any]) -> Depends:
        """From the row of ``depend_survey.sql``."""
        text: str = row[0] or ""
        lines = [line.split(" ", 5) for line in text.splitlines()]
        recent = (len(lines), sum(int(line[1]) for line in lines), sum(int(line[4]) for line in lines))
        tally = tuple(row[1:4])
        return cls(text, tuple(a - b for a, b in zip(tally, recent, strict=True)), tally, tuple(row[4:6]))


@dataclass(frozen=True, slots=True)
class Survey:
    """A reading's facts. ``watches`` is keyed by (catalog, catalog of the owner of its rows)."""

    watches: Mapping[tuple[str, str], Watch]
    depends: Depends
    #: Fingerprint of all catalogs whose change asks for a full reading.
    rare: str
    #: Id of the transaction in which it was read, if that had written anything: its changes may yet be rolled back.
    transaction: int | None
    #: Something may be missing that a rollback in that transaction would bring back.
    dropped: bool

    @classmethod
    def take(cls, statements: Statements, since_xid: int | None = None) -> Survey:
        """Read the facts; recent are the rows of ``since_xid`` and later (None: those of this very transaction)."""
        # age() counts back from this transaction's id, if it has one, else from the next one to be given.
        age = "0" if since_xid is None else f"pg_catalog.age('{since_xid % 2**32}'::pg_catalog.xid)"
        calls = [
            statements.plain("transaction"),
            statements.since("survey", age),
            statements.since("depend_survey", age),
        ]
        # Planned for this once, where it will be long until the next time.
        found = statements.run([*calls, statements.plain("fingerprint")], keep=since_xid is not None)
        (transaction,) = found[0][0]
        watches = {
            (row[0], row[1]): Watch(
                frozenset(row[2] or ()), tuple(row[3] or ()), row[6], (row[4], row[5]), row[7] or ""
            )
            for row in found[1]
        }
        return cls(watches, Depends.of(found[2][0]), found[3][0][0] or "", transaction, transaction is not None)


@dataclass(frozen=True, kw_only=True)
class SurveyedSnapshot(Snapshot):
    """A snapshot that a later reading can start from."""

    survey: Survey | None = field(default=None, compare=False, repr=False)
    #: All that is read again together: a relation with what hangs on it, a type with its attributes, a routine.
    units: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict, compare=False, repr=False)
    #: pg_depend's rows that were old, and all of them, as text; aliases likewise (see ``edges.py``).
    depend_texts: tuple[str, str] = field(default=("", ""), compare=False, repr=False)
    alias_text: str = field(default="", compare=False, repr=False)
    members: Mapping[Address, Address] = field(default_factory=dict, compare=False, repr=False)
    member_catalogs: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    classes: Mapping[int, str] = field(default_factory=dict, compare=False, repr=False)


def units_of(objects: Mapping[Address, CatalogObject]) -> dict[Address, tuple[Address, ...]]:
    """Objects by what they hang on (or by themselves)."""
    found: dict[Address, list[Address]] = {}
    for address, obj in objects.items():
        found.setdefault(obj.parent or address, []).append(address)
    return {unit: tuple(members) for unit, members in found.items()}
