"""A snapshot from an earlier one, reading again only what transactions changed since, and whose text that changes."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from alembic_safety.model.catalog import Address
from alembic_safety.model.snapshot import Snapshot, Token
from alembic_safety.postgres.catalog.edges import EdgeSet
from alembic_safety.postgres.catalog.followed import FollowedSnapshot, UnreadEdges, carry_over
from alembic_safety.postgres.catalog.moment import FOLLOWED, Alone, Moment, Start
from alembic_safety.postgres.catalog.queries import sections
from alembic_safety.postgres.catalog.quiet import MARK, canonical_names
from alembic_safety.postgres.catalog.reader import (
    NOTHING_MORE,
    Exclusions,
    comments_of,
    full,
    member_tally,
    no_collection,
    with_comments,
    without,
)
from alembic_safety.postgres.catalog.rereading import BeyondError, Rereading
from alembic_safety.postgres.catalog.statements import NO_SUCH_STATEMENT, Statements, kept_statements
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
    statements = Statements(session, version // 10000, kept)
    moment = statements.plain("moment")
    known = kept is not None and moment.kept_name in kept
    mark = secrets.token_hex(8) if marking else ""
    last = [f"SET LOCAL {MARK} = '{mark}'"] if mark else []
    with canonical_names(session, [moment.kept] if known else [], last) as first, no_collection():
        if not isinstance(base, FollowedSnapshot) or base.moment is None:
            return full(statements, version, exclude, edges=edges)
        now = Moment.of((first[0] if known else statements.rows(moment))[0])
        alone = Alone.where(base.moment, start, now)
        try:
            try:
                found = _Delta(statements, base, now, since_xid, exclude, edges, alone).snapshot(mark)
            except _OthersError:
                found = _Delta(statements, base, now, since_xid, exclude, edges, None).snapshot("")
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
        since_xid: int,
        exclude: Exclusions,
        edges: bool,
        alone: Alone | None,
    ) -> None:
        assert base.moment is not None
        super().__init__(statements, base, exclude)
        self.now = now
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
        #: The last command that is known to have written what was read.
        self.command = base.command if self.follows else -1
        if not (self.settled or self.follows):
            self.pending.update(base.unsettled)

    def snapshot(self, mark: str) -> FollowedSnapshot:
        """The snapshot, of which that mark is left. Raises _OthersError where ``alone`` doesn't hold."""
        start = self.start
        changed = FOLLOWED if start is None else self.now.changed_since(start)
        self.written = None if start is None else changed
        deleted = None if start is None else self.now.deleted_since(start)
        covered = start is not None and self.now.only_inserted(start, "pg_attribute")
        removed = start is None or not self.now.only_inserted(start, "pg_depend")
        found = self._ask(
            rare=start is None or bool(changed - FOLLOWED),
            # A new attribute comes with a new relation, or with a new count of them in the relation's row.
            recent=changed - {"pg_attribute"} if covered else changed,
            members=deleted is None or "pg_depend" in deleted,
            dropped=None if deleted is None else not _DROPPABLE.isdisjoint(deleted),
            depends=None if not (self.edges and "pg_depend" in changed) else "all" if removed else "new",
        )
        self.depends = found["depends"][0][0] if "depends" in found else None
        locked = {(str(catalog), int(oid)) for catalog, oid in found.get("locks", ())}
        if self._may_go_back and not self.base.held <= locked:
            raise BeyondError  # rolled back to before base: what base saw dropped may be there again
        rare = found["rare"][0][0] if "rare" in found else self.base.rare
        if rare != self.base.rare:
            raise BeyondError
        if "members" in found and self._tally(found["members"]) != member_tally(self.base.members):
            raise BeyondError
        for name in sections("recent"):
            self._add_recent(found.get(name, ()))
        if deleted is None:
            self._add_missing(found["oids"])
        elif not _DROPPABLE.isdisjoint(deleted):
            self._add_dropped(locked, deleted)
        while self.pending:
            self.propagate(self.read_pending())
        if start is None or "pg_description" in changed:
            self._comments()
        made = replace(
            self.base, moment=self.now, rare=rare, objects=self.objects, units=self.units, token=Token(id(self.objects))
        )
        unsettled = frozenset(self.done) if self.settled else self.base.unsettled | self.done
        return replace(
            self._with_edges(made, removed=removed),
            mark=mark,
            command=self.command,
            unsettled=unsettled,
            held=frozenset() if self.settled else self.base.held,
            root=self.base.token if self.settled or self.base.root is None else self.base.root,
            changed=frozenset(self.changed if self.settled else self.changed | self.base.changed),
            previous=self.base.token,
            fresh=frozenset(self.changed),
        )

    # -- what changed -------------------------------------------------------------------------------------------------------

    def _ask(
        self, *, rare: bool, recent: Collection[str], members: bool, dropped: bool | None, depends: str | None
    ) -> dict[str, list[tuple[Any, ...]]]:
        """Rows of all that can be asked at once, by what was asked; those about recent rows by catalog.

        ``dropped``: whether the locks may tell of what is gone; None: something may be gone that they don't tell of. ``depends``: the new
        dependencies, or all that are not committed for good.
        """
        statements, alone = self.statements, self.alone
        after = self.base.command if self.follows else None
        calls = {name: statements.recent(name, self.age, after) for name in sections("recent") if name in recent}
        if depends is not None:
            calls["depends"] = statements.since("recent_depends", self.age, after if depends == "new" else None)
        if alone is not None and alone.unknown:
            calls["committed"] = statements.committed(alone.unknown)
        if rare:
            calls["rare"] = statements.plain("fingerprint")
        if members:
            calls["members"] = statements.plain("members")
        if dropped is None:
            calls["oids"] = statements.plain("oids")
        if dropped or self._may_go_back:
            calls["locks"] = statements.plain("strong_locks")
        found = dict(zip(calls, statements.run([*calls.values()]), strict=True))
        if found.get("committed"):
            raise _OthersError
        if alone is not None:
            alone.start.harmless |= alone.unknown
        return found

    @property
    def _may_go_back(self) -> bool:
        return not self.settled and not self.follows and bool(self.base.held)

    def _add_recent(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for catalog, oid, command in rows:
            self.command = max(self.command, -1 if command is None else command)
            if oid < 16384 and (catalog, oid) != ("pg_namespace", _PUBLIC):
                raise BeyondError  # an object of the system
            self.add(Address(catalog, oid))

    def _add_dropped(self, locked: Collection[tuple[str, int]], deleted: Collection[str]) -> None:
        """Add what has lost something: each thing that is dropped is locked until the end, before it goes.

        ``deleted``: catalogs that have lost rows.
        """
        if any(catalog == "by hand" for catalog, _ in locked):
            self._add_missing(self.statements.rows(self.statements.plain("oids")))
            return
        known = self.base.objects
        mine = [address for address in (Address(catalog, oid) for catalog, oid in locked) if address in known]
        if not self.follows:
            for address in mine:
                if address.catalog in _DROPPABLE:
                    self.add(address)
            return
        # Most of these were locked for what base has seen already.
        by_catalog: dict[str, set[int]] = {}
        for catalog, oid, _ in mine:
            if catalog in _DROPPABLE and catalog in deleted:
                by_catalog.setdefault(catalog, set()).add(oid)
        calls = [self.statements.still_there(catalog, oids) for catalog, oids in by_catalog.items()]
        for catalog, text in (row for rows in self.statements.run(calls) for row in rows):
            there = {int(oid) for oid in (text or "").split()}
            for oid in by_catalog[catalog] - there:
                self.add(Address(catalog, oid))

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

    def _with_edges(self, snapshot: FollowedSnapshot, *, removed: bool) -> FollowedSnapshot:
        """Give the snapshot its dependencies, or none. ``removed``: old rows of pg_depend may be gone or others."""
        if not self.edges:
            return replace(snapshot, edges=UnreadEdges(), depend_texts=None)
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
        return replace(snapshot, edges=edges, depend_texts=texts, alias_text=aliases, classes=classes)


def _later(xid: int, than: int) -> bool:
    """Whether one transaction id is after another, modulo 2^32."""
    return 0 < (xid - than) % 2**32 < 2**31
