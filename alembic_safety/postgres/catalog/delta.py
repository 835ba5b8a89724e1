"""A snapshot from an earlier one, reading again only what transactions changed since, and whose text that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.kinds import KINDS
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog.census import Census
from alembic_safety.postgres.catalog.edges import EdgeSet
from alembic_safety.postgres.catalog.finish import finish
from alembic_safety.postgres.catalog.queries import query
from alembic_safety.postgres.catalog.quiet import canonical_names
from alembic_safety.postgres.catalog.reader import (
    NOTHING_MORE,
    READING_ORDER,
    Exclusions,
    full,
    no_collection,
    read_comments,
    with_comments,
    without,
)
from alembic_safety.postgres.catalog.rows import PARENTS, build
from alembic_safety.postgres.catalog.statements import Statements
from alembic_safety.postgres.catalog.survey import Survey, SurveyedSnapshot
from alembic_safety.postgres.session import Session

#: A unit is read again as a whole: a relation with all that hangs on it, a type with its attributes or constraints, a routine.
UNITS = ("pg_class", "pg_type", "pg_proc")
#: Catalog of the unit that a kind belongs to.
UNIT_OF: Mapping[str, str] = {kind: PARENTS.get(kind, fact.catalog) for kind, fact in KINDS.items()}
#: Catalogs whose rows can go without a trace in a row that stays, and the mark of a deletion is a list of what is left.
_DROPPABLE = (
    "pg_class",
    "pg_type",
    "pg_proc",
    "pg_constraint",
    "pg_trigger",
    "pg_rewrite",
    "pg_policy",
    "pg_statistic_ext",
)

#: Letter of relkind, typtype or prokind of what cannot become anything else.
_LETTER_OF: Mapping[str, str] = {
    "table": "r", "view": "v", "materialized_view": "m", "foreign_table": "f", "sequence": "S",
    "enum": "e", "domain": "d", "range": "r", "composite": "c",
}  # fmt: skip


class _BeyondError(Exception):
    """Something changed that only a full reading follows."""


def read_delta(session: Session, base: Snapshot, since_xid: int, exclude: Exclusions = NOTHING_MORE) -> Snapshot:
    """What ``read_snapshot`` would give now, where ``base`` is an earlier snapshot of the same database.

    All changes since ``base`` must be by transactions whose id (32 bits, as in ``xmin``) is ``since_xid`` or later, rolled-back
    ones included: the id of the transaction that the changes run in is right, whatever savepoints they use, because
    subtransactions get later ids. Ids are compared as PostgreSQL does, modulo 2^32. Changes of rare kinds of objects, and a
    ``base`` that was not read by this module, cost a full reading. Same demands on the session as ``read_snapshot``; it keeps
    prepared statements named ``alembic_safety_*``.
    """
    with canonical_names(session) as prepared, no_collection():
        version = base.server_version
        statements = Statements(session, version // 10000, prepared)
        if not isinstance(base, SurveyedSnapshot) or base.survey is None:
            return full(statements, version, exclude, follow=True)
        survey = Survey.take(statements, since_xid)
        try:
            return _Delta(statements, base, survey, since_xid, exclude).snapshot()
        except _BeyondError:
            return full(statements, version, exclude, follow=True)


class _Delta:
    def __init__(
        self, statements: Statements, base: SurveyedSnapshot, survey: Survey, since_xid: int, exclude: Exclusions
    ) -> None:
        assert base.survey is not None
        self.statements = statements
        self.base = base
        self.before = base.survey
        self.survey = survey
        self.exclude = exclude
        self.objects = dict(base.objects)
        self.units = dict(base.units)
        # Whether everything that base saw is committed for good.
        mine = base.survey.transaction
        self.settled = mine is None or (survey.transaction != mine and _later(since_xid, mine))
        self.dropped = not self.settled and base.survey.dropped
        #: Letters of the recent rows of units.
        self._kinds: dict[Address, str] | None = None
        #: Units to be read again, and those that have been.
        self.pending: set[Address] = set()
        self.done: set[Address] = set()

    def snapshot(self) -> SurveyedSnapshot:
        if self.survey.rare != self.before.rare or self.survey.depends.members != self.before.depends.members:
            raise _BeyondError
        self._find_changed()
        while self.pending:
            self._propagate(self._read_pending())
        self._comments()
        texts, aliases = self._dependencies()
        return replace(
            self.base,
            objects=self.objects,
            edges=EdgeSet(texts[1], aliases, self.base.classes, self.objects, self.base.members),
            survey=replace(self.survey, dropped=self.dropped),
            depend_texts=texts,
            alias_text=aliases,
            units=self.units,
        )

    # -- what changed -------------------------------------------------------------------------------------------------------

    def _find_changed(self) -> None:
        for key, watch in self.survey.watches.items():
            catalog, unit = key
            before = self.before.watches[key]
            if unit not in UNITS:
                continue
            # What was recent at base, and may have been rolled back since, is looked at again.
            for oid in watch.recent if self.settled else watch.recent | before.recent:
                self._add(Address(unit, oid))
            if (catalog in _DROPPABLE or catalog == "pg_inherits") and watch.lost_or_regained(before):
                self._find_dropped(catalog)
        for line in self.survey.depends.text.splitlines():
            classid, objid, rest = line.split(" ", 2)
            name = self.base.classes.get(int(classid))
            # Row types and array types belong to their table or element.
            if name in UNITS and not (name == "pg_type" and rest.endswith(" i")):
                self._add(Address(name, int(objid)))

    def _find_dropped(self, catalog: str) -> None:
        if self.before.dropped and not self.settled:
            raise _BeyondError  # what was dropped at base may have come back: only a full reading tells
        self.dropped = True
        if catalog == "pg_inherits":
            for obj in self.base.objects.values():
                if any(obj.props.get(name) for name in ("partition_of", "inherits", "attached_to")):
                    self._add(obj.address)
        else:
            left = {
                r[0] for r in self.statements.session.fetch(f"SELECT oid FROM pg_catalog.{catalog} WHERE oid >= 16384")
            }
            for address in self.base.objects:
                if address.catalog == catalog and address.oid not in left:
                    self._add(address)

    def _add(self, address: Address) -> None:
        """Have the unit that an object belongs to read again."""
        obj = self.objects.get(address)
        unit = obj.parent if obj is not None and obj.parent is not None else Address(address.catalog, address.oid)
        if unit.catalog not in UNITS or unit in self.base.members:
            raise _BeyondError
        if unit not in self.done:
            self.pending.add(unit)

    # -- reading again ------------------------------------------------------------------------------------------------------

    def _read_pending(self) -> set[Address]:
        """Read the pending units; the result is those among them that others may name."""
        statements = self.statements
        letters = self._letters()
        for (catalog, unit), watch in self.survey.watches.items():
            if catalog not in UNITS and (watch.all[0] or catalog not in _DROPPABLE):
                letters.setdefault(catalog, set()).update("td" if unit == "pg_type" else "tr")
        if letters.get("pg_class", set()) & set("rpm"):
            letters["pg_class"].add("i")  # an index is read with its table
        census = Census({catalog: frozenset(found) for catalog, found in letters.items()}, frozenset())
        units, self.pending = self.pending, set()
        self.done |= units
        old = {address: self.objects.pop(address) for unit in units for address in self.units.pop(unit, ())}
        comments = {address: obj.comment for address, obj in old.items() if obj.comment is not None}
        labels = {address: obj.labels for address, obj in old.items() if obj.labels}
        fresh: dict[Address, list[Address]] = {}
        wanted = {catalog: {unit.oid for unit in units if unit.catalog == catalog} for catalog in UNITS}
        kinds = [kind for kind in READING_ORDER if wanted.get(UNIT_OF[kind]) and census.has(kind)]
        members = self.base.member_catalogs
        calls = [statements.only(kind, wanted[UNIT_OF[kind]], members=KINDS[kind].catalog in members) for kind in kinds]
        for kind, rows in zip(kinds, statements.run(calls), strict=True):
            for obj in build(query(kind, statements.major), rows, self.objects, comments, labels):
                if not self.exclude.apply(obj):
                    self.objects[obj.address] = obj
                    fresh.setdefault(obj.parent or obj.address, []).append(obj.address)
        self.units.update((unit, tuple(members)) for unit, members in fresh.items())
        finish(self.objects, [unit for unit in units if unit in self.objects], self.units)
        return {
            unit
            for unit in units
            if self._names(unit, self.base.units, self.base.objects) != self._names(unit, self.units, self.objects)
        }

    def _letters(self) -> dict[str, set[str]]:
        """What kinds of rows the pending units are, by catalog; the type of a composite type's relation becomes a unit, too."""
        letters: dict[str, set[str]] = {}
        if self._kinds is None:
            self._kinds = {
                Address(catalog, oid): letter
                for survey in (self.before, self.survey)
                for catalog in UNITS
                for watch in (survey.watches[catalog, catalog],)
                for oid, letter in zip(watch.keys, watch.letters, strict=True)
            }
        unknown = []
        # Composite types' relations are the only ones that are known by another address.
        composites = self.base.alias_text.startswith("pg_class ") or "\npg_class " in self.base.alias_text
        for unit in self.pending:
            letter = self._kinds.get(unit)
            known = self.base.objects.get(unit)
            if letter is None and known is not None:
                letter = _LETTER_OF.get(known.kind)
            if letter is None and unit.catalog == "pg_class" and not composites:
                continue  # a TOAST table or its index, what we leave out, or nothing any more
            if letter is None or (unit.catalog == "pg_class" and letter == "c"):
                unknown.append(unit.oid)
            else:
                letters.setdefault(unit.catalog, set()).add(letter)
        if unknown:
            for catalog, oid, letter, composite in self.statements.rows(self.statements.only("unit_kinds", unknown)):
                if Address(catalog, oid) not in self.pending:
                    continue
                letters.setdefault(catalog, set()).add(letter)
                if composite is not None:
                    self.pending.add(Address("pg_type", composite))
                    letters.setdefault("pg_type", set()).add(letter)
        return letters

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

    def _propagate(self, renamed: set[Address]) -> None:
        """Have read again whatever may name these units."""
        known = [
            unit for unit in renamed if unit in self.base.units
        ]  # nothing that is not changed itself names a new one
        if not known:
            return
        grown = {unit for unit in known if self._only_grown(unit)}
        wider = {address.oid for unit in known if unit not in grown for address in (unit, *self.base.units[unit])}
        if wider:
            for catalog, oid, _ in self.statements.rows(self.statements.only("dependents", wider)):
                self._again(Address(catalog, oid))
        if grown:
            # A new column is named by nobody, but in a query that joins with USING it can make an alias necessary.
            for catalog, oid, of in self.statements.rows(
                self.statements.only("dependents", {unit.oid for unit in grown})
            ):
                if of in ("pg_rewrite", "pg_proc"):
                    self._again(Address(catalog, oid))

    def _again(self, address: Address) -> None:
        if address not in self.done:
            self._add(address)

    def _only_grown(self, unit: Address) -> bool:
        now = self._names(unit, self.units, self.objects)
        return unit.catalog == "pg_class" and all(
            now.get(address) == shown
            for address, shown in self._names(unit, self.base.units, self.base.objects).items()
        )

    def _comments(self) -> None:
        key = ("pg_description", "pg_description")
        now, before = self.survey.watches[key], self.before.watches[key]
        if now.recent or (before.recent and not self.settled) or now.all != before.all:
            comments, _ = read_comments(self.statements)
            with_comments(self.objects, comments)

    def _dependencies(self) -> tuple[tuple[str, str], str]:
        """Texts of old and of all rows of pg_depend, and of aliases."""
        now, before = self.survey.depends, self.before.depends
        recent = self.survey.depends.text
        if self.settled and now.old == before.all:
            old = self.base.depend_texts[1]
        elif now.old == before.old:
            old = self.base.depend_texts[0]
        else:
            edges, all_aliases = self.statements.run([self.statements.all("edges"), self.statements.all("aliases")])
            return without(edges[0][0] or "", recent), all_aliases[0][0] or ""
        if not recent:
            return (old, old), self.base.alias_text
        oids = {int(line.split(" ", 2)[1]) for line in recent.splitlines()}
        added = self.statements.rows(self.statements.only("aliases", oids))[0][0]
        aliases = "\n".join(text for text in (self.base.alias_text, added) if text)
        return (old, "\n".join(text for text in (old, recent) if text)), aliases


def _later(xid: int, than: int) -> bool:
    """Whether one transaction id is after another, modulo 2^32."""
    return 0 < (xid - than) % 2**32 < 2**31
