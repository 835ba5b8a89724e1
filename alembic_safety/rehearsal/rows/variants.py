"""Which rows an upgrade is rehearsed on: the hardest that it accepts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from alembic_safety.rehearsal.rows.amends import Amend
from alembic_safety.rehearsal.rows.records import GENERATED, NONE, PLAIN


@dataclass(frozen=True)
class Variant:
    """A kind of rows, and where there are how many."""

    kind: str
    #: Whether those that the upgrade can't accept are taken out.
    fitted: bool = False
    #: Tables that get none.
    without: frozenset[str] = frozenset()
    #: Rows of each table at most; 0: as many as were asked for.
    few: int = 0
    #: Whether no two tables refer to the same row of a third one.
    apart: bool = False
    #: Whether every column that takes NULL holds it.
    bare: bool = False
    #: Columns that hold what the upgrade was seen to read there.
    amends: tuple[Amend, ...] = ()

    @property
    def is_milder(self) -> bool:
        """Whether something is missing that a table in use may hold."""
        return self.kind in (PLAIN, NONE) or bool(self.without or self.few or self.apart or self.bare)

    @property
    def name(self) -> str:
        """As reports and certificates have it."""
        words = [self.kind]
        if self.few:
            words.append(f"{self.few} a table")
        if self.apart:
            words.append("no two tables referring to the same row")
        if self.bare:
            words.append("NULL wherever it may be")
        words += [f"{one.table}.{one.column} as {one.type}" for one in self.amends]
        if self.without:
            words.append(f"none in {', '.join(sorted(self.without))}")
        return ", ".join(words)


EMPTY = Variant(NONE)


def first_variants(own: str, rows: int, *, demanding: bool) -> Iterator[Variant]:
    """What is tried in turn until the upgrade accepts it; ``EMPTY`` always is the last.

    :param own: rows that are there already, in the place of made ones.
    :param demanding: whether anything is known of what the upgrade demands.
    """
    if own:
        yield Variant(own)
    elif rows:
        yield Variant(GENERATED)
        if demanding:
            yield Variant(GENERATED, fitted=True)
        yield Variant(PLAIN, fitted=True)
    yield EMPTY


def amended_variants(amends: tuple[Amend, ...]) -> Iterator[Variant]:
    """The first once more, with other values in the columns of which the upgrade reads something else."""
    yield Variant(GENERATED, amends=amends)
    yield Variant(PLAIN, fitted=True, amends=amends)


def last_variants(
    rows: int,
    writes: Mapping[str, Collection[str]],
    used: Collection[str],
    filled: Mapping[str, int],
    held: frozenset[str] = frozenset(),
    emptied: frozenset[str] = frozenset(),
) -> Iterator[Variant]:
    """What is tried where the upgrade refused all of the first: fewer tables, fewer rows, rows that share nothing, then only tables that it reads.

    :param writes: what the upgrade did where there were no rows, verbs by table.
    :param used: tables that it uses in any way.
    :param filled: tables that the first rows were made for, and how many.
    :param emptied: those that have to be empty, whose rows may not go because others refer to them.
    :param held: those of them that held rows already: there may have to be as many as the migrations have written.
    """
    if emptied and filled.keys() - emptied:
        yield Variant(GENERATED, fitted=True, without=emptied)
        yield Variant(PLAIN, fitted=True, without=emptied)
    if held and filled.keys() - held:
        yield Variant(GENERATED, fitted=True, without=held)
        yield Variant(PLAIN, fitted=True, without=held)
    targets = frozenset(table for table, verbs in writes.items() if {"insert", "write"} & set(verbs))
    if targets & filled.keys():
        yield Variant(GENERATED, fitted=True, without=targets)
        yield Variant(PLAIN, fitted=True, without=targets)
    yield Variant(PLAIN, fitted=True, bare=True)
    for few in (3, 1):
        if few < rows:
            yield Variant(PLAIN, fitted=True, few=few)
            if targets & filled.keys():
                yield Variant(PLAIN, fitted=True, few=few, without=targets)
    yield Variant(PLAIN, fitted=True, apart=True)
    if targets & filled.keys():
        yield Variant(PLAIN, fitted=True, apart=True, without=targets)
    written = frozenset(writes) & filled.keys()
    if written and written != targets and frozenset(used) - written:
        yield Variant(PLAIN, fitted=True, without=written)


def unreferred_variants(referring: frozenset[str]) -> Iterator[Variant]:
    """What is tried at the very end where rows of some tables kept the upgrade from deleting what they refer to."""
    if referring:
        yield Variant(GENERATED, fitted=True, without=referring)
        yield Variant(PLAIN, fitted=True, without=referring)
        yield Variant(PLAIN, fitted=True, without=referring, bare=True)
