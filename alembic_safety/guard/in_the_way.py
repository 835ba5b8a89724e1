"""What stands in the way of a downgrade and was in no rehearsal: a view of another application on a column whose type changes back,
a column of another application whose enum is built anew.

Views, functions and the like are put aside, and given back at the end (``guard.live_restore``); what holds rows is moved over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.kinds import rules_of
from alembic_safety.downgrade.kinds.base import Context
from alembic_safety.downgrade.pairing import edges_of
from alembic_safety.downgrade.plan import TooLowError, make_plan
from alembic_safety.downgrade.synthesize import bring_back
from alembic_safety.downgrade.workbench import SessionWorkbench
from alembic_safety.errors import GuardError, SynthesisError
from alembic_safety.guard.log import log
from alembic_safety.guard.own_columns import OwnColumns
from alembic_safety.model.catalog import Address, CatalogObject, Edge
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.identifiers import qualified, quote_ident
from alembic_safety.postgres.parser import drops_something, fleeting_kind, is_fleeting, table_command
from alembic_safety.postgres.session import THROUGH, DirectSession, commits_by_itself, sqlstate

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alembic_safety.guard.live_state import Name, State

_SAVEPOINT = "alembic_safety_in_the_way"
_BLANK = r"^(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_MAY_BE_STOPPED = re.compile(rf"{_BLANK}(?:DROP|ALTER)\b", re.IGNORECASE | re.DOTALL)
_CREATE = re.compile(rf"{_BLANK}CREATE\b", re.IGNORECASE | re.DOTALL)
#: Other objects depend on it.
_DEPENDED_ON = "2BP01"
#: A view, policy, trigger, generated column, index, check or default does not let a column's type change.
_TYPE_IN_USE = frozenset({"0A000", "42601", "42804", "42883"})
#: What a statement names is not there.
_NOT_THERE = frozenset({"42704", "42883", "42P01"})
#: It names a label that an enum has not.
_NO_SUCH_LABEL = "22P02"
#: Each attempt takes something out of the way.
_ATTEMPTS = 10
#: Kinds that hold rows, or what holds rows: never put aside.
_HOLDING = frozenset({
    "attribute", "base_type", "column", "composite", "domain", "enum", "extension", "foreign_table", "range", "schema", "sequence",
    "server", "table",
})  # fmt: skip


class _Outcome(Enum):
    STUCK = 0
    AGAIN = 1
    DONE = 2


class InTheWay:
    """Lets the statements of one downgrade through, within its transaction."""

    def __init__(
        self,
        connection: Connection,
        before: Snapshot,
        read: Callable[[Snapshot], Snapshot],
        unnoticed: Callable[[], AbstractContextManager[None]],
        state: State | None,
    ) -> None:
        """:param before: the catalog before the downgrade; ``state``: what its upgrade had found.
        :param read: the catalog as it is, from an earlier state that was not rolled back.
        :param unnoticed: what runs within is not taken for the revision's.
        """
        self._connection = connection
        self._session = DirectSession(connection)
        self._before = self._known = before
        self._read = read
        self._unnoticed = unnoticed
        self._is_busy = False
        self._own = OwnColumns(state)
        #: (kind, identity) of what has to be given back at the end.
        self.put_aside: set[Name] = set()

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """The downgrade runs within."""
        from sqlalchemy import event

        listeners = (("do_execute", self._with_parameters), ("do_execute_no_params", self._without_parameters))
        for name, listener in listeners:
            event.listen(self._connection.engine, name, listener)
        info = self._connection.info
        info[THROUGH] = self._take
        try:
            yield
        finally:
            info.pop(THROUGH, None)
            for name, listener in listeners:
                event.remove(self._connection.engine, name, listener)

    def _with_parameters(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        def run() -> None:
            context.dialect.do_execute(cursor, statement, parameters, context)

        return self._run(statement, context, run)

    def _without_parameters(self, cursor: Any, statement: str, context: Any) -> bool:
        def run() -> None:
            context.dialect.do_execute_no_params(cursor, statement, context)

        return self._run(statement, context, run)

    def _run(self, statement: str, context: Any, run: Callable[[], None]) -> bool:
        """Whether the statement was run here."""
        return context.root_connection is self._connection and self._take(statement, run)

    def _take(self, statement: str, run: Callable[[], None]) -> bool:
        if self._is_busy:
            return False
        if not _MAY_BE_STOPPED.match(statement) and not (self._own and _CREATE.match(statement)):
            return False
        if commits_by_itself(self._connection):
            return False
        self._is_busy = True
        try:
            with self._unnoticed():
                instead = self._own.instead(statement, self._look) if self._own else None
                self._until_through(statement, run if instead is None else partial(self._send, instead))
                if self._own:
                    self._send(self._own.afterwards(statement, self._look))
        finally:
            self._is_busy = False
        return True

    def _send(self, statements: list[str]) -> None:
        for sql in statements:
            log().info("as it was found before the upgrade: %s", sql)
            self._session.execute(sql)

    def _look(self) -> Snapshot:
        self._known = self._read(self._known)
        return self._known

    def _until_through(self, statement: str, run: Callable[[], None]) -> None:
        self._session.execute(f"SAVEPOINT {_SAVEPOINT}")
        for attempt in range(_ATTEMPTS):
            try:
                run()
                break
            except Exception as error:
                state = sqlstate(error)
                if (why := self._why_needless(statement, state)) is not None:
                    self._session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
                    log().warning("passed over, because %s: %s", why, statement.strip())
                    break
                if attempt == _ATTEMPTS - 1 or (state != _DEPENDED_ON and state not in _TYPE_IN_USE):
                    raise
                self._session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
                outcome = self._clear(statement, is_needed=state == _DEPENDED_ON)
                if outcome is _Outcome.STUCK:
                    raise
                if outcome is _Outcome.DONE:
                    break
        self._session.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")

    def _why_needless(self, statement: str, state: str | None) -> str | None:
        """Why the database has something else of its own in the place of what a statement is about, or nothing; None where it needs it."""
        if state in _NOT_THERE and (kind := fleeting_kind(statement)) is not None:
            return f"somebody has dropped that {kind}"
        if state == _NO_SUCH_LABEL and self._own.has_enums and is_fleeting(statement):
            return "it names a label that the enum has not here"
        return None

    def _clear(self, statement: str, *, is_needed: bool) -> _Outcome:
        """:param is_needed: others depend on what the statement drops. Raises GuardError."""
        now = self._look()
        if not is_needed:
            return self._put_users_aside(statement, now)
        if self._move_over(now):
            return _Outcome.AGAIN
        return self._with_all_that_hangs_on_it(statement, now)

    # -- a column whose type changes --------------------------------------------------------------------------------------

    def _put_users_aside(self, statement: str, now: Snapshot) -> _Outcome:
        command = table_command(statement)
        if command is None or command.kind != "AT_AlterColumnType":
            return _Outcome.STUCK
        ctx = Context(before=now, now=now, role="")
        gone: set[Address] = set()
        for identity in _below(qualified(command.schema, command.table), now):
            column = now.by_identity.get(("column", f"{identity}.{quote_ident(command.column)}"))
            if column is not None:
                other = replace(column, props={**column.props, "type": ""})
                gone.update(rules_of("column").blockers(column, other, frozenset({"type"}), ctx))
        gone = _with_users(gone, now)
        if not gone or any(_holds_rows(now.objects[address], now) for address in gone):
            return _Outcome.STUCK
        goal = with_objects(now, {a: o for a, o in now.objects.items() if a not in gone})
        try:
            plan = make_plan(goal, now, role="", levels={}, aside={})
        except (TooLowError, SynthesisError):
            return _Outcome.STUCK
        for one in plan:
            self._session.execute(one.statement.sql)
        self._note(now.objects[address] for address in gone)
        return _Outcome.AGAIN

    # -- what is dropped ----------------------------------------------------------------------------------------------------

    def _with_all_that_hangs_on_it(self, statement: str, now: Snapshot) -> _Outcome:
        """Let the server say what that is, and keep it so where all of it can be given back."""
        if not drops_something(statement):
            return _Outcome.STUCK
        self._session.execute(f"SAVEPOINT {_SAVEPOINT}_all")
        try:
            self._session.execute(f"{statement.rstrip().rstrip(';')}\nCASCADE")
        except Exception as error:
            if sqlstate(error) is None:
                raise
            after = None
        else:
            after = self._read(now)
        gone = [o for a, o in now.objects.items() if after is not None and a not in after.objects]
        meant = {o.address for o in gone if re.search(rf"(?<![\w$\"]){re.escape(o.identity)}(?![\w$\"])", statement)}
        others = [o for o in gone if o.address not in meant and o.parent not in meant]
        if not others or any(_holds_rows(obj, now) for obj in others):
            self._session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}_all")
            return _Outcome.STUCK
        self._session.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}_all")
        self._known = after or now
        self._note(others)
        return _Outcome.DONE

    def _note(self, gone: Iterator[CatalogObject] | list[CatalogObject]) -> None:
        for obj in gone:
            known = self._before.objects.get(obj.address)
            if known is not None and known.kind not in _HOLDING:
                self.put_aside.add((known.kind, known.identity))
                log().info("put aside until the downgrade is done: %s %s", known.kind.replace("_", " "), known.identity)

    # -- what is built anew -------------------------------------------------------------------------------------------------

    def _move_over(self, now: Snapshot) -> bool:
        """Move what uses something that was renamed and built anew under its old name. Raises GuardError."""
        anew = _built_anew(self._before, now)
        wanted: dict[Address, CatalogObject] = {}
        for address in _with_users(anew, now) - anew.keys():
            obj, was = now.objects[address], self._before.objects.get(address)
            if was is None or was is obj or obj.parent in anew:
                continue
            if was.kind == obj.kind and (was.identity, was.props) != (obj.identity, obj.props):
                wanted[address] = was
        if not wanted:
            return False
        edges = (Edge(e.dependent, anew.get(e.referenced, e.referenced), e.deptype) for e in now.edges)
        goal = with_objects(now, {**now.objects, **wanted}, frozenset(edges))
        bench = SessionWorkbench(self._session, now, self._read)
        try:
            for statement in bring_back(goal, now, bench):
                log().info("moved over with what it uses: %s", statement.sql)
        except SynthesisError as error:
            raise GuardError(
                f"the downgrade is not done, because {_named(wanted.values())} can't be moved over to what it gives back, which no "
                f"rehearsal knew of: {error}; nothing was changed"
            ) from error
        self._known = bench.known or now
        return True


def _built_anew(before: Snapshot, now: Snapshot) -> dict[Address, Address]:
    """What was renamed while something new took its name, and that: with the columns and the like of each."""
    result = {}
    for address in now.apart_from(before):
        obj, was = now.objects.get(address), before.objects.get(address)
        if obj is None or was is None or obj is was or obj.identity == was.identity:
            continue
        new = now.by_identity.get((was.kind, was.identity))
        if new is not None and new.address not in before.objects:
            result[address] = new.address
    return result


def _with_users(addresses: Collection[Address], side: Snapshot) -> set[Address]:
    """These with everything that depends on them, directly or not."""
    users: dict[Address, list[Address]] = {}
    for edge in edges_of(side):
        users.setdefault(edge.referenced, []).append(edge.dependent)
    seen, waiting = set(addresses), list(addresses)
    while waiting:
        fresh = [user for user in users.get(waiting.pop(), ()) if user not in seen]
        seen.update(fresh)
        waiting += fresh
    return seen


def _below(identity: str, side: Snapshot) -> set[str]:
    """A table with its partitions and those that inherit from it."""
    heirs: dict[str, list[str]] = {}
    for table in side.of_kind("table", "foreign_table"):
        for above in (table.props.get("partition_of"), *(table.props.get("inherits") or ())):
            heirs.setdefault(above, []).append(table.identity)
    found, waiting = {identity}, [identity]
    while waiting:
        fresh = [heir for heir in heirs.get(waiting.pop(), ()) if heir not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _holds_rows(obj: CatalogObject, side: Snapshot) -> bool:
    parent = side.objects.get(obj.parent) if obj.parent is not None else None
    if obj.kind == "column" and parent is not None:
        return parent.kind in _HOLDING
    return obj.kind in _HOLDING


def with_objects(
    side: Snapshot, objects: Mapping[Address, CatalogObject], edges: frozenset[Edge] | None = None
) -> Snapshot:
    """The same catalog with other objects, and edges where they are given."""
    return Snapshot(
        server_version=side.server_version,
        objects=objects,
        edges=side.edges if edges is None else edges,
        unmodelled=side.unmodelled,
        extension_members=side.extension_members,
    )


def _named(objects: Collection[CatalogObject]) -> str:
    names = sorted(f"{obj.kind.replace('_', ' ')} {obj.identity}" for obj in objects)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
