"""Whether a transaction switched triggers off by ``session_replication_role``, which leaves no trace in any catalog.

PostgreSQL throws away every cached plan when that setting changes (assign_session_replication_role() in
src/backend/commands/variable.c calls ResetPlanCache()), and planner settings throw away none. So a statement that was planned
under strange planner settings keeps its strange plan for as long as the setting was left alone, whoever tried to change it: a
function, a DO block, a SET that was taken back. A few other things throw plans away too (a new schema, operator or temporary
table, DISCARD); then nothing is known, and the more careful reading holds.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.postgres.session import Session

_MARK = "Nested Loop"
# A path that nothing else changes, and no relation whose change would throw the plan away.
_PATH = "SET LOCAL search_path = pg_catalog"
_STRANGE = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = on"
_OTHERWISE = "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_nestloop = off"
_STATEMENT = "SELECT FROM generate_series(1, 3) AS a(n) JOIN generate_series(1, 3) AS b(n) ON a.n = b.n"


@dataclass(frozen=True, slots=True)
class Watch:
    """A statement whose plan tells whether triggers may have been switched off since it was planned."""

    name: str

    def untouched(self, session: Session) -> bool:
        """Whether triggers certainly worked all the time; False where nothing is known. Ends the watch."""
        outcome = attempt(session, lambda: self._plan(session))
        attempt(session, lambda: session.execute(f"DEALLOCATE {self.name}"))
        return not isinstance(outcome, Failure) and _MARK in outcome.value

    def _plan(self, session: Session) -> str:
        session.execute(f"{_PATH}; {_OTHERWISE}")
        return "\n".join(str(row[0]) for row in session.fetch(f"EXPLAIN (COSTS OFF) EXECUTE {self.name}"))


def watch_triggers(session: Session) -> Watch | None:
    """Begin to watch, inside the transaction in question; None where triggers are off already, or it can't be told."""
    watch = Watch(f"alembic_safety_watch_{secrets.token_hex(6)}")

    def begin() -> bool:
        session.execute(f"{_PATH}; {_STRANGE}; PREPARE {watch.name} AS {_STATEMENT}")
        plan = session.fetch(f"EXPLAIN (COSTS OFF) EXECUTE {watch.name}")
        # The second time shows the plan that is kept, and under other settings.
        session.execute(_OTHERWISE)
        kept = session.fetch(f"EXPLAIN (COSTS OFF) EXECUTE {watch.name}")
        role = session.fetch("SELECT pg_catalog.current_setting('session_replication_role')")[0][0]
        return role != "replica" and plan == kept and any(_MARK in str(row[0]) for row in kept)

    outcome = attempt(session, begin)
    return None if isinstance(outcome, Failure) or not outcome.value else watch


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
