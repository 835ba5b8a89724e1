"""Downgrades kept in the target database, so that an older checkout can take back a revision whose file it doesn't have."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.concurrently import within_transaction
from alembic_safety.errors import GuardError, IrreversibleError, SafetyError
from alembic_safety.guard.kept_rows import NO_ROWS, why_not_given_back
from alembic_safety.guard.notes import Note, write
from alembic_safety.guard.offline import offline_sql
from alembic_safety.guard.unfit import OF_ROWS, put_aside, told
from alembic_safety.model.probe import Probe
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.probes import ask
from alembic_safety.postgres.session import Session, SqlalchemySession, sqlstate
from alembic_safety.revisions.refresh import run_or_fill
from alembic_safety.settings import load_settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, MigrationInfo
    from alembic.script import Script

    from alembic_safety.guard.journal import Journal
    from alembic_safety.rehearsal.certificate import Certificate
    from alembic_safety.revisions.chain import Chain

log = logging.getLogger(__name__)

#: What stands in the place of statements where a downgrade could not be written down as SQL, followed by why.
NOT_STORED = "not stored"
#: … and where it can't be run at all.
_REFUSES = "refuses"
_SAVEPOINT = "alembic_safety_stored"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One downgrade as it is kept."""

    revision: str
    down_revisions: tuple[str, ...]
    title: str
    grade: str
    statements: tuple[str, ...]
    #: What asks for rows that it would be refused for.
    probes: tuple[Probe, ...] = ()


def store(context: MigrationContext, info: MigrationInfo) -> None:
    """Keep the downgrade of a revision that was just applied, or forget that of one taken back; within the same transaction.

    A downgrade is kept as the SQL that its ``downgrade()`` gives offline; one that needs a connection to decide what to do
    cannot be kept, and a line in the log says so.
    """
    if context.connection is None or info.is_stamp or info.up_revision_id is None:
        return
    session = SqlalchemySession(context.connection)
    table = _version_table(context)
    if not info.is_upgrade:
        if own_schema.is_there(session):
            for revision in info.up_revision_ids:
                _forget(session, table, revision)
        return
    assert context.script is not None
    script = context.script.get_revision(info.up_revision_id)
    statements = _written_down(context, script)
    key, certificate = certificate_of(context, script)
    grade = "unknown" if certificate is None else certificate.grade.value
    probes = [] if certificate is None else [probe.to_json() for probe in certificate.downgrade_probes]
    if grade == "exact" and _needs_rows(statements) and not _has_rows(session, table, script.revision):
        grade = "schema-exact"
    insert = (
        f"INSERT INTO {own_schema.NAME}.stored_downgrade "
        "(version_table, revision, down_revisions, title, key, grade, statements, probes) VALUES "
        f"({quote_literal(table)}, {quote_literal(info.up_revision_id)}, {_array(info.down_revision_ids)}, "
        f"{quote_literal(script.doc or '')}, {quote_literal(key)}, {quote_literal(grade)}, "
        f"{_array(statements)}, {quote_literal(json.dumps(probes, ensure_ascii=False))})"
    )
    otherwise = f"the downgrade of {info.up_revision_id} is not stored in the database"
    write(context, Note((_forgetting(table, info.up_revision_id), insert), otherwise))


def _needs_rows(statements: Sequence[str]) -> bool:
    """Whether a downgrade gives rows back that its upgrade had to keep."""
    return any(statement.startswith(f"SELECT {own_schema.NAME}.begin_restore(") for statement in statements)


def _has_rows(session: Session, table: str, revision: str) -> bool:
    """Whether this upgrade kept all that its downgrade gives back (``preserve = schema`` keeps nothing)."""
    found = session.fetch(
        "SELECT finished IS NOT NULL AND restored IS NULL AND doubts = '{}' "
        f"FROM {own_schema.NAME}.preservation WHERE version_table = {quote_literal(table)} "
        f"AND revision = {quote_literal(revision)} ORDER BY number DESC LIMIT 1"
    )
    return bool(found and found[0][0])


def stored(session: Session, version_table: str) -> dict[str, Stored]:
    """Everything that is kept for a version table, by revision."""
    if not own_schema.is_there(session):
        return {}
    rows = session.fetch(
        # An older layout has no probes.
        "SELECT revision, down_revisions, title, grade, statements, pg_catalog.to_jsonb(s) ->> 'probes' "
        f"FROM {own_schema.NAME}.stored_downgrade s WHERE version_table = {quote_literal(version_table)}"
    )
    return {
        row[0]: Stored(
            revision=row[0],
            down_revisions=tuple(row[1]),
            title=row[2],
            grade=row[3],
            statements=tuple(row[4]),
            probes=tuple(Probe.from_json(probe) for probe in json.loads(row[5] or "[]")),
        )
        for row in rows
    }


def take_back(
    context: MigrationContext,
    to: str | None,
    *,
    accept_loss: bool = False,
    on_conflict: str = "stop",
    dry_run: bool = False,
    journal: Journal | None = None,
) -> list[Stored]:
    """Run stored downgrades from the current heads down to a revision, and move the version table with them.

    Must run inside a transaction: all of it happens, or nothing. So an index that ``downgrade()`` builds or drops CONCURRENTLY
    is built or dropped under a lock here.

    :param to: the revision to arrive at; ``base`` for none; None takes back the one that is the head.
    :param on_conflict: what becomes of rows that can't be given back: ``stop``, or ``keep`` in ``alembic_safety.conflict``.
    :param dry_run: only find out what would be run.
    :param journal: of a run that has begun.
    :raises GuardError: a downgrade on the way is not stored, is not known to restore the schema, or would lose rows.
    """
    assert context.connection is not None
    session = SqlalchemySession(context.connection)
    table = _version_table(context)
    known = stored(session, table)
    heads = set(context.get_current_heads())
    chosen = way_down(known, heads, to)
    _check(session, table, chosen, accept_loss=accept_loss)
    if not dry_run:
        from sqlalchemy.exc import DBAPIError

        for name, value in (("accept_loss", "on" if accept_loss else "off"), ("on_conflict", on_conflict)):
            session.execute(f"SELECT pg_catalog.set_config('{own_schema.NAME}.{name}', {quote_literal(value)}, true)")
        try:
            _run(context, session, table, chosen, known, heads, journal, keeping=on_conflict == "keep")
        except DBAPIError as error:
            if sqlstate(error) != NO_ROWS and (sqlstate(error) or "")[:2] not in OF_ROWS:
                raise
            raise GuardError(told(error)) from error
    return chosen


def _run(
    context: MigrationContext,
    session: SqlalchemySession,
    table: str,
    chosen: Sequence[Stored],
    known: dict[str, Stored],
    heads: set[str],
    journal: Journal | None,
    *,
    keeping: bool,
) -> None:
    from alembic_safety.guard.live import PROMISING, Follower

    if journal is not None:
        journal.runs_on(session)
    follower = Follower(context, session)
    for item in chosen:
        if journal is not None:
            journal.step(item.revision)
        promises = item.grade in PROMISING
        if keeping:
            for line in put_aside(session, table, item.revision, item.probes):
                log.warning("downgrade of %s: %s", item.revision, line)
        if promises:
            follower.look()
        with follower.clearing(item.revision) if promises else nullcontext():
            _run_one(context, session, item)
        _move(session, table, item, known, heads)
        _forget(session, table, item.revision)
        if promises:
            follower.give_back(item.revision)
        if journal is not None:
            session.execute(journal.applied(item.revision))


def _run_one(context: MigrationContext, session: SqlalchemySession, item: Stored) -> None:
    """Run the statements of one; where rows are in the way, say which."""
    from sqlalchemy.exc import DBAPIError

    session.execute(f"SAVEPOINT {_SAVEPOINT}")
    try:
        for statement in item.statements:
            run_or_fill(session, within_transaction(statement))
    except DBAPIError as error:
        if (sqlstate(error) or "")[:2] not in OF_ROWS:
            raise
        session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        seconds = load_settings(context.config).check_timeout if context.config is not None else None
        answers = [answer for answer in ask(session, item.probes, seconds=seconds) if answer.count]
        if not answers:
            raise
        lines = [f"{answer.sentence}; these are they: {answer.probe.query}" for answer in answers]
        raise GuardError("\n".join([f"revision {item.revision}: {told(error)}", *lines])) from error
    session.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")


def way_down(known: dict[str, Stored], heads: set[str], to: str | None) -> list[Stored]:
    """The stored revisions to take back, in order.

    :param heads: where the database is.
    :param to: as in :func:`take_back`.
    :raises GuardError: there is no such way, or a downgrade on it is not stored.
    """
    if to is None:
        if len(heads) != 1:
            raise GuardError(f"the database is at {len(heads)} heads ({', '.join(sorted(heads))}): say --to REV")
        head = next(iter(heads))
        if head not in known:
            raise GuardError(
                f"no downgrade is stored for revision {head}: take it back with the checkout that has its file"
            )
        return [known[head]]
    keep = set() if to == "base" else _ancestors(known, to) | {to}
    if to != "base" and to not in heads | set(known) | {p for item in known.values() for p in item.down_revisions}:
        raise GuardError(f"there is no revision {to!r} in what is stored: name a revision, or base")
    applied: dict[str, Stored] = {}
    waiting = sorted(heads - keep)
    while waiting:
        revision = waiting.pop()
        item = known.get(revision)
        if item is None:
            raise GuardError(
                f"no downgrade is stored for revision {revision}: take it back with the checkout that has its file"
            )
        applied[revision] = item
        waiting += sorted(set(item.down_revisions) - keep - set(applied))
    # As 'alembic downgrade' has it, a branch that does not stand on the revision stays.
    left = {r: item for r, item in applied.items() if to == "base" or to in _ancestors(known, r)}
    if to != "base" and not left and to not in heads:
        raise GuardError(f"revision {to!r} does not lie below the current heads: {', '.join(sorted(heads)) or 'base'}")
    result: list[Stored] = []
    while left:
        parents = {parent for item in left.values() for parent in item.down_revisions}
        free = sorted(set(left) - parents)
        if not free:
            raise GuardError("the stored revisions need each other in a circle")
        result.append(left.pop(free[-1]))
    return result


def _ancestors(known: dict[str, Stored], revision: str) -> set[str]:
    found: set[str] = set()
    waiting = [revision]
    while waiting:
        item = known.get(waiting.pop())
        for parent in item.down_revisions if item is not None else ():
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _check(session: Session, table: str, chosen: Sequence[Stored], *, accept_loss: bool) -> None:
    """Raises GuardError, naming each that can't be taken back, where there are any."""
    reasons = [reason for item in chosen if (reason := _why_not(session, table, item, accept_loss=accept_loss))]
    if reasons:
        raise GuardError("\n".join(reasons))


def _why_not(session: Session, table: str, item: Stored, *, accept_loss: bool) -> str:
    """Why a downgrade is not run; '' where it is."""
    this = f"the downgrade of revision {item.revision}"
    if item.statements[:2] == (NOT_STORED, _REFUSES):
        return f"revision {item.revision} can't be taken back: {item.statements[2]}"
    if item.statements[:1] == (NOT_STORED,):
        return f"{this} could not be stored as SQL: use the checkout that has its file"
    if item.grade in ("irreversible", "inexact"):
        return f"{this} is {item.grade}: it does not give the schema back"
    if accept_loss:
        return ""
    if item.grade == "schema-exact":
        return f"{this} gives the schema back, but not all rows: say --accept-loss to run it"
    if item.grade != "exact":
        return f"{this} had no valid certificate when it was stored, so nothing is proven: say --accept-loss to run it all the same"
    why = why_not_given_back(session, table, item.revision) if _needs_rows(item.statements) else ""
    return f"{why}; say --accept-loss to do without, or restore a backup" if why else ""


def _move(session: Session, table: str, item: Stored, known: dict[str, Stored], heads: set[str]) -> None:
    """What Alembic does to its table for one downgrade."""
    heads.discard(item.revision)
    session.execute(f"DELETE FROM {table} WHERE version_num = {quote_literal(item.revision)}")
    below = {p for h in heads for p in (_ancestors(known, h) | {h})}
    for parent in item.down_revisions:
        if parent not in below:
            heads.add(parent)
            session.execute(f"INSERT INTO {table} (version_num) VALUES ({quote_literal(parent)})")


def _forget(session: Session, table: str, revision: str) -> None:
    session.execute(_forgetting(table, revision))


def _forgetting(table: str, revision: str) -> str:
    return (
        f"DELETE FROM {own_schema.NAME}.stored_downgrade "
        f"WHERE version_table = {quote_literal(table)} AND revision = {quote_literal(revision)}"
    )


def _version_table(context: MigrationContext) -> str:
    return qualified(context.version_table_schema, context.version_table)


def _array(values: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(quote_literal(v) for v in values) + "]::text[]"


def _written_down(context: MigrationContext, script: Script) -> list[str]:
    try:
        return offline_sql(context, script)
    except Exception as error:  # noqa: BLE001 - somebody's downgrade() may raise anything; the upgrade must go on
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        log.warning("the downgrade of %s is not stored in the database: %s", script.revision, why)
        refuses = isinstance(error, (IrreversibleError, NotImplementedError)) or not hasattr(script.module, "downgrade")
        return [NOT_STORED, _REFUSES, why] if refuses else [NOT_STORED]


def certificate_of(context: MigrationContext, script: Script) -> tuple[str, Certificate | None]:
    """The revision's key, and its certificate if that is valid."""
    from alembic_safety.rehearsal.certificate import Status, read_certificate

    chain = chain_in(context)
    revision = chain.by_id.get(script.revision) if chain is not None else None
    if revision is None:
        return "", None
    status, certificate = read_certificate(revision)
    return revision.key, certificate if status is Status.VALID else None


def chain_in(context: MigrationContext) -> Chain | None:
    """The chain of the script directory that is running, loaded once for all its revisions."""
    from alembic_safety.revisions.chain import chain_of

    options: dict[str, Any] = context.opts
    if "alembic_safety_chain" not in options:
        try:
            options["alembic_safety_chain"] = chain_of(context.script) if context.script is not None else None
        except SafetyError:
            options["alembic_safety_chain"] = None
    chain: Chain | None = options["alembic_safety_chain"]
    return chain
