"""Integrity of what a migration touched, inside its own transaction and within a time budget.

PostgreSQL itself enforces most of what a migration writes; reading that again would prove nothing. What is verified is what may
have slipped past it: rows written while triggers could be off, references to rows that went away, constraints added as NOT
VALID, CHECKs whose function was replaced, sequences after explicit values, views and functions over changed tables. What is
passed over, and why, stands in ``Result.skipped``.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.bypass import could_bypass
from alembic_safety.integrity.checks import constraints, exclusions, indexes, table_scan, triggers, uniqueness
from alembic_safety.integrity.checks.foreign_keys import find_orphans
from alembic_safety.integrity.checks.routines import check_routines, read_routines
from alembic_safety.integrity.checks.sequences import check_sequences, read_uses
from alembic_safety.integrity.checks.views import check_views, read_views
from alembic_safety.integrity.conditions import Condition
from alembic_safety.integrity.foreign_key import ForeignKey, read_foreign_keys, read_foreign_keys_of
from alembic_safety.integrity.options import Options
from alembic_safety.integrity.records import Record, Result, not_checked
from alembic_safety.integrity.relation import Relation, primary_key
from alembic_safety.integrity.scope import Scope, oid_array, open_scope
from alembic_safety.integrity.soundness import BROKEN_VIEW, oids_of, views_that_call
from alembic_safety.integrity.touched_rows import changed_columns, mine, orphans_among, orphans_of_removed, written_rows
from alembic_safety.integrity.value_types import columns_made_of
from alembic_safety.integrity.work import failure_finding
from alembic_safety.model.finding import Finding
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.session import Session

#: Findings that were there before the migration: (code, subject); of a broken view also with its OID, because it can get another name.
Known = frozenset[tuple[str, "str | None"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A table that the running transaction wrote or changed."""

    oid: int
    #: Rows were inserted or updated.
    written: bool = True
    #: Rows were deleted, truncated, or got another key.
    removed: bool = False
    #: The columns that were written (names as in the catalog), where it is known that all rows were updates; None is any.
    columns: frozenset[str] | None = None
    #: A query for the primary keys of the written rows (columns named like the key's), where they were captured.
    written_keys: str | None = None
    #: A query for the rows as they were before (columns named like the table's), where they were captured.
    removed_rows: str | None = None
    #: Where the transaction did nothing but update captured rows, none of which got another primary key: the columns that
    #: ``removed_rows`` gives as they were. None is not known.
    compared: frozenset[str] | None = None


def touched_tables(session: Session) -> list[Touched]:
    """What the running transaction wrote, by PostgreSQL's own counters, and the tables that it created or altered.

    An update is taken for a change of keys unless every one was HOT. A TRUNCATE needs no look: PostgreSQL never leaves behind what
    refers to the table.
    """
    found = session.fetch(f"""
        SELECT c.oid, coalesce(s.n_tup_ins + s.n_tup_upd > 0, false),
               coalesce(s.n_tup_del > 0 OR s.n_tup_upd > s.n_tup_hot_upd, false)
        FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_stat_xact_user_tables s ON s.relid = c.oid
        WHERE c.relkind IN ('r', 'p', 'm') AND (s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0 OR {mine("c")})""")
    return [Touched(oid=oid, written=written, removed=removed) for oid, written, removed in found]


def verify_touched(
    session: Session,
    touched: Sequence[Touched],
    budget: float,
    *,
    bypass: bool | None = None,
    known: Known = frozenset(),
    enums: Collection[int] = (),
    routines: bool = True,
) -> Result:
    """Verify what a transaction touched and what refers to that, on its own connection; writes nothing.

    To be called after ``SET CONSTRAINTS ALL IMMEDIATE``. Every statement runs in a savepoint, so that a failure or the end of the
    budget costs the caller nothing; what the budget did not suffice for is a ``not-checked`` finding.

    :param budget: seconds for everything.
    :param bypass: whether the migration may have switched triggers off by ``session_replication_role`` (see
        :func:`alembic_safety.integrity.bypass.watch_triggers`); None asks whether its role could have.
    :param known: findings from before (see :func:`known_findings`), not reported again.
    :param enums: OIDs of enums that lost a label: all columns that can hold one of theirs are read.
    :param routines: compile all functions.
    """
    started = time.monotonic()
    result = Result()
    tables = {one.oid: one for one in touched}
    outcome = attempt(session, lambda: _scope(session, tables))
    if isinstance(outcome, Failure):
        result.add(failure_finding(outcome, None, "what was touched"))
        return result
    scope, relations = outcome.value
    result.server_version, result.tables = scope.version, len(relations)
    may_bypass = bypass if bypass is not None else could_bypass(session, scope.version)
    steps = _steps(session, scope, relations, tables, may_bypass, result.skipped)
    if routines:
        steps = itertools.chain(steps, [("functions", lambda: _routines(session))])
    if enums:
        steps = itertools.chain(steps, [("values of enums that lost a label", lambda: _labels(session, enums))])
    for name, step in steps:
        left = budget - (time.monotonic() - started)
        result.tasks_planned += 1
        if left <= 0:
            result.stopped = "time limit"
            result.add(not_checked(None, f"the budget of {budget:g} s was used up", what=name))
            continue
        for record in _limited(session, name, step, left):
            if not (isinstance(record, Finding) and (record.code, record.subject) in known):
                result.add(record)
        result.tasks_done += 1
    result.seconds = time.monotonic() - started
    return result


def known_findings(session: Session) -> Known:
    """What is wrong with the catalog, views and functions already: to be asked before a migration begins."""
    outcome = attempt(session, lambda: _known(session))
    return frozenset() if isinstance(outcome, Failure) else outcome.value


def _known(session: Session) -> Known:
    scope = open_scope(session, Options())
    records: list[Record] = []
    for check in (indexes.CHECK, constraints.CHECK, triggers.CHECK):
        for task in check.plan(session, scope):
            records.extend(task.run(session))
    records.extend(check_views(session, scope, read_views(session, scope)))
    records.extend(check_routines(session, read_routines(session, scope)))
    findings = [record for record in records if isinstance(record, Finding)]
    views = ((BROKEN_VIEW, str(oid)) for oid in oids_of(session, findings))
    return frozenset({*((finding.code, finding.subject) for finding in findings), *views})


def _scope(session: Session, tables: dict[int, Touched]) -> tuple[Scope, dict[int, Relation]]:
    scope = open_scope(session, Options()).limited(tables)
    rows = session.fetch(
        scope.query(
            f"SELECT oid, identity, relkind::text, {primary_key('scope.oid')} FROM scope WHERE relkind IN ('r', 'p', 'm')"
        )
    )
    return scope, {row[0]: Relation(row[0], row[1], row[2], tuple(row[3])) for row in rows}


def _limited(session: Session, name: str, step: Callable[[], Iterable[Record]], seconds: float) -> Iterable[Record]:
    """Run a step, read-only and within so many seconds; every setting ends with it."""

    def run() -> list[Record]:
        session.execute(
            f"SET LOCAL statement_timeout = {max(int(seconds * 1000), 1)}; SET LOCAL constraint_exclusion = off; "
            "SET LOCAL row_security = off; SET LOCAL jit = off; SET LOCAL transaction_read_only = on"
        )
        return list(step())

    outcome = attempt(session, run)
    return (failure_finding(outcome, None, name),) if isinstance(outcome, Failure) else outcome.value


Step = tuple[str, Callable[[], Iterable[Record]]]


def _steps(
    session: Session,
    scope: Scope,
    relations: dict[int, Relation],
    tables: dict[int, Touched],
    bypass: bool,
    skipped: list[str],
) -> Iterator[Step]:
    """What is to be done, the likeliest fault and the cheapest work first."""
    yield "indexes, triggers and constraints", lambda: _catalog(session, scope)
    yield "sequences", lambda: check_sequences(session, read_uses(session, scope))
    for oid, relation in relations.items():
        if tables[oid].written and relation.kind == "r":
            yield (
                f"the rows written to {relation.identity}",
                lambda oid=oid, relation=relation: _written(session, scope, relation, tables[oid], bypass, skipped),  # type: ignore[misc]
            )
    if any(tables[oid].removed for oid in relations):
        yield "references to what was removed", lambda: _removed(session, scope, relations, tables, bypass, skipped)
    yield "new and changed constraints", lambda: _changed_constraints(session, scope, relations)
    yield "views over what was touched", lambda: _views(session, tables)


def _catalog(session: Session, scope: Scope) -> Iterator[Record]:
    """Objects of the touched tables that this transaction left invalid, not validated or switched off."""
    changed = {
        row[0]
        for row in session.fetch(
            scope.query(f"""
            SELECT t.identity || '.' || quote_ident(g.tgname) FROM scope t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND {mine("g")}
            UNION ALL
            SELECT t.identity || '.' || quote_ident(con.conname) FROM scope t
            JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid
            WHERE {mine("con")}
               OR EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = con.oid AND {mine("g")})
            UNION ALL
            SELECT format('%I.%I', xn.nspname, x.relname) FROM scope t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND {mine("i")}
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace""")
        )
    }
    for check in (indexes.CHECK, constraints.CHECK, triggers.CHECK):
        for task in check.plan(session, scope):
            for record in task.run(session):
                if isinstance(record, Finding) and (record.subject in changed or record.subject is None):
                    yield record


#: SQL over ``con``: why PostgreSQL may not have enforced it in this transaction, else NULL.
_DOUBT = """CASE WHEN {bypass} THEN 'triggers could be switched off'
    WHEN NOT {enforced} THEN 'it is NOT ENFORCED'
    WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = con.oid
                 AND ({mine} OR g.tgenabled NOT IN ('O', 'A'))) THEN 'its triggers were switched'
    WHEN NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = con.oid) THEN 'it has no triggers'
    WHEN {cascade} THEN 'a BEFORE trigger can undo its cascade' END"""
_CASCADE = """((con.confdeltype IN ('c', 'n', 'd') OR con.confupdtype IN ('c', 'n', 'd'))
    AND EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g WHERE g.tgrelid = con.conrelid AND NOT g.tgisinternal
                AND g.tgtype & 3 = 3 AND g.tgtype & 24 <> 0))"""


def _doubt(scope: Scope, bypass: bool, *, cascade: bool) -> str:
    return _DOUBT.format(
        bypass="true" if bypass else "false",
        enforced="con.conenforced" if scope.at_least(18) else "true",
        mine=mine("g"),
        cascade=_CASCADE if cascade else "false",
    )


def _split(
    session: Session, scope: Scope, condition: str, bypass: bool, skipped: list[str], *, cascade: bool
) -> list[ForeignKey]:
    """The foreign keys that fulfil a condition over ``con`` and are in doubt; the others are noted as passed over."""
    doubt = _doubt(scope, bypass, cascade=cascade)
    rows = session.fetch(f"""SELECT con.oid, con.conrelid::regclass::text || '.' || quote_ident(con.conname), {doubt}, con.conrelid
        FROM pg_catalog.pg_constraint con WHERE con.contype = 'f' AND {condition}
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint up WHERE up.oid = con.conparentid AND up.conrelid = con.conrelid)""")
    skipped.extend(
        f"{name}: PostgreSQL enforced it in this transaction" for _, name, reason, _ in rows if reason is None
    )
    doubtful = [(oid, child) for oid, _, reason, child in rows if reason is not None]
    if not doubtful:
        return []
    children = open_scope(session, Options()).limited({child for _, child in doubtful})
    return list(read_foreign_keys(session, children, [oid for oid, _ in doubtful]))


def _written(
    session: Session, scope: Scope, relation: Relation, touched: Touched, bypass: bool, skipped: list[str]
) -> Iterator[Record]:
    keys = _split(session, scope, f"con.conrelid = {relation.oid}", bypass, skipped, cascade=False)
    other = _changed(session, relation, touched, [column for key in keys for column in key.columns])
    keys = [key for key in keys if other.intersection(key.columns)]
    if keys:
        yield from orphans_among(session, written_rows(session, relation, touched.written_keys), keys)
    # Deferrable uniqueness and exclusion are kept by triggers, too.
    kept = f"""EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g WHERE g.tgrelid = i.indrelid AND g.tgconstrindid = i.indexrelid
        AND ({mine("g")} OR g.tgenabled NOT IN ('O', 'A')))"""
    deferrable = session.fetch(
        f"""SELECT i.indexrelid, i.indisunique, i.indisexclusion FROM pg_catalog.pg_index i
        WHERE i.indrelid = {relation.oid} AND NOT i.indimmediate AND ({"true" if bypass else kept})"""
    )
    oids = [oid for oid, unique, _ in deferrable if unique]
    if oids:
        yield from uniqueness.find_duplicates(session, uniqueness.read_indexes(session, scope, oids))
    if any(exclusion for *_, exclusion in deferrable):
        suspects = replace(scope.limited([relation.oid]), options=Options(suspects_only=True))
        for task in exclusions.CHECK.plan(session, suspects):
            yield from task.run(session)
    if not bypass and not deferrable:
        skipped.append(
            f"{relation.identity}: NOT NULL, CHECK, uniqueness of the written rows are enforced by PostgreSQL"
        )


def _changed(session: Session, relation: Relation, touched: Touched, columns: Iterable[str]) -> set[str]:
    """Those of these columns (quoted) that may have got other values; rows that came or went count as that."""
    wanted = set(columns)
    if touched.columns is not None:
        wanted &= {quote_ident(column) for column in touched.columns}
    if not wanted or touched.compared is None or touched.removed_rows is None:
        return wanted
    known = wanted & {quote_ident(column) for column in touched.compared}
    return wanted - known | changed_columns(session, relation, touched.removed_rows, sorted(known))


def _removed(
    session: Session,
    scope: Scope,
    relations: dict[int, Relation],
    tables: dict[int, Touched],
    bypass: bool,
    skipped: list[str],
) -> Iterator[Record]:
    """Rows elsewhere that refer to rows which went away."""
    for oid, relation in relations.items():
        if not tables[oid].removed:
            continue
        above = f"ARRAY(SELECT relid::oid FROM pg_catalog.pg_partition_ancestors({oid})) || {oid}::oid"
        condition = f"con.confrelid = ANY ({above}) AND con.conparentid = 0"
        captured = tables[oid].removed_rows
        keys = _split(session, scope, condition, bypass, skipped, cascade=True)
        other = _changed(session, relation, tables[oid], [column for key in keys for column in key.referenced])
        for key in keys:
            if not other.intersection(key.referenced):
                continue
            if captured is not None:
                yield from orphans_of_removed(session, key, captured)
            else:
                yield from find_orphans(session, [key])


def _changed_constraints(session: Session, scope: Scope, relations: dict[int, Relation]) -> Iterator[Record]:
    """Whole tables, but only for constraints that this transaction added unvalidated, or whose function it replaced."""
    changed = {
        row[0]
        for row in session.fetch(f"""
            SELECT con.conrelid::regclass::oid::text || '.' || quote_ident(con.conname) FROM pg_catalog.pg_constraint con
            WHERE con.conrelid <> 0 AND con.contype IN ('c', 'n') AND (({mine("con")} AND NOT con.convalidated)
               OR EXISTS (SELECT 1 FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid AND {mine("p")}
                          WHERE d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = con.oid
                            AND d.refclassid = 'pg_catalog.pg_proc'::regclass))""")
    }
    oids = sorted({int(name.split(".")[0]) for name in changed})
    if oids:

        def concerns(relation: Relation, condition: Condition) -> bool:
            name = f"{relation.oid}.{condition.subject.removeprefix(f'{relation.identity}.')}"
            return name in changed or (condition.not_null is not None and condition.suspect)

        yield from _whole(session, oids, concerns)
    unvalidated = f"con.conrelid = ANY ({oid_array(relations)}) AND NOT con.convalidated AND {mine('con')}"
    yield from find_orphans(session, list(read_foreign_keys_of(session, scope, unvalidated)))


def _whole(session: Session, oids: Sequence[int], concerns: Callable[[Relation, Condition], bool]) -> Iterator[Record]:
    """What violates some of the conditions of these tables, read from beginning to end."""
    scope = open_scope(session, Options()).limited(oids)
    tables = []
    for table in table_scan.read_tables(session, scope, oids):
        conditions = tuple(condition for condition in table.conditions if concerns(table.relation, condition))
        if conditions and table.relation.kind == "r":
            tables.append(replace(table, conditions=conditions))
    yield from (r for r in table_scan.scan(session, scope, tables) if isinstance(r, Finding))


def _labels(session: Session, enums: Collection[int]) -> Iterator[Record]:
    found = session.fetch(columns_made_of(enums))
    if found:
        columns = {(row[0], row[1]) for row in found}

        def concerns(relation: Relation, condition: Condition) -> bool:
            column = condition.subject.removeprefix(f"{relation.identity}.")
            return condition.code == "enum-label-missing" and (relation.oid, column) in columns

        yield from _whole(session, sorted({oid for oid, _ in columns}), concerns)


_VIEWS = """
WITH RECURSIVE over(oid) AS (
    SELECT unnest({oids})
    UNION
    SELECT r.ev_class FROM over JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = over.oid
        AND d.classid = 'pg_catalog.pg_rewrite'::regclass
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
) SELECT DISTINCT over.oid FROM over JOIN pg_catalog.pg_class c ON c.oid = over.oid AND c.relkind IN ('v', 'm')
"""


def _views(session: Session, tables: dict[int, Touched]) -> Iterator[Record]:
    oids = [row[0] for row in session.fetch(_VIEWS.format(oids=oid_array(tables)))]
    # A view over a function depends on no table.
    made = session.fetch(f"SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind IN ('v', 'm') AND {mine('c')}")
    oids = sorted({*oids, *(row[0] for row in made), *views_that_call(session)})
    if oids:
        scope = open_scope(session, Options()).limited(oids)
        yield from check_views(session, scope, read_views(session, scope))


def _routines(session: Session) -> Iterator[Record]:
    # What a function in PL/pgSQL uses stands in no catalog, so all are compiled: a fraction of a millisecond each.
    yield from check_routines(session, read_routines(session, open_scope(session, Options())))
