"""Whether a transaction switched triggers off by ``session_replication_role``, which leaves no trace in any catalog.

PostgreSQL throws away every cached plan when that setting changes (assign_session_replication_role() in
src/backend/commands/variable.c calls ResetPlanCache()), and planner settings throw away none. So a statement that was planned
under strange planner settings keeps its strange plan for as long as the setting was left alone, whoever tried to change it: a
function, a DO block, a SET that was taken back. A few other things throw plans away too (a new schema, operator or temporary
table, DISCARD); then nothing is known, and the more careful reading holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic_safety.integrity.attempt import Failure, attempt_all
from alembic_safety.postgres.session import Session

_MARK = "Nested Loop"
# A path that nothing else changes, and no relation whose change would throw the plan away.
_PATH = "SET LOCAL search_path = pg_catalog"
_STRANGE = ("SET LOCAL enable_hashjoin = off", "SET LOCAL enable_mergejoin = off", "SET LOCAL enable_nestloop = on")
_OTHERWISE = ("SET LOCAL enable_hashjoin = on", "SET LOCAL enable_mergejoin = on", "SET LOCAL enable_nestloop = off")
_ROLE = "SELECT pg_catalog.current_setting('session_replication_role')"
_STATEMENT = "SELECT FROM generate_series(1, 3) AS a(n) JOIN generate_series(1, 3) AS b(n) ON a.n = b.n"


@dataclass(frozen=True, slots=True)
class Watch:
    """A statement whose plan tells whether triggers may have been switched off since it was planned."""

    name: str

    def untouched(self, session: Session) -> bool:
        """Whether triggers certainly worked all the time since the watch began; False where nothing is known."""
        outcome = attempt_all(session, self.questions)
        return not isinstance(outcome, Failure) and self.answered(outcome.value[-1])

    @property
    def questions(self) -> list[str]:
        """What ``untouched`` asks, for an attempt of the caller's: the rows of the last one are what ``answered`` judges."""
        return [_PATH, *_OTHERWISE, self._explain]

    @staticmethod
    def answered(rows: Sequence[tuple[Any, ...]]) -> bool:
        """See ``questions``."""
        return _is_strange(rows)

    def begin(self, session: Session) -> bool:
        """Plan the statement; whether that can tell anything."""
        # The second time shows the plan that is kept, and under other settings.
        first = [_PATH, *_STRANGE, f"PREPARE {self.name} AS {_STATEMENT}", self._explain]
        outcome = attempt_all(session, [*first, *_OTHERWISE, self._explain, _ROLE])
        if isinstance(outcome, Failure):
            return False
        plan, kept, role = outcome.value[len(first) - 1], outcome.value[-2], outcome.value[-1][0][0]
        return role != "replica" and plan == kept and _is_strange(kept)

    def end(self, session: Session) -> None:
        """Leave nothing of it in the session."""
        attempt_all(session, [f"DEALLOCATE {self.name}"])

    @property
    def _explain(self) -> str:
        return f"EXPLAIN (COSTS OFF) EXECUTE {self.name}"


def _is_strange(plan: Sequence[tuple[Any, ...]]) -> bool:
    return any(_MARK in str(row[0]) for row in plan)


def watch_triggers(session: Session) -> Watch | None:
    """Begin to watch, inside the transaction in question; None where triggers are off already, or it can't be told.

    As long as it stays untouched, it can be asked again in later transactions of the session.
    """
    watch = Watch(f"alembic_safety_watch_{secrets.token_hex(6)}")
    return watch if watch.begin(session) else None


def could_bypass(session: Session, version: int) -> bool:
    """Whether the roles of this session could have switched off triggers, themselves or by a function that somebody left for them."""
    granted = (
        "OR pg_catalog.has_parameter_privilege(r.rolname, 'session_replication_role', 'SET')"
        if version >= 150000
        else ""
    )
    return bool(
        session.fetch(
            f"""SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_roles r
            WHERE r.rolname IN (session_user, current_user) AND (r.rolsuper {granted}))
            OR EXISTS (SELECT 1 FROM pg_catalog.pg_proc p WHERE p.prosecdef AND p.oid >= 16384
                       AND (p.prosrc ~* 'session_replication_role' OR p.proconfig::text ~* 'session_replication_role'))"""
        )[0][0]
    )
