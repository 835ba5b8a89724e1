"""The integrity of what a transaction touched, before its COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError
from alembic_safety.guard.captured import with_captures
from alembic_safety.guard.log import log
from alembic_safety.integrity.records import NOT_CHECKED
from alembic_safety.integrity.soundness import BROKEN_VIEW, broken_routines, broken_views, oids_of, views_that_call
from alembic_safety.integrity.touched import Touched, touched_tables, verify_touched
from alembic_safety.model.finding import Severity

if TYPE_CHECKING:
    from alembic_safety.integrity.touched import Known
    from alembic_safety.model.finding import Finding
    from alembic_safety.postgres.session import Session

#: Rows or objects that are wrong whatever the migration was meant to do. What else is found is only said.
_REFUSED = frozenset({
    "broken-view", "check-violated", "data-corrupted", "domain-violated", "duplicate-keys", "enum-label-missing",
    "exclusion-violated", "invalid-index", "null-in-not-null", "orphan-rows", "row-outside-partition",
})  # fmt: skip
_SHOWN = 20
_WITHOUT_END = 86400.0
_NOT_VALIDATED = """
SELECT pg_catalog.format('%I.%I.%I', n.nspname, c.relname, con.conname) FROM pg_catalog.pg_constraint con
JOIN pg_catalog.pg_class c ON c.oid = con.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT con.convalidated
"""
_TABLES = "SELECT oid FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm') AND oid >= 16384"
#: Without rows written and functions replaced, nothing got past what PostgreSQL enforces itself; but a view with a function in it
#: breaks with anything that the function names.
# Nothing is written without that lock, and to ask for the counts of every table takes long.
MAY_BE_WRONG = """
SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
        WHERE l.pid = pg_catalog.pg_backend_pid() AND l.mode = 'RowExclusiveLock' AND l.relation >= 16384 AND c.relkind <> 'i'
        AND c.relname <> {version_table} AND c.relnamespace IS DISTINCT FROM pg_catalog.to_regnamespace('{own}'))
    THEN EXISTS (SELECT 1 FROM pg_catalog.pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
        AND schemaname <> '{own}' AND relname <> {version_table}) ELSE false END
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_proc p WHERE p.oid >= 16384 AND {mine})
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indexrelid >= 16384 AND NOT (i.indisvalid AND i.indisready) AND {mine_too})
    OR {labels_deleted},
    {views_call}
"""
#: Counts what earlier transactions of the session deleted as well.
LABELS_DELETED = "pg_catalog.pg_stat_get_xact_tuples_deleted('pg_catalog.pg_enum'::regclass) > 0"
_LABELS = "SELECT oid::int8, enumtypid::int8 FROM pg_catalog.pg_enum"


def check_integrity(
    session: Session,
    known: Known,
    budget: float | None,
    *,
    everything: bool,
    untouched: bool = False,
    routines: bool = True,
    expected: AbstractSet[str] = frozenset(),
    beside: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    """Verify within the transaction, after ``SET CONSTRAINTS ALL IMMEDIATE``.

    :param known: what was wrong before.
    :param everything: all tables and all constraints, not only what was touched and what PostgreSQL did not enforce itself.
    :param untouched: triggers certainly worked all the time; otherwise it is asked whether the role could have switched them off.
    :param routines: look at functions, too.
    :param expected: kind and identity of views that were broken in the rehearsal as well, which preflight has judged.
    :param beside: asks a session that still sees what was there before.
    :raises GuardError: rows or objects are wrong.
    """
    touched = with_captures(session, touched_tables(session))
    if everything:
        touched = [Touched(oid=row[0], removed=True) for row in session.fetch(_TABLES)]
    bypass = True if everything else False if untouched else None
    seconds = _WITHOUT_END if budget is None else budget
    enums = _enums_without_a_label(session, beside)
    result = verify_touched(session, touched, seconds, bypass=bypass, known=known, enums=enums, routines=routines)
    # A constraint that is NOT VALID may have rows against it: that is what NOT VALID is for.
    excused = {row[0] for row in session.fetch(_NOT_VALIDATED)} if result.errors else set()
    _judge(session, result.findings, known, excused, expected)


def check_soundness(session: Session, known: Known, *, routines: bool, expected: AbstractSet[str]) -> None:
    """Only views that call functions of the database's own, and functions. Parameters and errors as of ``check_integrity``."""
    found = [*broken_views(session, views_that_call(session)), *(broken_routines(session) if routines else ())]
    fresh = [finding for finding in found if (finding.code, finding.subject) not in known]
    _judge(session, fresh, known, frozenset(), expected)


def _judge(
    session: Session, findings: Iterable[Finding], known: Known, excused: AbstractSet[str], expected: AbstractSet[str]
) -> None:
    wrong = []
    for finding in findings:
        if any((BROKEN_VIEW, str(oid)) in known for oid in oids_of(session, [finding])):
            continue  # it was so under another name
        words = f"{(finding.kind or '').replace('_', ' ')} {finding.subject}"
        is_wrong = finding.severity is Severity.ERROR and finding.code in _REFUSED
        if is_wrong and finding.subject not in excused and not (finding.code == BROKEN_VIEW and words in expected):
            wrong.append(finding)
        elif finding.severity is not Severity.INFO or finding.code == NOT_CHECKED:
            log().warning("%s", finding.message)
    if wrong:
        found = "".join(f"\n  {_told(finding)}" for finding in wrong[:_SHOWN])
        raise GuardError(f"before COMMIT this was found:{found}\n-x safety.verify=off goes on without looking")


def _enums_without_a_label(session: Session, beside: Callable[[str], list[tuple[Any, ...]]]) -> set[int]:
    """The enums from which this transaction took a label, by writing to the catalog; their columns may hold it still."""
    if not session.fetch(f"SELECT {LABELS_DELETED}")[0][0]:
        return set()
    now = {int(label) for label, _ in session.fetch(_LABELS)}
    # Most often a whole type was dropped.
    enums = {int(row[0]) for row in session.fetch("SELECT oid::int8 FROM pg_catalog.pg_type WHERE typtype = 'e'")}
    return {int(enum) for label, enum in beside(_LABELS) if int(label) not in now} & enums


def _told(finding: Finding) -> str:
    return f"{finding.message} ({', '.join(finding.examples)})" if finding.examples else finding.message
