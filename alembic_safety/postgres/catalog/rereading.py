"""Reading again what is known to have changed, unit by unit, and whatever may name it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.kinds import KINDS
from alembic_safety.postgres.catalog.finish import finish
from alembic_safety.postgres.catalog.followed import FollowedSnapshot
from alembic_safety.postgres.catalog.queries import query
from alembic_safety.postgres.catalog.reader import READING_ORDER, UNITS, Exclusions
from alembic_safety.postgres.catalog.rows import build
from alembic_safety.postgres.catalog.statements import Call, Statements
from alembic_safety.postgres.catalog.units import KINDS_OF, known_kinds

#: Catalogs of what may hold a query.
_QUERIES = frozenset({"pg_rewrite", "pg_proc", "pg_policy"})


class BeyondError(Exception):
    """Something changed that only a full reading follows."""


class Rereading:
    """The objects of a base, brought up to date where they are said to have changed."""

    def __init__(self, statements: Statements, base: FollowedSnapshot, exclude: Exclusions) -> None:
        self.statements = statements
        self.base = base
        self.exclude = exclude
        self.objects = dict(base.objects)
        self.units = dict(base.units)
        #: Units to be read again, those that have been, and the objects that these had or have.
        self.pending: set[Address] = set()
        self.done: set[Address] = set()
        self.changed: set[Address] = set()
        #: Rows that are asked for along with others, before it is known whether they are needed: new rows of pg_depend as text, the aliases
        #: among what these are about, and what depends on a unit.
        self.depends: str | None = None
        self.aliases: str | None = None
        self.dependents: dict[Address, list[tuple[Any, ...]]] = {}
        #: Catalogs that this session has written rows to since the base, as its counts tell; None: others may have, too.
        self.written: frozenset[str] | None = None
        #: relkind, typtype or prokind of units, as far as it was told.
        self.letters: dict[Address, str] = {}
        #: Of relations that have only got something, as far as is known: the kinds of what is to be read again besides the relation and its columns.
        self.partly: dict[Address, set[str]] = {}
        #: Those of which not all was read.
        self.incomplete: set[Address] = set()
        #: Whether there will be more to ask when all units have been read.
        self.is_to_go_on = True

    def add(self, address: Address, parts: Collection[str] | None = None) -> None:
        """Have the unit that an object belongs to read again. Raises BeyondError.

        :param parts: the kinds of what has changed in it, where it lost nothing; None: any may have.
        """
        obj = self.objects.get(address)
        unit = obj.parent if obj is not None and obj.parent is not None else Address(address.catalog, address.oid)
        if unit.catalog not in UNITS or unit in self.base.members:
            raise BeyondError
        if unit in self.done and (parts is not None or unit not in self.incomplete):
            return
        self.done.discard(unit)
        if parts is None or unit.catalog != "pg_class" or unit not in self.base.units:
            self.partly.pop(unit, None)
        elif unit not in self.pending:
            self.partly[unit] = set(parts)
        elif unit in self.partly:
            self.partly[unit].update(parts)
        self.pending.add(unit)

    def remove(self, unit: Address) -> None:
        """Take out a unit that is gone, with all in it. What named it was changed before it could go, or went with it (pg_depend)."""
        self.pending.discard(unit)
        self.done.add(unit)
        for address in self.units.pop(unit, ()):
            del self.objects[address]
            self.changed.add(address)

    def read_pending(self) -> set[Address]:
        """Read the pending units; the result is those among them that others may name."""
        statements = self.statements
        kinds = self._kinds()
        units, self.pending = self.pending, set()
        partly = {unit: self.partly.pop(unit) for unit in units & self.partly.keys()}
        self.done |= units
        were = {unit: self.units.pop(unit, ()) for unit in units}
        kept = {unit: [a for a in were[unit] if self.objects[a].kind not in partly[unit]] for unit in partly}
        # One of which nothing was left has got more to read, too, if it has another name: that of a NOT NULL follows from it.
        self.incomplete = (self.incomplete - units) | kept.keys()
        old = {
            address: self.objects.pop(address)
            for unit, addresses in were.items()
            for address in set(addresses).difference(kept.get(unit, ()))
        }
        comments = {address: obj.comment for address, obj in old.items() if obj.comment is not None}
        labels = {address: obj.labels for address, obj in old.items() if obj.labels}
        fresh: dict[Address, list[Address]] = {}
        members = self.base.member_catalogs
        asked = [kind for kind in READING_ORDER if kind in kinds]
        calls = [statements.only(kind, kinds[kind], members=KINDS[kind].catalog in members) for kind in asked]
        if self.aliases is None and self.depends:
            calls.append(self.aliases_of_new())
        # Most changes are of one table, which has got something more (see propagate).
        known = units & self.base.units.keys()
        alone = next(iter(known)) if len(known) == 1 else None
        if alone is not None:
            # Of what has only grown the columns that were there name nothing new.
            calls.append(statements.only("dependents", {alone.oid} if alone in partly else self._all_of(alone)))
        found = statements.run(calls, closing=not self.is_to_go_on and len(known) <= 1)
        if alone is not None:
            self.dependents[alone] = found.pop()
        if len(found) > len(asked):
            self.aliases = found.pop()[0][0] or ""
        for kind, rows in zip(asked, found, strict=True):
            for obj in build(query(kind, statements.major), rows, self.objects, comments, labels):
                if not self.exclude.apply(obj):
                    self.objects[obj.address] = obj
                    fresh.setdefault(obj.parent or obj.address, []).append(obj.address)
        self.changed.update(old)
        self.changed.update(address for members in fresh.values() for address in members)
        finish(self.objects, [unit for unit in units if unit in self.objects], fresh)
        self.units.update((unit, (*members, *kept.get(unit, ()))) for unit, members in fresh.items())
        renamed = {
            unit
            for unit in units
            if self._names(unit, self.base.units, self.base.objects) != self._names(unit, self.units, self.objects)
        }
        for unit in [unit for unit in renamed & self.incomplete if not self._only_grown(unit)]:
            # It is not as it seemed: what was kept may name what has another name now.
            renamed.remove(unit)
            self.dependents.pop(unit, None)
            self.add(unit)
        return renamed

    def _kinds(self) -> dict[str, set[int]]:
        """OIDs of the pending units by the kinds of rows that they have; an index or the like is replaced by its unit."""
        kinds: dict[str, set[int]] = {}
        if self.written is not None:
            for unit, parts in self.partly.items():
                kind = self.base.objects[unit].kind
                parts.update((kind,) if kind == "sequence" else (kind, "column"))
            known = known_kinds(self.pending, self.base, self.written, self.letters, self.partly)
            if known is not None:
                return known
        self.partly.clear()
        asked = set(self.pending)
        found = self.statements.run([self.statements.only("units", {unit.oid for unit in asked})])
        for catalog, oid, unit_catalog, unit_oid, letter, hanging in found[0]:
            if Address(catalog, oid) not in asked:
                continue
            unit = Address(unit_catalog, unit_oid)
            if unit in self.done:
                continue
            self.pending.add(unit)
            for kind in hanging.split() + KINDS_OF.get((unit_catalog, letter), []):
                kinds.setdefault(kind, set()).add(unit_oid)
        return kinds

    def _names(
        self, unit: Address, units: Mapping[Address, tuple[Address, ...]], objects: Mapping[Address, CatalogObject]
    ) -> dict[Address, tuple[object, ...]]:
        """What the text of other objects may show of a unit."""
        shown: dict[Address, tuple[object, ...]] = {}
        for address in units.get(unit, ()):
            obj = objects[address]
            if unit.catalog == "pg_class":
                shown[address] = (obj.identity, obj.props.get("type") if obj.kind == "column" else None)
            elif unit.catalog == "pg_proc":
                shown[address] = (obj.identity, obj.props.get("arguments"))
            else:
                shown[address] = (obj.identity, obj.props)
        return shown

    def propagate(self, renamed: set[Address]) -> None:
        """Have read again whatever may name these units. Raises BeyondError."""
        known = [
            unit for unit in renamed if unit in self.base.units
        ]  # nothing that is not changed itself names a new one
        if not known:
            return
        if any(unit.catalog == "pg_namespace" and unit in self.objects for unit in known):
            raise BeyondError  # a schema has another name, and so has all that is in it
        grown = {unit for unit in known if self._only_grown(unit)}
        for units in (grown, set(known) - grown):
            unread = [unit for unit in units if unit not in self.dependents]
            rows = [row for unit in units for row in self.dependents.get(unit, ())]
            if unread:
                oids = {oid for unit in unread for oid in self._all_of(unit)}
                rows += self.statements.rows(self.statements.only("dependents", oids))
            # A new column is named by nobody, but in a query that joins with USING it can make an alias necessary.
            self._again(row for row in rows if units is not grown or row[2] in _QUERIES)

    def _all_of(self, unit: Address) -> set[int]:
        return {address.oid for address in (unit, *self.base.units[unit])}

    def _again(self, dependents: Iterable[tuple[str, int, str]]) -> None:
        for catalog, oid, _ in dependents:
            address = Address(catalog, oid)
            if address in self.done - self.incomplete:
                continue
            # What this session has made is read anyway; others are tables' own (TOAST), or are left out.
            is_known = address in self.objects or address in self.base.objects or address in self.base.members
            if is_known or self.written is None or catalog not in UNITS:
                self.add(address)

    def _only_grown(self, unit: Address) -> bool:
        now = self._names(unit, self.units, self.objects)
        return unit.catalog == "pg_class" and all(
            now.get(address) == shown
            for address, shown in self._names(unit, self.base.units, self.base.objects).items()
        )

    def aliases_of_new(self) -> Call:
        """Asks for the aliases among what new rows of pg_depend are about."""
        return self.statements.only(
            "aliases", {int(line.split(" ", 2)[1]) for line in (self.depends or "").splitlines()}
        )
