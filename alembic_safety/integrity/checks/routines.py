"""Functions and procedures that don't compile any more.

None is ever executed, and nothing is created again: the languages' own validators (what CREATE FUNCTION calls) read the stored
body. That needs neither ownership nor a writable server. For SQL they resolve every name; for PL/pgSQL they check syntax and
declared types, and where the extension plpgsql_check is installed, that looks into every statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from alembic_safety.integrity.attempt import NOT_NOW, Failure, Success, attempt, is_gone
from alembic_safety.integrity.records import Record, not_checked
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import Check, Task
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.postgres.session import Session

NAME = "routines"
_BATCH = 100
_SECONDS = 0.0002
_VALIDATORS = {"sql": "pg_catalog.fmgr_sql_validator", "plpgsql": "pg_catalog.plpgsql_validator"}

_SQL = """
SELECT p.oid, format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
       p.prokind::text, l.lanname, n.nspname, p.proconfig, p.prorettype = 'pg_catalog.trigger'::regtype,
       ARRAY(SELECT DISTINCT t.tgrelid::int8 FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid ORDER BY 1)
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql')
WHERE {condition} AND p.prokind <> 'a'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid
                  AND e.deptype = 'e')
ORDER BY 2
"""

_CHECKER = """
SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'plpgsql_check'
"""


@dataclass(frozen=True, slots=True)
class Routine:
    """A function or procedure in SQL or PL/pgSQL."""

    oid: int
    identity: str
    prokind: str
    language: str
    schema: str
    settings: tuple[str, ...]
    is_trigger: bool
    #: The tables whose triggers call it.
    tables: tuple[int, ...]

    @property
    def kind(self) -> str:
        """The kind of object."""
        return "procedure" if self.prokind == "p" else "function"

    def validate(self) -> str:
        """A query that compiles it."""
        return f"SELECT {_VALIDATORS[self.language]}({self.oid})"


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """One task for every hundred routines."""
    if scope.narrowed:
        return
    routines = read_routines(session, scope)
    for start in range(0, len(routines), _BATCH):
        batch = tuple(routines[start : start + _BATCH])
        yield Task(NAME, f"{len(batch)} functions", _SECONDS * len(batch), partial(_run, batch))


CHECK = Check(NAME, "functions and procedures that don't compile", plan)


def read_routines(session: Session, scope: Scope) -> list[Routine]:
    """Every routine in SQL or PL/pgSQL of the scope's schemas that belongs to no extension."""
    return [
        Routine(row[0], row[1], row[2], row[3], row[4], tuple(row[5] or ()), row[6], tuple(row[7]))
        for row in session.fetch(_SQL.format(condition=scope.schema_condition))
    ]


def _run(routines: Sequence[Routine], session: Session) -> Iterator[Record]:
    yield from check_routines(session, routines)


def check_routines(session: Session, routines: Sequence[Routine]) -> Iterator[Record]:
    """A finding for each routine that doesn't compile."""
    checker = session.fetch(_CHECKER)
    plain = [routine for routine in routines if not routine.settings]
    whole = "SET LOCAL check_function_bodies = on; " + "; ".join(routine.validate() for routine in plain)
    clean = not plain or isinstance(attempt(session, lambda: session.execute(whole)), Success)
    for routine in routines:
        if routine.settings or not clean:
            found = list(_compile(session, routine))
            yield from found
            if found:
                continue
        if checker and routine.language == "plpgsql":
            yield from _check_statements(session, routine, checker[0][0])


def _compile(session: Session, routine: Routine) -> Iterator[Record]:
    outcome = attempt(session, lambda: session.execute(_settings(routine) + routine.validate()))
    if not isinstance(outcome, Failure):
        return
    if outcome.sqlstate in NOT_NOW:
        yield not_checked(routine.identity, outcome.reason, kind=routine.kind)
        return
    if is_gone(session, routine.oid, routine=True):
        return
    if not _sets_path(routine):
        # Names are resolved by whoever calls it: with its own schema in the path, too?
        path = session.fetch("SELECT current_setting('search_path')")[0][0]
        wider = f"{quote_ident(routine.schema)}, {path}" if path.strip() else quote_ident(routine.schema)
        setting = f"SET LOCAL search_path = {wider}; "
        again = attempt(session, lambda: session.execute(_settings(routine) + setting + routine.validate()))
        if not isinstance(again, Failure):
            yield _finding(
                routine,
                "routine-needs-search-path",
                Severity.INFO,
                f"compiles only with {routine.schema} in the search_path: {outcome.reason}",
                f"ALTER {routine.kind.upper()} {routine.identity} SET search_path = {wider}",
            )
            return
    yield _finding(
        routine,
        "broken-routine",
        Severity.ERROR,
        f"doesn't compile: {outcome.reason}",
        "Replace it by a definition that fits the schema, or drop it",
    )


def _settings(routine: Routine) -> str:
    """The routine's own SET clauses, which also hold while CREATE FUNCTION validates it."""
    statements = ["SET LOCAL check_function_bodies = on"]
    for setting in routine.settings:
        name, _, value = setting.partition("=")
        statements.append(f"SELECT pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, true)")
    return "; ".join(statements) + "; "


def _sets_path(routine: Routine) -> bool:
    return any(setting.startswith("search_path=") for setting in routine.settings)


def _check_statements(session: Session, routine: Routine, schema: str) -> Iterator[Record]:
    """plpgsql_check: prepares each statement, executes none."""
    if routine.is_trigger and not routine.tables:
        return  # it can only be looked at together with a table
    for table in routine.tables if routine.is_trigger else (0,):
        sql = (
            f"SELECT lineno, message FROM {schema}.plpgsql_check_function_tb({routine.oid}::regprocedure, {table}::regclass, "
            "fatal_errors => false, other_warnings => false, extra_warnings => false, performance_warnings => false) "
            "WHERE level = 'error' ORDER BY lineno LIMIT 5"
        )
        outcome = attempt(session, partial(_set_and_fetch, session, _settings(routine), sql))
        if isinstance(outcome, Failure):
            yield not_checked(routine.identity, outcome.reason, kind=routine.kind, what="the statements")
            return
        if outcome.value:
            lines = [f"line {line}: {message}" for line, message in outcome.value]
            yield _finding(
                routine,
                "broken-routine",
                Severity.ERROR,
                lines[0],
                "Replace it by a definition that fits the schema",
                lines,
            )
            return


def _finding(
    routine: Routine, code: str, severity: Severity, what: str, remedy: str, examples: Sequence[str] = ()
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=f"{routine.kind} {routine.identity} {what}"
        if not examples
        else f"{routine.kind} {routine.identity}: {what}",
        kind=routine.kind,
        subject=routine.identity,
        count=len(examples) or None,
        examples=tuple(examples),
        query=routine.validate(),
        remedy=remedy,
    )


def _set_and_fetch(session: Session, settings: str, sql: str) -> list[tuple[Any, ...]]:
    session.execute(settings)
    return session.fetch(sql)
