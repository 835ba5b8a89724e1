"""A snapshot from an earlier one, reading again only what transactions changed since, and whose text that changes."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from alembic_safety.model.catalog import Address
from alembic_safety.model.snapshot import Snapshot, Token
from alembic_safety.postgres.catalog.edges import EdgeSet
from alembic_safety.postgres.catalog.followed import FollowedSnapshot, UnreadEdges, carry_over
from alembic_safety.postgres.catalog.moment import FOLLOWED, Alone, Moment, Start
from alembic_safety.postgres.catalog.queries import recent_sections
from alembic_safety.postgres.catalog.quiet import MARK, canonical_names
from alembic_safety.postgres.catalog.reader import (
    NOTHING_MORE,
    Exclusions,
    comments_of,
    full,
    locks_of,
    member_tally,
    no_collection,
    with_comments,
    without,
)
from alembic_safety.postgres.catalog.rereading import BeyondError, Rereading
from alembic_safety.postgres.catalog.statements import NO_SUCH_STATEMENT, Call, Statements, kept_statements, plain
from alembic_safety.postgres.catalog.units import PARTS
from alembic_safety.postgres.session import Session, sqlstate

#: Catalogs whose rows can go without a trace in a row that stays.
_DROPPABLE = frozenset(
    {
        "pg_namespace", "pg_class", "pg_type", "pg_proc", "pg_constraint", "pg_trigger", "pg_rewrite", "pg_policy",
        "pg_statistic_ext",
    }
)  # fmt: skip
#: Schema public, the only object of a fresh database that is in a snapshot and may change like one of the user's.
_PUBLIC = 2200
#: With strong locks on more relations than this a catalog is as quickly read through.
_MOST_RELATIONS = 300
_ATTRIBUTES = "pg_attribute"
_DEPENDENCIES = "pg_depend"


class _OthersError(Exception):
    """Another transaction has committed meanwhile."""


def read_delta(
    session: Session,
    base: Snapshot,
    since_xid: int,
    exclude: Exclusions = NOTHING_MORE,
    *,
    start: Start | None = None,
    edges: bool = True,
    kept: set[str] | None = None,
    marking: bool = False,
) -> FollowedSnapshot:
    """What ``read_snapshot`` would give now, where ``base`` is an earlier snapshot of the same database.

    All changes since ``base`` must be by transactions whose id (32 bits, as in ``xmin``) is ``since_xid`` or later, rolled-back
    ones included: the id of the transaction that the changes run in is right, whatever savepoints they use, because
    subtransactions get later ids. Ids are compared as PostgreSQL does, modulo 2^32. Changes of rare kinds of objects, and a
    ``base`` that was not read by this module, cost a full reading. Same demands on the session as ``read_snapshot``; it keeps
    prepared statements named ``alembic_safety_*``.

    :param start: where this very session stood as its transaction began, with nothing changed between ``base`` and then. As long as no
        other transaction has committed since ``base``, only those catalogs are looked at that the session has written to (which it
        knows by the counts of PostgreSQL's statistics).
    :param edges: False spares the dependencies; the result's ``edges`` can't be asked then.
    :param kept: what the session keeps prepared for us, by the caller's memory, which is brought up to date; None: the server is asked.
    :param marking: leave a mark in the transaction (a setting that ends with it). A later reading within it that starts from this one looks
        only at what was changed in between, as long as the mark tells that nothing was rolled back to before this reading.
    """
    try:
        return _read_delta(session, base, since_xid, exclude, start, edges, kept, marking)
    except Exception as error:
        if not kept or sqlstate(error) != NO_SUCH_STATEMENT:
            raise
    kept.clear()
    kept.update(kept_statements(session))  # somebody has deallocated what we remembered
    return _read_delta(session, base, since_xid, exclude, start, edges, kept, marking)


def _read_delta(
    session: Session,
    base: Snapshot,
    since_xid: int,
    exclude: Exclusions,
    start: Start | None,
    edges: bool,
    kept: set[str] | None,
    marking: bool,
) -> FollowedSnapshot:
    version = base.server_version
    asked = [plain(name, version // 10000) for name in ("moment", "strong_locks")]
    known = kept is not None and all(call.kept_name in kept for call in asked)
    with canonical_names(session, [call.kept for call in asked] if known else []) as (quiet, first), no_collection():
        statements = Statements(quiet, version // 10000, kept)
        if not isinstance(base, FollowedSnapshot) or base.moment is None:
            return full(statements, version, exclude, edges=edges)
        moments, locks = first if known else statements.run(asked)
        now = Moment.of(moments[0])
        locked = locks_of(locks)
        mark = secrets.token_hex(8) if marking else ""
        if mark:
            quiet.leave(f"SET LOCAL {MARK} = '{mark}'")
        alone = Alone.where(base.moment, start, now)
        try:
            try:
                found = _Delta(statements, base, now, locked, since_xid, exclude, edges, alone).snapshot(mark)
            except _OthersError:
                found = _Delta(statements, base, now, locked, since_xid, exclude, edges, None).snapshot("")
        except BeyondError:
            return full(statements, version, exclude, edges=edges)
    carry_over(base, found)
    return found


class _Delta(Rereading):
    def __init__(
        self,
        statements: Statements,
        base: FollowedSnapshot,
        now: Moment,
        locked: AbstractSet[tuple[str, int]],
        since_xid: int,
        exclude: Exclusions,
        edges: bool,
        alone: Alone | None,
    ) -> None:
        assert base.moment is not None
        super().__init__(statements, base, exclude)
        self.now = now
        #: What ``strong_locks.sql`` tells.
        self.locked = locked
        # age() counts back from this transaction's id, if it has one, else from the next one to be given.
        self.age = f"pg_catalog.age('{since_xid % 2**32}'::pg_catalog.xid)"
        self.alone = alone
        self.edges = edges
        # Whether everything that base saw is committed for good.
        mine = base.moment.transaction
        self.settled = mine is None or (now.transaction != mine and _later(since_xid, mine))
        # Where this very session stood when nothing had changed since base; None: others have changed something, or may have.
        self.start: Moment | None = None
        # Whether all that base saw is still so, uncommitted as it may be, and only what later commands wrote is to be looked at.
        self.follows = False
        if alone is not None:
            self.follows = not self.settled and base.mark != "" and base.mark == now.mark
            self.start = base.moment if self.follows else alone.start.moment
            if now.transaction is not None:
                self.age = f"pg_catalog.age('{now.transaction % 2**32}'::pg_catalog.xid)"
        #: The last command that is known to have written what was read, and whether none of a later one has written anything.
        self.command = base.command if self.follows else -1
        self.is_last_command = alone is not None and (base.is_last_command if self.follows else alone.start.is_first)
        #: What each relation with recent rows is read with (None: with nothing), by OID, and new rows of pg_depend, as in ``edges.sql``.
        self.relations: dict[int, Address | None] = {}
        self.lines: list[str] = []
        #: Whether no column that was there has changed.
        self.has_only_grown = False
        if not (self.settled or self.follows):
            self.pending.update(base.unsettled)

    def snapshot(self, mark: str) -> FollowedSnapshot:
        """The snapshot, of which that mark is left. Raises _OthersError where ``alone`` doesn't hold."""
        start, base = self.start, self.base
        if self._may_go_back and not base.held <= self.locked:
            raise BeyondError  # rolled back to before base: what base saw dropped may be there again
        changed = FOLLOWED if start is None else self.now.changed_since(start)
        deleted = None if start is None else self.now.deleted_since(start)
        removed = start is None or not self.now.only_inserted(start, _DEPENDENCIES)
        rare = self._look(changed, deleted, removed=removed)
        self.is_to_go_on = start is None or "pg_description" in changed or (self.edges and removed)
        while self.pending:
            self.propagate(self.read_pending())
        if start is None or "pg_description" in changed:
            self._comments()
        return replace(
            base,
            moment=self.now,
            rare=rare,
            objects=self.objects,
            units=self.units,
            token=Token(id(self.objects)),
            mark=mark,
            command=-1 if self.alone is None else self.command,  # others' rows were written by commands of theirs
            is_last_command=self.is_last_command,
            unsettled=frozenset(self.done) if self.settled else base.unsettled | self.done,
            held=frozenset() if self.settled else base.held,
            root=base.token if self.settled or base.root is None else base.root,
            changed=frozenset(self.changed if self.settled else self.changed | base.changed),
            previous=base.token,
            fresh=frozenset(self.changed),
            **self._dependencies(removed=removed),
        )

    # -- what changed -------------------------------------------------------------------------------------------------------

    def _look(self, changed: AbstractSet[str], deleted: Collection[str] | None, *, removed: bool) -> str:
        """Note what is to be read again; the result is the fingerprint of what is rare.

        ``deleted``: catalogs that have lost rows; None: any may have. Raises _OthersError and BeyondError.
        """
        statements, alone = self.statements, self.alone
        calls = self._recent_rows()
        about = list(calls)
        if self.edges and _DEPENDENCIES in changed and (_DEPENDENCIES not in calls or (removed and self.follows)):
            calls["depends"] = statements.recent_depends(self.age)  # all that are not committed for good
        if alone is not None and alone.unknown:
            calls["committed"] = statements.committed(alone.unknown)
        if self.start is None or changed - FOLLOWED:
            calls["rare"] = statements.plain("fingerprint")
        if deleted is None or _DEPENDENCIES in deleted:
            calls["members"] = statements.plain("members")
        by_hand = any(catalog == "by hand" for catalog, _ in self.locked)
        there: dict[str, set[int]] = {}
        if deleted is None or (by_hand and not _DROPPABLE.isdisjoint(deleted)):
            calls["oids"] = statements.plain("oids")
        else:
            there = self._perhaps_dropped(deleted)
            calls.update((f"there {name}", statements.still_there(name, oids)) for name, oids in there.items())
        found = dict(zip(calls, statements.run([*calls.values()]), strict=True))
        if found.get("committed"):
            raise _OthersError
        if alone is not None:
            alone.start.harmless |= alone.unknown
        rare: str = found["rare"][0][0] if "rare" in found else self.base.rare
        if rare != self.base.rare:
            raise BeyondError
        if "members" in found and self._tally(found["members"]) != member_tally(self.base.members):
            raise BeyondError
        for name in about:
            self._add_recent(name, found[name])
        if self.edges and _DEPENDENCIES in changed:
            self.depends = found["depends"][0][0] if "depends" in found else "\n".join(self.lines)
        if "oids" in found:
            self._add_missing(found["oids"])
        self._add_dropped(
            Address(name, oid)
            for name, oids in there.items()
            for oid in oids.difference(*(map(int, (text or "").split()) for _, text in found[f"there {name}"]))
        )
        return rare

    def _recent_rows(self) -> dict[str, Call]:
        """Asks for the recent rows of each catalog that may have any."""
        statements, start = self.statements, self.start
        after = self.base.command if self.follows else None
        sections = recent_sections()
        if start is None:
            return {name: statements.recent(name, self.age, after) for name in sections}
        written = self.now.written_since(start)
        # What base saw go may be back again, without anything being written.
        self.written = frozenset(written) if self.settled or self.follows else None
        # A new attribute comes with a new relation, or with a new count of them in the relation's row.
        covered = self.now.only_inserted(start, _ATTRIBUTES)
        relations = {oid for catalog, oid in self.locked if catalog == "pg_class"}
        self.has_only_grown = covered
        # Only as long as these counts and the commands tell of all that this transaction has written.
        is_near = self.is_last_command and len(relations) <= _MOST_RELATIONS
        calls = {}
        for name in sections:
            if name not in written:
                continue
            is_covered = covered and name == _ATTRIBUTES
            if is_near and sections[name].near:
                count = 0 if is_covered else written[name]
                calls[name] = statements.nearby(name, self.age, after, relations, count)
            elif is_covered:
                self.is_last_command = False
            else:
                calls[name] = statements.recent(name, self.age, after)
        return calls

    @property
    def _may_go_back(self) -> bool:
        return not self.settled and not self.follows and bool(self.base.held)

    def _add_recent(self, catalog: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add what the recent rows of a catalog belong to; those of pg_class come first."""
        seen = 0
        for unit_catalog, oid, own, command, count, note in rows:
            seen += count
            if command is None:
                self.is_last_command = False
            else:
                self.command = max(self.command, command)
            unit = None if unit_catalog is None else Address(unit_catalog, oid)
            if catalog == _DEPENDENCIES and note is not None:
                self.lines.append(note)
            elif note is not None and unit is not None:
                self.letters[unit] = note
            if catalog == "pg_class":
                self.relations[own] = unit
            elif unit_catalog == "pg_class":
                unit = self.relations.get(oid, unit)
            if unit is None:
                continue
            if oid < 16384 and unit != ("pg_namespace", _PUBLIC, 0):
                raise BeyondError  # an object of the system
            inside = self.objects.get(unit)
            is_whole = own == unit.oid and (inside is None or inside.parent is None)
            parts = PARTS.get(catalog, () if is_whole else ("index",))
            self.add(unit, parts if self.has_only_grown else None)
        if catalog == _ATTRIBUTES and self.start is not None and seen != self.now.written_since(self.start)[catalog]:
            self.is_last_command = False  # one that was not looked for may be of a later command

    def _perhaps_dropped(self, deleted: Collection[str]) -> dict[str, set[int]]:
        """OIDs of what may be gone, by catalog: each thing that is dropped is locked until the end, before it goes."""
        found: dict[str, set[int]] = {}
        for catalog, oid in self.locked:
            if catalog in _DROPPABLE and catalog in deleted and Address(catalog, oid) in self.base.objects:
                found.setdefault(catalog, set()).add(oid)
        return found

    def _add_dropped(self, gone: Iterable[Address]) -> None:
        """Take out units that are gone, and add those that have lost something."""
        for address in sorted(gone, key=lambda each: self.objects[each].parent is not None):
            if self.objects.get(address) is None:
                continue  # with its unit
            if self.objects[address].parent is None:
                self.remove(address)
            else:
                self.add(address)

    def _add_missing(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Add what is not among the rows of ``oids.sql``, which hold all that there is."""
        there = {catalog: {int(oid) for oid in (text or "").split()} for catalog, text in rows}
        for address in self.base.objects:
            if address.catalog in there and address.oid not in there[address.catalog]:
                self.add(address)

    @staticmethod
    def _tally(rows: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
        return member_tally(Address(catalog, oid) for catalog, oid, _ in rows)

    def _comments(self) -> None:
        comments, _ = comments_of(self.statements.rows(self.statements.all("comments")))
        self.changed |= with_comments(self.objects, comments)

    # -- dependencies -------------------------------------------------------------------------------------------------------

    def _dependencies(self, *, removed: bool) -> dict[str, Any]:
        """The fields of a snapshot about its dependencies, or about none. ``removed``: old rows of pg_depend may be gone or others."""
        if not self.edges:
            return {"edges": UnreadEdges(), "depend_texts": None}
        recent, aliases, known = self.depends, self.base.alias_text, self.base.depend_texts
        classes = self.base.classes
        if known is None or removed:
            depends, all_aliases, named = self.statements.run(
                [self.statements.all(name) for name in ("edges", "aliases", "classes")]
            )
            classes = {int(oid): name for oid, name in named}
            texts = without(depends[0][0] or "", recent or "")
            aliases = all_aliases[0][0] or ""
        else:
            # What base saw may have been rolled back, and is in the new text where it was not.
            old = known[1] if self.settled or self.follows else known[0]
            texts = (known[0] if self.follows else old, "\n".join(text for text in (old, recent) if text))
            if recent:
                new = self.aliases
                if new is None:
                    new = self.statements.rows(self.aliases_of_new())[0][0]
                aliases = "\n".join(text for text in (aliases, new) if text)
        edges = EdgeSet(texts[1], aliases, classes, self.objects, self.base.members)
        return {"edges": edges, "depend_texts": texts, "alias_text": aliases, "classes": classes}


def _later(xid: int, than: int) -> bool:
    """Whether one transaction id is after another, modulo 2^32."""
    return 0 < (xid - than) % 2**32 < 2**31
