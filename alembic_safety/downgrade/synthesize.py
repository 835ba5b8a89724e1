"""Find the statements that turn *after* back into *before*, by trying them on a workbench.

An attempt that fails, or leaves a difference, names an object; that object is treated more thoroughly the next time
(dropped and created again with everything that depends on it, then built anew beside the old one), until the snapshot on
the workbench equals *before* or nothing more can be done. Only what was seen to work is called exact.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from alembic_safety.downgrade.compare import Difference, Tier, differences
from alembic_safety.downgrade.kinds import RULES, rules_of
from alembic_safety.downgrade.kinds.base import Context
from alembic_safety.downgrade.loss import data_needs, rows_in_the_way
from alembic_safety.downgrade.names import undo_names, undo_schema_names
from alembic_safety.downgrade.pairing import pair
from alembic_safety.downgrade.plan import TooLowError, make_plan
from alembic_safety.downgrade.rating import rate
from alembic_safety.downgrade.statement import Grade, Statement, Synthesis
from alembic_safety.downgrade.workbench import KeepingWorkbench, Workbench
from alembic_safety.downgrade.write import Planned
from alembic_safety.errors import SynthesisError
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.session import sqlstate

log = logging.getLogger(__name__)
#: Attempts before giving up; each escalates something, so few are ever needed.
_ATTEMPTS = 40
_ROUNDS = 4
#: Errors that say nothing about the schema: connection, transaction, rollback, resources, a cancelled statement, the system, a lock.
_OF_THE_MOMENT = ("08", "25", "40", "53", "57", "58", "55P03")
Key = tuple[str, str]


class _StatementError(Exception):
    """A statement failed on the workbench."""

    def __init__(self, planned: Planned, error: Exception) -> None:
        super().__init__(str(error))
        self.planned = planned
        self.error = error


@dataclass
class _Attempt:
    """One try within a savepoint."""

    before: Snapshot
    after: Snapshot
    bench: Workbench
    levels: dict[Key, int]
    #: Leave out statements that fail instead of stopping (the last try, to show as much as can be done).
    salvage: bool = False
    #: Take all rows away first: only the schema is asked for.
    emptied: bool = False
    done: list[Planned] = field(default_factory=list)
    failed: list[_StatementError] = field(default_factory=list)
    now: Snapshot | None = None
    residue: list[Difference] = field(default_factory=list)

    def run(self) -> None:
        """Raises _StatementError, TooLowError or SynthesisError; else ``residue`` says what is left."""
        if self.emptied:
            take_rows_away(self.bench.execute, self.after)
        rebuilt = {key for key, level in self.levels.items() if level >= 2}
        first = {kind for kind, rules in RULES.items() if rules.first}
        start = undo_schema_names(self.before, self.after, self.bench.role, self._run)
        privileges = self._planned(start, {}, set(), only=first)
        if privileges:
            start = self._run(privileges)
        now, aside, along = undo_names(self.before, start, self.bench.role, rebuilt, self._run)
        last: list[Difference] | None = None
        for _ in range(_ROUNDS):
            self._perform(self._planned(now, aside, along))
            now = self.now = self.bench.snapshot()
            self.residue = differences(self.before, now)
            if not [d for d in self.residue if d.tier is not Tier.COLUMN_ORDER] or self.residue == last:
                return
            last, aside, along = self.residue, {}, set()

    def _planned(
        self,
        now: Snapshot,
        aside: Mapping[Address, Address],
        along: Collection[Address],
        only: Collection[str] | None = None,
    ) -> list[Planned]:
        return make_plan(
            self.before,
            now,
            role=self.bench.role,
            levels=self.levels,
            aside=aside,
            apart=along,
            only=(lambda kind: kind in only) if only is not None else None,
        )

    def _run(self, planned: list[Planned]) -> Snapshot:
        self._perform(planned)
        return self.bench.snapshot()

    def _perform(self, planned: list[Planned]) -> None:
        for one in planned:
            if self.salvage:
                self._carefully(one)
                continue
            try:
                self.bench.execute(one.statement.sql)
            except Exception as error:
                if sqlstate(error) is None:
                    raise
                raise _StatementError(one, error) from error
            self.done.append(one)

    def _carefully(self, one: Planned) -> None:
        self.bench.execute("SAVEPOINT alembic_safety_statement")
        try:
            self.bench.execute(one.statement.sql)
        except Exception as error:
            if sqlstate(error) is None:
                raise
            self.failed.append(_StatementError(one, error))
            self.bench.execute("ROLLBACK TO SAVEPOINT alembic_safety_statement")
        else:
            self.done.append(one)
        self.bench.execute("RELEASE SAVEPOINT alembic_safety_statement")


def synthesize(before: Snapshot, after: Snapshot, bench: Workbench, *, column_order: bool = False) -> Synthesis:
    """The statements that turn a database from ``after`` back to ``before``, tried on the workbench.

    :param before: snapshot of the same database before the upgrade.
    :param after: snapshot of the workbench as it stands.
    :param bench: a throwaway database at ``after``; it is left as it was.
    :param column_order: rebuild tables whose columns would else come back in another physical order.
    """
    levels: dict[Key, int] = {}
    refusals: list[tuple[str, str]] = []
    in_the_way: list[tuple[str, str]] = []
    attempt = None
    for _ in range(_ATTEMPTS):
        attempt = _Attempt(before, after, bench, levels, emptied=bool(in_the_way))
        try:
            with bench.savepoint():
                attempt.run()
        except (_StatementError, TooLowError, SynthesisError) as error:
            if not in_the_way and isinstance(error, _StatementError) and because_of_rows(error.error):
                in_the_way.append((error.planned.statement.sql, _first_line(error.error)))
                continue
            if refusal := _climb(error, attempt, levels):
                refusals.append(refusal)
                break
            continue
        wrong = [d for d in attempt.residue if d.tier is not Tier.COLUMN_ORDER]
        log.debug("residue: %s", [d.message for d in attempt.residue])
        if not wrong:
            if column_order and attempt.residue and _rebuild_tables(attempt.residue, levels):
                continue
            return _finished(before, after, attempt, (), in_the_way)
        escalated = [_escalate_difference(d, levels, before, after, attempt.now) for d in wrong]
        if not any(escalated):
            return _finished(before, after, attempt, tuple((d.identity, d.message) for d in wrong), in_the_way)
    else:
        refusals.append(("the plan", f"no statements that work were found in {_ATTEMPTS} attempts"))
    return _salvaged(before, after, bench, levels, refusals, in_the_way)


def bring_back(before: Snapshot, after: Snapshot, bench: KeepingWorkbench) -> tuple[Statement, ...]:
    """Turn a database in use from ``after`` into ``before``, with all its rows, and leave it so.

    :raises SynthesisError: that can't be done; the database is as it was. What has nothing to do with the schema (a lock that was
        not to be had, a connection that is gone) is raised as it came.
    """
    levels: dict[Key, int] = {}
    for _ in range(_ATTEMPTS):
        attempt = _Attempt(before, after, bench, levels)
        try:
            with bench.savepoint():
                attempt.run()
                wrong = [d for d in attempt.residue if d.tier is not Tier.COLUMN_ORDER]
                if not wrong:
                    bench.keep()
                    return tuple(one.statement for one in attempt.done)
        except (_StatementError, TooLowError, SynthesisError) as error:
            if isinstance(error, _StatementError) and (sqlstate(error.error) or "").startswith(_OF_THE_MOMENT):
                raise error.error from None
            if refusal := _climb(error, attempt, levels):
                raise SynthesisError(f"{refusal[0]}: {refusal[1]}", subject=refusal[0]) from error
            continue
        escalated = [_escalate_difference(d, levels, before, after, attempt.now) for d in wrong]
        if not any(escalated):
            raise SynthesisError("; ".join(d.message for d in wrong), subject=wrong[0].identity)
    raise SynthesisError(f"no statements that work were found in {_ATTEMPTS} attempts", subject="the plan")


def _climb(
    error: _StatementError | TooLowError | SynthesisError, attempt: _Attempt, levels: dict[Key, int]
) -> tuple[str, str] | None:
    """Treat what failed more thoroughly; where nothing is left to try, the object and why."""
    before, after = attempt.before, attempt.now or attempt.after
    if isinstance(error, _StatementError):
        log.debug("failed: %s: %s", error.planned.statement.sql, error.error)
        obj = error.planned.object
        return None if _escalate(obj, levels, before, after) else (obj.identity, _first_line(error.error))
    if isinstance(error, TooLowError):
        log.debug("too low: %s", error)
        key = (error.object.kind, error.object.identity)
        if levels.get(key, 0) < error.level and rules_of(error.object.kind).rebuildable:
            levels[key] = error.level
            return None
        is_left = _escalate(error.object, levels, before, after, own=False)
        return None if is_left else (error.object.identity, error.reason)
    return getattr(error, "subject", "") or "the plan", str(error)


def _salvaged(
    before: Snapshot,
    after: Snapshot,
    bench: Workbench,
    levels: dict[Key, int],
    refusals: list[tuple[str, str]],
    in_the_way: list[tuple[str, str]],
) -> Synthesis:
    """As much as can be done, with what remains named."""
    attempt = _Attempt(before, after, bench, levels, salvage=True, emptied=bool(in_the_way))
    try:
        with bench.savepoint():
            attempt.run()
    except (TooLowError, SynthesisError):
        attempt.residue = differences(before, after)
    for failure in attempt.failed:
        entry = (failure.planned.object.identity, _first_line(failure.error))
        if entry not in refusals:
            refusals.append(entry)
    return _finished(before, after, attempt, tuple(refusals), in_the_way)


def _finished(
    before: Snapshot,
    after: Snapshot,
    attempt: _Attempt,
    refusals: tuple[tuple[str, str], ...],
    in_the_way: list[tuple[str, str]],
) -> Synthesis:
    statements = tuple(one.statement for one in attempt.done)
    if any(d.tier is not Tier.COLUMN_ORDER for d in attempt.residue):
        grade = Grade.DIFFERENT
    else:
        grade = Grade.COLUMN_ORDER if attempt.residue else Grade.IDENTICAL
    needs = (*data_needs(before, after, statements), *rows_in_the_way(in_the_way, statements))
    rating, reasons = rate(statements, needs, refusals)
    return Synthesis(
        statements=statements,
        grade=grade,
        residue=tuple(attempt.residue),
        refusals=refusals,
        rating=rating,
        rating_reasons=reasons,
        data_needs=needs,
    )


def _escalate(
    obj: CatalogObject, levels: dict[Key, int], before: Snapshot, after: Snapshot, *, own: bool = True
) -> bool:
    """Treat an object, else what it hangs on, else what uses it, more thoroughly; False where nothing is left to try."""
    for candidate in _candidates(obj, before, after, own=own):
        key = (candidate.kind, candidate.identity)
        top = 2 if rules_of(candidate.kind).rebuildable else 1
        level = levels.get(key, 0)
        if level < top:
            levels[key] = level + 1
            return True
    return False


def _candidates(obj: CatalogObject, before: Snapshot, after: Snapshot, *, own: bool) -> Iterable[CatalogObject]:
    if own:
        yield before.by_identity.get((obj.kind, obj.identity), obj)
    ctx = Context(before=before, now=after, role="", wanted=pair(before, after))
    for culprit in rules_of(obj.kind).culprits(obj, ctx):
        yield before.by_identity.get((culprit.kind, culprit.identity), culprit)
    for side in (before, after):
        known = side.by_identity.get((obj.kind, obj.identity)) or side.objects.get(obj.address)
        if known is not None and known.parent is not None and known.parent in side.objects:
            parent = side.objects[known.parent]
            yield before.by_identity.get((parent.kind, parent.identity), parent)
    if obj.address in after.objects and obj.address not in ctx.wanted:  # it could not be dropped: who still uses it?
        for user in sorted(after.needed_by.get(obj.address, ())):
            base = ctx.wanted.get(user)
            if base is not None:
                yield before.objects[base]
                if before.objects[base].parent in before.objects:
                    yield before.objects[before.objects[base].parent]  # type: ignore[index]


def _escalate_difference(
    difference: Difference, levels: dict[Key, int], before: Snapshot, after: Snapshot, now: Snapshot | None
) -> bool:
    key = (difference.kind, difference.identity)
    obj = before.by_identity.get(key) or (now.by_identity.get(key) if now is not None else None)
    return obj is not None and _escalate(obj, levels, before, now or after)


def _rebuild_tables(residue: Iterable[Difference], levels: dict[Key, int]) -> bool:
    """Level 2 for each table whose columns are in another order; False if that was tried already."""
    keys = {(d.kind, d.identity) for d in residue if rules_of(d.kind).rebuildable}
    fresh = {key for key in keys if levels.get(key, 0) < 2}
    levels.update(dict.fromkeys(fresh, 2))
    return bool(fresh)


def because_of_rows(error: BaseException) -> bool:
    """Whether a statement failed over rows that are there, and not over the schema: integrity violated, data not convertible."""
    return (sqlstate(error) or "")[:2] in ("22", "23")


def take_rows_away(execute: Callable[[str], None], after: Snapshot) -> None:
    """Empty every table (whoever calls it puts the rows back): what is left to fail is the schema."""
    tables = [t.identity for t in after.of_kind("table")]
    if tables:
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("SET LOCAL session_replication_role = replica")  # triggers may forbid it
        execute(f"TRUNCATE {', '.join(tables)}")
        execute("SET LOCAL session_replication_role = origin")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
