"""Views and materialized views that can't be planned any more.

Each is planned by EXPLAIN, never run. Planning may evaluate what is immutable, as it does whenever somebody uses the view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from alembic_safety.integrity.attempt import NOT_NOW, Failure, attempt, is_gone
from alembic_safety.integrity.records import Record, not_checked
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import Check, Task
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

NAME = "views"
_BATCH = 50
_SECONDS = 0.0003

# The text of a view's query is asked for one by one: deparsing a damaged view fails as well.
_SQL = "SELECT oid, identity, relkind::text FROM scope WHERE relkind IN ('v', 'm') ORDER BY identity"


@dataclass(frozen=True, slots=True)
class View:
    """A view (``v``) or materialized view (``m``)."""

    oid: int
    identity: str
    kind: str


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """One task for every fifty views."""
    views = read_views(session, scope)
    for start in range(0, len(views), _BATCH):
        batch = tuple(views[start : start + _BATCH])
        yield Task(NAME, f"{len(batch)} views", _SECONDS * len(batch), partial(_run, scope, batch))


CHECK = Check(NAME, "views that can't be planned, materialized views that hold nothing", plan)


def _run(scope: Scope, views: Sequence[View], session: Session) -> Iterator[Record]:
    yield from check_views(session, scope, views)


def read_views(session: Session, scope: Scope) -> list[View]:
    """The views and materialized views of the scope."""
    return [View(*row) for row in session.fetch(scope.query(_SQL))]


def check_views(session: Session, scope: Scope, views: Sequence[View]) -> Iterator[Record]:
    """A finding for each view that can't be planned."""
    plain = [view for view in views if view.kind == "v"]
    if plain:
        whole = "; ".join(_explain(view) for view in plain)
        if isinstance(attempt(session, lambda: session.execute(whole)), Failure):
            for view in plain:
                yield from _check(session, view, _explain(view))
    for view in views:
        if view.kind == "m":
            yield from _materialized(session, scope, view)


def _explain(view: View) -> str:
    return f"EXPLAIN (COSTS OFF) SELECT * FROM {view.identity}"


def _materialized(session: Session, scope: Scope, view: View) -> Iterator[Record]:
    populated = session.fetch(f"SELECT relispopulated FROM pg_catalog.pg_class WHERE oid = {view.oid}")
    if populated and not populated[0][0]:
        yield Finding(
            code="view-not-populated",
            severity=Severity.WARNING,
            message=f"materialized view {view.identity} holds nothing: reading it fails",
            kind="materialized_view",
            subject=view.identity,
            remedy=f"REFRESH MATERIALIZED VIEW {view.identity}",
        )
    text = attempt(session, lambda: session.fetch(f"SELECT pg_get_viewdef({view.oid}::oid)")[0][0])
    if isinstance(text, Failure):
        if not is_gone(session, view.oid):
            yield _broken(view, text)
    elif text.value:
        yield from _check(session, view, f"EXPLAIN (COSTS OFF) {text.value}")


def _check(session: Session, view: View, sql: str) -> Iterator[Record]:
    outcome = attempt(session, lambda: session.execute(sql))
    if not isinstance(outcome, Failure):
        return
    if outcome.sqlstate in NOT_NOW:
        yield not_checked(view.identity, outcome.reason, kind=_kind(view))
    elif not is_gone(session, view.oid):
        yield _broken(view, outcome)


def _kind(view: View) -> str:
    return "view" if view.kind == "v" else "materialized_view"


def _broken(view: View, failure: Failure) -> Finding:
    return Finding(
        code="broken-view",
        severity=Severity.ERROR,
        message=f"{_kind(view).replace('_', ' ')} {view.identity} can't be planned: {failure.reason}",
        kind=_kind(view),
        subject=view.identity,
        query=f"EXPLAIN SELECT * FROM {view.identity}",
        remedy="Correct what it uses, or replace the view",
    )
