"""What an upgrade has to keep so that its downgrade can give every row back, at the least cost.

A dropped or emptied table is kept whole, a dropped or retyped column as a column, and rows that are written are caught as they
are written. A column that tells rows apart must live through the upgrade; where none does, the table is kept whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alembic_safety.downgrade.statement import DataNeed, Synthesis
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Keep:
    """What is kept of one table."""

    table: str
    whole: bool = False
    columns: tuple[str, ...] = ()
    rows: bool = False
    #: Columns that tell rows apart, where it is not what the server would take first; None: that.
    key: tuple[str, ...] | None = None
    #: The table's file is expected to be another afterwards, although nothing was truncated.
    rewritten: bool = False
    #: A new table has taken its name, and the downgrade makes that one what this was.
    replaced: bool = False

    def calls(self) -> Iterator[str]:
        """The operations that keep it, without ``op.``."""
        key = f", key={list(self.key)!r}".replace("'", '"') if self.key is not None else ""
        if self.whole:
            yield f"preserve_table({text_literal(self.table)}{key}{', replaced=True' if self.replaced else ''})"
            return
        if self.columns:
            yield f"preserve_columns({text_literal(self.table)}, [{', '.join(map(text_literal, self.columns))}]{key})"
        if self.rows:
            yield f"preserve_rows({text_literal(self.table)}{key}{', rewritten=True' if self.rewritten else ''})"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a rehearsal saw an upgrade do to rows."""

    before: Snapshot
    after: Snapshot
    synthesis: Synthesis
    #: Verbs by table, of tables whose rows it changes.
    writes: Mapping[str, Sequence[str]]
    #: Tables that it may have written to in any way.
    written: Collection[str] = ()
    #: Tables whose rows are in another file than before.
    refiled: Collection[str] = ()
    #: The version table as SQL writes it, and the revision.
    version_table: str = "alembic_version"
    revision: str = ""
    #: Whether it commits before its end.
    leaves: bool = False
    #: Tables whose rows a downgrade of the schema alone was seen not to give back, and whether it didn't run on rows at all.
    lost: Collection[str] = ()
    stopped: bool = False


def found_keeps(seen: Seen) -> tuple[list[Keep], list[DataNeed]]:
    """Tables to keep something of, parents before what refers to them, and sequences to keep by themselves."""
    return _Finder(seen).found()


def as_whole(seen: Seen, keep: Keep) -> Keep:
    """The same table, kept whole."""
    if keep.whole:
        return keep
    return Keep(table=keep.table, whole=True, key=surviving_key(seen, keep.table, keep.columns))


@dataclass
class _Finder:
    """Goes through what was seen."""

    seen: Seen
    whole: set[str] = field(default_factory=set)
    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)

    def found(self) -> tuple[list[Keep], list[DataNeed]]:
        """Tables, parents before what refers to them, and sequences that belong to no table."""
        before = self.seen.before
        sequences = []
        for need in self.seen.synthesis.data_needs:
            if need.lost_by != "upgrade":
                continue
            if need.what == "table":
                self.whole.add(need.subject)
            elif need.what in ("column", "type"):
                column = before.by_identity["column", need.subject]
                self._column(before.objects[column.parent], column.name)  # type: ignore[index]
            elif need.what in ("labels", "attributes"):
                kind = "enum" if need.what == "labels" else "composite"
                for table, column in columns_of_type(before, before.by_identity[kind, need.subject]):
                    self._column(table, column.name)
            elif need.what in ("sequence", "position"):
                sequences.append(need)
        for column in converted_columns(self.seen):
            self._column(before.objects[column.parent], column.name)  # type: ignore[index]
        for name in self.seen.writes:
            self._rows(name)
        for name in _followers(before, self.seen.writes):
            self._rows(name)
        # Rewritten by a change of type that is none for the catalog (USING).
        self.whole |= {
            name
            for name in set(self.seen.lost) - set(self.columns) - self.rows
            if (found := before.by_identity.get(("table", name))) is not None
            and found.address in self.seen.after.objects
            and root_of(before, name) not in self.rows | set(self.columns)  # a partition's rows are kept there
        }
        sequences = [need for need in sequences if self._owner(need.subject) not in self.whole | self.rows]
        names = self.whole | set(self.columns) | self.rows
        return [self._keep(name) for name in _parents_first(before, names)], sequences

    def _owner(self, sequence: str) -> str:
        """The table whose rows its positions go with; '' where there is none."""
        owned_by = self.seen.before.by_identity["sequence", sequence].props["owned_by"]
        column = self.seen.before.by_identity.get(("column", str(owned_by))) if owned_by else None
        return (
            self.seen.before.objects[column.parent].identity if column is not None and column.parent is not None else ""
        )

    def _column(self, table: CatalogObject, name: str) -> None:
        """A partition's values are its root's, unless it leaves that."""
        before, now = self.seen.before, self.seen.after.objects.get(table.address)
        above = before.objects.get(before.by_identity["table", root_of(before, table.identity)].address)
        if (
            now is not None
            and above is not None
            and now.props["partition_of"]
            and above.address in self.seen.after.objects
        ):
            table = above
        self.columns.setdefault(table.identity, []).append(name)
        for heir in _heirs(self.seen.before, table):
            self.columns.setdefault(heir.identity, []).append(name)

    def _rows(self, name: str) -> None:
        """A partition's rows are its root's, unless partitions come or go."""
        before, after = self.seen.before, self.seen.after
        table = before.by_identity.get(("table", name))
        if table is None or name in self.whole:
            return
        root = before.by_identity[("table", root_of(before, name))]
        tree = _partitions(before, root)
        if all(one.address in after.objects for one in tree) and len(tree) == len(
            _partitions(after, after.objects[root.address])
        ):
            self.rows.add(root.identity)
        else:
            self.rows |= (
                {one.identity for one in tree if one.address in after.objects and not one.props["partition_key"]}
                if (table.props["partition_key"])
                else {name}
            )
        self.rows |= {heir.identity for heir in _heirs(before, table)}

    def _keep(self, name: str) -> Keep:
        if is_replaced(self.seen, name):
            return Keep(table=name, whole=True, key=surviving_key(self.seen, name, ()), replaced=True)
        if name in self.whole or "write" in self.seen.writes.get(name, ()):
            return Keep(table=name, whole=True)  # or triggers would not see what is written
        columns = tuple(dict.fromkeys(self.columns.get(name, ())))
        key = surviving_key(self.seen, name, columns)
        if key == ():
            return Keep(table=name, whole=True, key=() if _has_key(self.seen, name) else None)
        return Keep(
            table=name,
            columns=columns,
            rows=name in self.rows,
            key=key,
            rewritten=name in self.seen.refiled and "truncate" not in self.seen.writes.get(name, ()),
        )


def converted_columns(seen: Seen) -> Iterator[CatalogObject]:
    """Columns whose type holds all old values, and whose values were changed nevertheless (USING)."""
    for column in seen.before.of_kind("column"):
        now = seen.after.objects.get(column.address)
        table = seen.before.objects.get(column.parent) if column.parent is not None else None
        if now is None or table is None or table.kind != "table" or now.props["type"] == column.props["type"]:
            continue
        if (seen.stopped or table.identity in seen.lost) and not column.props["generated"]:
            yield column


def _followers(side: Snapshot, writes: Mapping[str, Sequence[str]]) -> list[str]:
    """Tables that a foreign key may write to along with those that are written, though no generated row made it do so."""
    found: list[str] = []
    waiting = [(name, set(verbs)) for name, verbs in writes.items()]
    while waiting:
        name, verbs = waiting.pop()
        for constraint in side.of_kind("constraint"):
            if constraint.props["type"] != "foreign key" or constraint.props["references"] != name:
                continue
            text = str(constraint.props["definition"])
            cascades = "ON DELETE CASCADE" in text and "delete" in verbs
            changes = ("ON DELETE SET" in text and "delete" in verbs) or ("ON UPDATE" in text and "update" in verbs)
            here = side.objects[constraint.parent].identity if constraint.parent in side.objects else None  # type: ignore[index]
            if here is not None and here not in found and (cascades or changes):
                found.append(here)
                waiting.append((here, {"delete"} if cascades else {"update"}))
    return found


def is_replaced(seen: Seen, name: str) -> bool:
    """Whether a table was dropped whose name a new one has taken, which the downgrade makes what that was instead of making it anew."""
    old, new = (side.by_identity.get(("table", name)) for side in (seen.before, seen.after))
    if old is None or new is None or old.address in seen.after.objects:
        return False
    return not any((s.kind, s.subject, s.action) == ("table", name, "create") for s in seen.synthesis.statements)


def surviving_key(seen: Seen, name: str, changed: Collection[str]) -> tuple[str, ...] | None:
    """A key that lives through the upgrade: None where that is the first that the server would take, () where there is none."""
    before, after = seen.before, seen.after
    table = before.by_identity["table", name]
    columns = {c.name: c for c in before.children.get(table.address, ()) if c.kind == "column"}
    replaced = is_replaced(seen, name)

    def after_of(column: CatalogObject) -> CatalogObject | None:
        return after.by_identity.get(("column", column.identity)) if replaced else after.objects.get(column.address)

    for number, names in enumerate(_keys(before, table, columns)):
        alive = all(
            column not in changed
            and (now := after_of(columns[column])) is not None
            and now.props["type"] == columns[column].props["type"]
            for column in names
        )
        if alive:
            return None if number == 0 else names
    return ()


def _has_key(seen: Seen, name: str) -> bool:
    table = seen.before.by_identity["table", name]
    columns = {c.name: c for c in seen.before.children.get(table.address, ()) if c.kind == "column"}
    return bool(_keys(seen.before, table, columns))


def _keys(side: Snapshot, table: CatalogObject, columns: Mapping[str, CatalogObject]) -> list[tuple[str, ...]]:
    """Keys whose columns are all NOT NULL, the primary key first."""
    found = []
    for child in side.children.get(table.address, ()):
        if child.kind != "constraint" or child.props["type"] not in ("primary key", "unique"):
            continue
        names = tuple(str(name) for name in child.props["columns"])
        plain = all(n in columns and columns[n].props["not_null"] and not columns[n].props["generated"] for n in names)
        if plain and "DEFERRABLE" not in str(child.props["definition"]):
            found.append((child.props["type"] != "primary key", len(names), names))
    return [names for _, _, names in sorted(found)]


def root_of(side: Snapshot, name: str) -> str:
    """The partitioned table that a partition belongs to in the end; the table itself where it is none."""
    table = side.by_identity.get(("table", name))
    while table is not None and table.props.get("partition_of"):
        name = str(table.props["partition_of"])
        table = side.by_identity.get(("table", name))
    return name


def _partitions(side: Snapshot, root: CatalogObject) -> list[CatalogObject]:
    return [t for t in side.of_kind("table") if root_of(side, t.identity) == root.identity]


def _heirs(side: Snapshot, table: CatalogObject) -> list[CatalogObject]:
    """Tables that inherit from a table and are no partitions, at any depth."""
    found: list[CatalogObject] = []
    waiting = [table.identity]
    while waiting:
        name = waiting.pop()
        for one in side.of_kind("table"):
            if name in (one.props.get("inherits") or ()) and one not in found:
                found.append(one)
                waiting.append(one.identity)
    return found


def columns_of_type(side: Snapshot, kind: CatalogObject) -> Iterator[tuple[CatalogObject, CatalogObject]]:
    """Columns of tables that hold values of a type, also within arrays, domains and composites."""
    known: set[Address] = {kind.address}
    waiting = [kind.address]
    while waiting:
        for user in sorted(side.needed_by.get(waiting.pop(), ())):
            obj = side.objects.get(user)
            if obj is None or user in known:
                continue
            known.add(user)
            if obj.kind == "column" and obj.parent is not None and side.objects[obj.parent].kind == "table":
                if not obj.props["generated"] and (obj.props["is_local"] or not obj.props["inherit_count"]):
                    yield side.objects[obj.parent], obj
            elif obj.kind in ("domain", "composite", "attribute", "range"):
                waiting.append(user)
                if obj.kind == "attribute" and obj.parent is not None and obj.parent not in known:
                    known.add(obj.parent)
                    waiting.append(obj.parent)


def _parents_first(side: Snapshot, names: Collection[str]) -> list[str]:
    """Tables in an order in which each comes after those that it refers to, as far as there is one."""
    refers: dict[str, set[str]] = {name: set() for name in names}
    for constraint in side.of_kind("constraint"):
        table = side.objects.get(constraint.parent) if constraint.parent is not None else None
        if constraint.props["type"] == "foreign key" and table is not None:
            here = table.identity
            there = str(constraint.props["references"])
            if here in refers and there in refers and here != there:
                refers[here].add(there)
    ordered: list[str] = []
    waiting = sorted(names)
    while waiting:
        free = [n for n in waiting if refers[n] <= set(ordered)] or waiting[:1]
        ordered += free
        waiting = [n for n in waiting if n not in free]
    return ordered


def text_literal(value: str) -> str:
    """A Python literal, in double quotes where that needs no escapes."""
    return f'"{value}"' if '"' not in value and "\\" not in value and value.isprintable() else repr(value)
