"""What an upgrade has to keep so that its downgrade can give every row back, at the least cost; and where that gives it back.

A dropped or emptied table is kept whole, a dropped or retyped column as a column, and rows that are written are caught as they
are written. A column that tells rows apart must live through the upgrade; where none does, the table is kept whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import is_

from alembic_safety.downgrade.statement import DataNeed, Statement, Synthesis
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.quarantine import call

#: At so many places among the statements rows are tried to be given back before giving up.
_MOST_PLACES = 8


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

    def calls(self) -> Iterator[str]:
        """The operations that keep it, without ``op.``."""
        key = f", key={list(self.key)!r}".replace("'", '"') if self.key is not None else ""
        if self.whole:
            yield f"preserve_table({_text(self.table)}{key})"
            return
        if self.columns:
            yield f"preserve_columns({_text(self.table)}, [{', '.join(map(_text, self.columns))}]{key})"
        if self.rows:
            yield f"preserve_rows({_text(self.table)}{key}{', rewritten=True' if self.rewritten else ''})"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an upgrade keeps, and the statements of a downgrade that gives it back."""

    #: The operations of the block at the start of ``upgrade()``, without ``op.``.
    block: tuple[str, ...]
    statements: tuple[Statement, ...]


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


def plans(seen: Seen) -> Iterator[Plan]:
    """Ways to keep and give back, the cheapest first; none where there is nothing to keep."""
    keeps, sequences = _Finder(seen).found()
    if not keeps and not sequences:
        return
    whole = [_as_whole(seen, keep) for keep in keeps]
    for chosen, most in ((keeps, _MOST_PLACES), (whole, 2)):
        if chosen is whole and whole == keeps:
            return
        ways = list(_ways(seen, chosen, most))
        block = tuple(_block(seen, chosen, sequences))
        for place, clear in ways:
            yield Plan(block=block, statements=tuple(_statements(seen, chosen, sequences, place, clear=clear)))
        emptied = _without_casts(seen)
        for place, clear in ways if emptied is not seen else ():
            yield Plan(block=block, statements=tuple(_statements(emptied, chosen, sequences, place, clear=clear)))


def _ways(seen: Seen, keeps: Sequence[Keep], most: int) -> Iterator[tuple[int, bool]]:
    """Places to give rows back at, and whether values that the old type may not hold are taken away before."""
    retyped = any(n.what in ("type", "labels") and n.lost_by == "upgrade" for n in seen.synthesis.data_needs)
    retyped = retyped or any(True for _ in _converted(seen))
    places = _places(seen, keeps)[:most]
    if not retyped:
        yield from ((place, False) for place in places)
        return
    yield places[0], False
    yield from ((place, True) for place in places)


def _without_casts(seen: Seen) -> Seen:
    """With NULL in the place of values of a new column that took the name of a dropped one; those of the old one come back.

    The values of the new one need not be such that the old type can hold them. The same object where there is no such column.
    """
    dropped = {n.subject for n in seen.synthesis.data_needs if n.what == "column" and n.lost_by == "upgrade"}
    found = list(seen.synthesis.statements)
    for number, one in enumerate(seen.synthesis.statements):
        column = seen.after.by_identity.get(("column", one.subject))
        words, _, new_type = one.sql.partition(" TYPE ")
        if column is None or one.kind != "column" or one.subject not in dropped or " USING " not in new_type:
            continue
        start = (
            f"{words} DROP NOT NULL, {words[words.rindex(' ALTER COLUMN ') + 1 :]}"
            if column.props["not_null"]
            else words
        )
        found[number] = replace(one, sql=f"{start} TYPE {new_type.partition(' USING ')[0]} USING NULL")
        if column.props["not_null"] and seen.before.by_identity["column", one.subject].props["not_null"]:
            found.append(replace(one, sql=f"{words} SET NOT NULL"))
    if len(found) == len(seen.synthesis.statements) and all(map(is_, found, seen.synthesis.statements)):
        return seen
    return replace(seen, synthesis=replace(seen.synthesis, statements=tuple(found)))


def _as_whole(seen: Seen, keep: Keep) -> Keep:
    if keep.whole:
        return keep
    key = _key(seen, keep.table, keep.columns)
    return Keep(table=keep.table, whole=True, key=key)


def _block(seen: Seen, keeps: Sequence[Keep], sequences: Sequence[DataNeed]) -> Iterator[str]:
    if seen.leaves:
        yield "expect_commits()"
    for keep in keeps:
        yield from keep.calls()
    for need in sequences:
        yield f"preserve_sequence({_text(need.subject)})"
    kept = {k.table for k in keeps if k.rows or k.whole}
    written = [t for t in sorted(seen.written) if t not in kept and _root(seen.before, t) not in kept]
    if written:
        yield f"expect_writes({', '.join(map(_text, written))})"


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
            elif need.what == "labels":
                for table, column in _columns_of_type(before, before.by_identity["enum", need.subject]):
                    self._column(table, column.name)
            elif need.what == "sequence":
                sequences.append(need)
        for column in _converted(self.seen):
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
        }
        sequences = [need for need in sequences if self._owner(need.subject) not in self.whole]
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
        self.columns.setdefault(table.identity, []).append(name)
        for heir in _heirs(self.seen.before, table):
            self.columns.setdefault(heir.identity, []).append(name)

    def _rows(self, name: str) -> None:
        """A partition's rows are its root's, unless partitions come or go."""
        before, after = self.seen.before, self.seen.after
        table = before.by_identity.get(("table", name))
        if table is None or name in self.whole:
            return
        root = before.by_identity[("table", _root(before, name))]
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
        if name in self.whole or "write" in self.seen.writes.get(name, ()):
            return Keep(table=name, whole=True)  # or triggers would not see what is written
        columns = tuple(dict.fromkeys(self.columns.get(name, ())))
        key = _key(self.seen, name, columns)
        if key == ():
            return Keep(table=name, whole=True, key=() if _has_key(self.seen, name) else None)
        return Keep(
            table=name,
            columns=columns,
            rows=name in self.rows,
            key=key,
            rewritten=name in self.seen.refiled and "truncate" not in self.seen.writes.get(name, ()),
        )


def _converted(seen: Seen) -> Iterator[CatalogObject]:
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


def _key(seen: Seen, name: str, changed: Collection[str]) -> tuple[str, ...] | None:
    """A key that lives through the upgrade: None where that is the first that the server would take, () where there is none."""
    before, after = seen.before, seen.after
    table = before.by_identity["table", name]
    columns = {c.name: c for c in before.children.get(table.address, ()) if c.kind == "column"}
    for number, names in enumerate(_keys(before, table, columns)):
        alive = all(
            column not in changed
            and (now := after.objects.get(columns[column].address)) is not None
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


def _root(side: Snapshot, name: str) -> str:
    table = side.by_identity.get(("table", name))
    while table is not None and table.props.get("partition_of"):
        name = str(table.props["partition_of"])
        table = side.by_identity.get(("table", name))
    return name


def _partitions(side: Snapshot, root: CatalogObject) -> list[CatalogObject]:
    return [t for t in side.of_kind("table") if _root(side, t.identity) == root.identity]


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


def _columns_of_type(side: Snapshot, kind: CatalogObject) -> Iterator[tuple[CatalogObject, CatalogObject]]:
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


# -- where it is given back ---------------------------------------------------------------------------------------------


def _places(seen: Seen, keeps: Sequence[Keep]) -> list[int]:
    """Where rows of tables that live through the upgrade may be given back among the statements, the likeliest first."""
    statements = seen.synthesis.statements
    if not any(k.rows or (k.whole and _lives(seen, k.table)) for k in keeps):
        return [len(statements)]
    lowest = max([_column_place(seen, k) for k in keeps if not _is_dropped(seen, k)], default=0)
    tightening = [
        number
        for number, s in enumerate(statements)
        if number >= lowest
        and ((s.kind in ("constraint", "index") and s.action == "create") or "SET NOT NULL" in s.sql)
    ]
    every = sorted({lowest, *(n for n in range(lowest, len(statements) + 1))})
    return list(dict.fromkeys([*tightening[:1], len(statements), lowest, *every]))


def _is_dropped(seen: Seen, keep: Keep) -> bool:
    return keep.whole and not _lives(seen, keep.table)


def _lives(seen: Seen, name: str) -> bool:
    return seen.before.by_identity["table", name].address in seen.after.objects


def _column_place(seen: Seen, keep: Keep) -> int:
    """After the statements that make the columns what they were."""
    wanted = {f"{keep.table}.{name}" for name in (*keep.columns, *map(quote_ident, keep.columns))}
    places = [
        need.at
        for need in seen.synthesis.data_needs
        if need.lost_by == "upgrade" and (need.subject in wanted or need.subject.startswith(f"{keep.table}."))
    ]
    places += [
        number + 1
        for number, statement in enumerate(seen.synthesis.statements)
        if statement.kind == "column" and statement.subject in wanted and " TYPE " in statement.sql
    ]
    return max(places, default=0)


def _statements(
    seen: Seen, keeps: Sequence[Keep], sequences: Sequence[DataNeed], place: int, *, clear: bool
) -> Iterator[Statement]:
    """The downgrade with everything that gives something back."""
    given: dict[int, list[Statement]] = {}
    filled_at: dict[str, int] = {}
    together = []
    for keep in keeps:
        if _is_dropped(seen, keep):
            at = next(n.at for n in seen.synthesis.data_needs if n.what == "table" and n.subject == keep.table)
            given.setdefault(at, []).append(_restore(seen, "restore_table", [keep.table], _text(keep.table)))
        elif keep.rows or keep.whole:
            together.append(keep.table)
            filled_at[keep.table] = place
        else:
            filled_at[keep.table] = _column_place(seen, keep)
            listed = ", ".join(map(_text, keep.columns))
            words = f"{_text(keep.table)}, [{listed}]"
            given.setdefault(filled_at[keep.table], []).append(_restore(seen, "restore_columns", [keep.table], words))
    if together:
        words = ", ".join(map(_text, together))
        given.setdefault(place, []).append(_restore(seen, "restore_rows", together, words))
    for need in sequences:
        call_of = Statement(
            sql=call(seen.version_table, seen.revision, "restore_sequence", (need.subject,)),
            call=f"restore_sequence({_text(need.subject)})",
            kind="sequence",
            subject=need.subject,
            action="rows",
        )
        given.setdefault(need.at, []).append(call_of)
    # A column is made NOT NULL only when its values are there, which come with those of the table's last column.
    late = {
        number: filled_at[table]
        for number, statement in enumerate(seen.synthesis.statements)
        if statement.kind == "column" and statement.sql.endswith(" SET NOT NULL")
        for table in filled_at
        if statement.subject.startswith(f"{table}.") and number < filled_at[table]
    }
    for number, at in late.items():
        given[at].append(seen.synthesis.statements[number])
    first = _freed_first(seen) if any(keep.key == () for keep in keeps) else {}
    yield from first.values()
    yield _whole_step(seen, "begin_restore", clear=True) if clear else _whole_step(seen, "begin_restore")
    for number, statement in enumerate(seen.synthesis.statements):
        yield from given.get(number, ())
        if number not in late and number not in first:
            yield statement
    yield from given.get(len(seen.synthesis.statements), ())
    yield _whole_step(seen, "end_restore")


def _freed_first(seen: Seen) -> dict[int, Statement]:
    """Foreign keys that go anyhow and need nothing else to go before them, by place.

    Rows without a key are taken away when the restore begins, which what refers to them would forbid.
    """
    found = {}
    for number, statement in enumerate(seen.synthesis.statements):
        if statement.kind != "constraint" or statement.action != "drop":
            break
        constraint = seen.after.by_identity.get(("constraint", statement.subject))
        if constraint is not None and constraint.props["type"] == "foreign key":
            found[number] = statement
    return found


def _restore(seen: Seen, name: str, tables: Sequence[str], words: str) -> Statement:
    return Statement(
        sql=call(seen.version_table, seen.revision, "restore", (list(tables),)),
        call=f"{name}({words})",
        kind="table",
        subject=tables[0],
        action="rows",
    )


def _whole_step(seen: Seen, name: str, **options: bool) -> Statement:
    return Statement(
        sql=call(seen.version_table, seen.revision, name, tuple(options.values())),
        call=f"{name}({', '.join(f'{option}={value}' for option, value in options.items())})",
        kind="table",
        subject="",
        action="rows",
    )


def _text(value: str) -> str:
    """A Python literal, in double quotes where that needs no escapes."""
    return f'"{value}"' if '"' not in value and "\\" not in value and value.isprintable() else repr(value)
