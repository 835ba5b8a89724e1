"""What upgrades kept in the project's own database: list it, and drop what nobody needs any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError, OwnershipError
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.session import Session, SqlalchemySession

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

_READ = """
SELECT p.number, p.revision, p.created, p.finished IS NOT NULL, p.restored, p.doubts,
  EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = p.backend),
  ARRAY(SELECT q.source || CASE WHEN q.strategy = 'sequence' THEN '' ELSE ' (' || coalesce(q.rows::text, '?') || ' rows)' END
    FROM {schema}.quarantine q WHERE q.preservation = p.number ORDER BY q.number),
  (SELECT coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::pg_catalog.int8 FROM {schema}.quarantine q
    JOIN pg_catalog.pg_class c ON c.relnamespace = '{schema}'::pg_catalog.regnamespace
      AND c.relname IN ('q' || q.number || '_old', 'q' || q.number || '_made') WHERE q.preservation = p.number)
FROM {schema}.preservation p WHERE p.version_table = {table} ORDER BY p.number
"""


@dataclass(frozen=True, kw_only=True)
class Preserved:
    """What one upgrade kept."""

    number: int
    revision: str
    created: datetime
    #: Whether its upgrade came to its end.
    finished: bool
    #: When a downgrade gave it back; None: not yet.
    restored: datetime | None
    #: Writes that were not kept, a sentence each.
    doubts: tuple[str, ...]
    #: Whether the session that began it is still there.
    running: bool
    #: Tables and sequences, with their numbers of rows.
    sources: tuple[str, ...]
    bytes: int
    #: Whether the database has the revision, so that its downgrade still needs this.
    needed: bool

    @property
    def state(self) -> str:
        """In words."""
        if self.restored is not None:
            return f"given back on {self.restored:%Y-%m-%d}"
        if not self.finished:
            return "being written" if self.running else "of an upgrade that did not come to its end"
        if self.doubts:
            return "incomplete: " + "; ".join(self.doubts)
        return "needed by the downgrade" if self.needed else "of a revision that the database does not have any more"


def preserved(config: Config) -> list[Preserved]:
    """All that is kept for the project's version table, the oldest first; only reads.

    :raises GuardError: env.py gives no connection.
    """
    found: list[Preserved] = []

    def read(context: MigrationContext, session: Session) -> None:
        found.extend(_read(context, session))

    _within(config, read)
    return found


def drop(
    config: Config, numbers: Sequence[int] = (), *, older_than: float | None = None, dry_run: bool = False
) -> list[Preserved]:
    """Drop what was kept, in one transaction; returns what was (or would be) dropped.

    :param numbers: which, as ``preserved`` numbers them; none: every one that is old enough.
    :param older_than: seconds.
    :raises OwnershipError: a number is not in the registry, or its upgrade is still running.
    """
    chosen: list[Preserved] = []

    def work(context: MigrationContext, session: Session) -> None:
        known = {one.number: one for one in _read(context, session)}
        for number in numbers:
            if number not in known:
                raise OwnershipError(
                    f"{number} is no number of what is kept: 'alembic safety-quarantine list' shows them"
                )
        limit = datetime.now(timezone.utc) - timedelta(seconds=older_than or 0)
        chosen.extend(
            one
            for one in known.values()
            if (not numbers or one.number in numbers) and (older_than is None or one.created < limit)
        )
        for one in chosen:
            if one.running:
                raise OwnershipError(
                    f"{one.number} of revision {one.revision} is being written by an upgrade that runs now"
                )
            if not dry_run:
                session.fetch(f"SELECT {own_schema.NAME}.drop_preservation({one.number})")

    _within(config, work, commits=not dry_run)
    return chosen


def _read(context: MigrationContext, session: Session) -> list[Preserved]:
    if not session.fetch(f"SELECT 1 WHERE pg_catalog.to_regclass('{own_schema.NAME}.preservation') IS NOT NULL"):
        return []
    table = qualified(context.version_table_schema, context.version_table)
    heads = set(context.get_current_heads())
    script = context.script
    applied = (
        {r.revision for r in script.iterate_revisions(tuple(heads), "base")} if script is not None and heads else heads
    )
    rows = session.fetch(_READ.format(schema=own_schema.NAME, table=quote_literal(table)))
    return [
        Preserved(
            number=int(number),
            revision=revision,
            created=created,
            finished=finished,
            restored=restored,
            doubts=tuple(doubts),
            running=running and not finished,
            sources=tuple(sources),
            bytes=int(size),
            needed=revision in applied and restored is None,
        )
        for number, revision, created, finished, restored, doubts, running, sources, size in rows
    ]


def _within(config: Config, work: Any, *, commits: bool = False) -> None:
    """Run something on the connection that the project's env.py makes."""
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)

    def on_connection(_heads: Any, context: MigrationContext) -> list[Any]:
        if context.connection is None:
            raise GuardError("safety-quarantine needs a connection to the database")
        session = SqlalchemySession(context.connection)
        with context.connection.begin_nested() if context.connection.in_transaction() else context.connection.begin():
            work(context, session)
        if commits and context._transaction is None and context.connection.in_transaction():  # noqa: SLF001 - env.py began none of its own
            context.connection.commit()
        return []

    with EnvironmentContext(config, script, fn=on_connection, as_sql=False, dont_mutate=True):
        script.run_env()
