"""What an upgrade would do to the project's own database, found out through its own env.py without changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError, SafetyError
from alembic_safety.guard.backup.plan import backup_folder, plan_backup
from alembic_safety.guard.live import exclusions
from alembic_safety.guard.offline import offline_sql
from alembic_safety.guard.preflight.kept import Kept, kept
from alembic_safety.guard.preflight.run import in_transaction, run_checks
from alembic_safety.guard.preflight.target import Pending, Relation, Target, target_of
from alembic_safety.guard.preflight.work import Work, work_of
from alembic_safety.guard.rehearsed import drift, expected_now, uses_certificates
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import SqlalchemySession, commits_by_itself
from alembic_safety.rehearsal.closure import ABSENT, entries
from alembic_safety.revisions.internals import is_transaction_per_migration, upgrade_steps
from alembic_safety.settings import load_settings
from alembic_safety.settings.values import shown_size

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext, RevisionStep

    from alembic_safety.guard.preflight.records import Result
    from alembic_safety.postgres.session import Session
    from alembic_safety.rehearsal.certificate import Certificate
    from alembic_safety.settings import Settings

_WHERE = """
SELECT pg_catalog.current_database(), current_user::pg_catalog.text, pg_catalog.current_setting('server_version'),
  coalesce(pg_catalog.host(pg_catalog.inet_server_addr()), 'a unix socket')
"""
_READS = """
SELECT s.identity, coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0), coalesce(d.stats_reset::date::text, 'statistics were begun')
FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS s (identity)
JOIN pg_catalog.pg_stat_user_tables t ON t.relid = pg_catalog.to_regclass(s.identity)
JOIN pg_catalog.pg_stat_database d ON d.datname = pg_catalog.current_database()
"""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What would be done to one database."""

    #: ``shop on 10.0.0.5 as migrator``, without secrets.
    database: str
    server: str
    heads: tuple[str, ...]
    per_migration: bool
    pending: Sequence[Pending]
    #: The setting ``certificates``; ``off`` also where the project has none and doesn't have to.
    certificates: str
    checks: Sequence[Result]
    #: What is not as it was rehearsed, a sentence each.
    drift: Sequence[str]
    relations: Mapping[str, Relation]
    work: Sequence[Work]
    #: What is kept for the way back.
    kept: Sequence[Kept]
    #: What is backed up, and what that needs, in one line.
    backup: str
    #: The upgrade as SQL, by revision; None where it cannot be written down.
    sql: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    #: How often tables that would be dropped were read, a part of a sentence each.
    reads: Mapping[str, str] = field(default_factory=dict)


def _versions(context: MigrationContext) -> str:
    """Which version table it is, where a database may have several of them."""
    schema, table = context.version_table_schema, context.version_table
    if schema is None and table == "alembic_version":
        return ""
    return f", by version table {table}" + (f" in schema {schema}" if schema is not None else "")


def plan(config: Config, to: str, *, rehearsed: Mapping[str, Certificate] = MappingProxyType({})) -> list[Planned]:
    """Look at every database that env.py connects to.

    :param to: the revision to arrive at, as for ``alembic upgrade``.
    :param rehearsed: certificates that were not written, by revision.
    :raises GuardError: env.py gives no connection to a PostgreSQL database.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    settings = load_settings(config)
    found: list[Planned] = []

    def work(heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        if context.connection is None or context.dialect.name != "postgresql":
            raise GuardError("safety-plan needs a connection to a PostgreSQL database")
        steps = upgrade_steps(script, to, heads)
        session = SqlalchemySession(context.connection)
        with in_transaction(session, autocommit=commits_by_itself(context.connection)):
            found.append(_planned(context, settings, heads, steps, rehearsed))
        return []

    with EnvironmentContext(config, script, fn=work, as_sql=False, dont_mutate=True, destination_rev=to):
        script.run_env()
    if not found:
        raise GuardError(
            "env.py ended without running migrations: it must call hooks.run() or context.run_migrations()"
        )
    return found


def _planned(
    context: MigrationContext,
    settings: Settings,
    heads: tuple[str, ...],
    steps: Sequence[RevisionStep],
    rehearsed: Mapping[str, Certificate],
) -> Planned:
    target = target_of(context, settings, steps, is_upgrade=True, rehearsed=rehearsed)
    database, role, version, host = target.session.fetch(_WHERE)[0]
    names = {name for p in target.pending for name in p.tables}
    return Planned(
        database=f"{database} on {host} as {role}{_versions(context)}",
        server=f"PostgreSQL {version}",
        heads=tuple(heads),
        per_migration=is_transaction_per_migration(context),
        pending=target.pending,
        certificates=_policy(settings, target),
        checks=run_checks(target) if steps else (),
        drift=_drift(context, settings, target),
        relations=target.relations(names),
        work=[work for pending in target.pending for work in work_of(target, pending)],
        kept=[one for pending in target.pending for one in kept(target, pending)],
        backup=_backup(settings, target),
        sql={step.revision.revision: _sql(context, step) for step in steps},
        reads=dict(_reads(target.session, target.pending)),
    )


def _policy(settings: Settings, target: Target) -> str:
    demanded = settings.certificates == "require" or (target.chain is not None and uses_certificates(target.chain))
    return settings.certificates if demanded else "off"


def _drift(context: MigrationContext, settings: Settings, target: Target) -> list[str]:
    closures = {p.id: p.proof.closure for p in target.pending if p.proof is not None and p.proof.closure is not None}
    if settings.certificates == "off" or not closures:
        return []
    expected = expected_now([p.id for p in target.pending], closures)
    if not expected:
        return []
    live = read_snapshot(target.session, exclude=exclusions(context, settings))
    return drift(live, expected, carried=settings.live_state != "off")


def _backup(settings: Settings, target: Target) -> str:
    if not target.pending:
        return "none, because there is nothing to do"
    try:
        chosen = plan_backup(target.session, target.chain, [p.id for p in target.pending], settings)
    except SafetyError as error:
        return f"not possible: {error}"
    place = f", at most {shown_size(chosen.estimate)} in {backup_folder(settings)}" if chosen.estimate else ""
    return chosen.describe() + place


def _sql(context: MigrationContext, step: RevisionStep) -> list[str] | None:
    assert context.script is not None
    try:
        return offline_sql(context, context.script.get_revision(step.revision.revision), is_upgrade=True)
    except Exception:  # noqa: BLE001 - an upgrade() that asks the database what to do may raise anything without one
        return None


def _reads(session: Session, pending: Sequence[Pending]) -> Iterator[tuple[str, str]]:
    gone = sorted(
        {
            identity
            for one in pending
            for (kind, identity), was, is_ in entries((one.seen.closure if one.seen is not None else None) or {})
            if kind == "table" and is_ == ABSENT and was != ABSENT
        }
    )
    if not gone:
        return
    names = "ARRAY[" + ", ".join(map(quote_literal, gone)) + "]"
    for identity, count, since in session.fetch(_READS.format(names=names)):
        if count:
            times = "once" if count == 1 else f"{count} times"
            yield str(identity), f"it was read {times} since {since}"
