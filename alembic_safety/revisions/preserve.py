"""``op.preserve_*`` and ``op.restore_*``: calls of the functions in schema ``alembic_safety``, run or printed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import PreservationError, UsageError
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.quarantine import call
from alembic_safety.postgres.session import SqlalchemySession, sqlstate
from alembic_safety.revisions.source import calling_revision
from alembic_safety.settings import load_settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, MigrationInfo

    from alembic_safety.settings import Settings

log = logging.getLogger(__name__)
#: In a context's options: "exact" or "schema" in the place of the setting.
POLICY = "alembic_safety_preserve"
#: In a context's options: whether what is printed is stored or shown, so that it must hold neither definitions nor this run's settings.
STORED = "alembic_safety_stored"
#: In a context's options: what restores said they did, a line each.
TOLD = "alembic_safety_told"
_NOT_ALLOWED = "42501"
#: How a line begins that is worth telling and no doubt.
_NOTE = "note: "
_STRATEGIES = ("table", "columns", "rows")


def preserve(context: MigrationContext, function: str, arguments: Sequence[Any]) -> None:
    """Call one of the functions that keep something; nothing happens where only the schema is to be kept.

    :raises UsageError: outside of a revision, or for a table without its schema.
    :raises PreservationError: the migrating role may not make schema ``alembic_safety``.
    """
    if _policy(context) == "schema":
        log.info("rows are not kept (preserve = schema)")
        return
    revision = _revision()
    _check_names(arguments)
    if context.as_sql:
        for statement in () if context.opts.get(STORED) else own_schema.STATEMENTS:
            context.impl.static_output(_ended(statement))
    else:
        _ensure(context)
    _run(context, _call(context, revision, function, arguments))
    finishing = context.on_version_apply_callbacks
    if not any(isinstance(callback, _Finish) for callback in finishing):
        # Before all others: they judge what is there when the upgrade has done its work.
        context.on_version_apply_callbacks = (_Finish(), *finishing)


def restore(context: MigrationContext, function: str, arguments: Sequence[Any]) -> None:
    """Call one of the functions that give something back.

    :raises UsageError: outside of a revision, or for a table without its schema.
    """
    revision = _revision()
    _check_names(arguments)
    # Each time: they hold for one transaction, and a downgrade may commit in between.
    for statement in _permissions(context):
        _run(context, statement)
    if function == "begin_restore" and not context.as_sql:
        _ensure(context)
    options: dict[str, Any] = context.opts
    for line in _run(context, _call(context, revision, function, arguments)):
        log.info("%s", line)
        options.setdefault(TOLD, []).append(line)


def finish(context: MigrationContext, revision: str) -> None:
    """End what the block at the start of an upgrade began: drop its triggers, and look for writes that it missed.

    :raises PreservationError: rows were written that are not kept, and the setting ``uncaptured`` says to stop.
    """
    settings = _settings(context)
    stops = settings is None or settings.uncaptured == "stop"
    finishing = _call(context, revision, "finish_preserving", ())
    if context.as_sql:
        _run(context, _checked(finishing, stops=stops))
        return
    told = _run(context, finishing)
    for line in told:
        if line.startswith(_NOTE):
            log.info("%s", line.removeprefix(_NOTE))
    missed = [line for line in told if not line.startswith(_NOTE)]
    if not missed:
        return
    text = f"revision {revision} wrote rows that are not kept: {'; '.join(missed)}"
    if stops:
        raise PreservationError(
            f"{text}; nothing was committed. Run 'alembic safety-downgrade {revision}' to see them, "
            "or go on without them by '-x safety.uncaptured=warn'"
        )
    log.warning("%s; its downgrade cannot give them back", text)


def forget_callbacks(context: MigrationContext) -> None:
    """Where an upgrade was rolled back instead."""
    context.on_version_apply_callbacks = tuple(
        callback for callback in context.on_version_apply_callbacks if not isinstance(callback, _Finish)
    )


@contextmanager
def policy(context: MigrationContext, value: str) -> Iterator[None]:
    """Within the block, ``exact`` or ``schema`` whatever the setting says."""
    options: dict[str, Any] = context.opts
    outer = options.get(POLICY)
    options[POLICY] = value
    try:
        yield
    finally:
        options[POLICY] = outer


class _Finish:
    """Called by Alembic after the upgrade, once."""

    def __call__(self, *, ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
        forget_callbacks(ctx)
        if step.is_upgrade and not step.is_stamp and step.up_revision_id is not None:
            finish(ctx, step.up_revision_id)


def _policy(context: MigrationContext) -> str:
    options: dict[str, Any] = context.opts
    if options.get(POLICY):
        return str(options[POLICY])
    settings = _settings(context)
    return settings.preserve if settings is not None else "exact"


def _settings(context: MigrationContext) -> Settings | None:
    return load_settings(context.config) if context.config is not None else None


def _permissions(context: MigrationContext) -> Iterator[str]:
    settings = _settings(context)
    if settings is None or context.opts.get(STORED):
        return
    if settings.accept_loss:
        yield "SELECT pg_catalog.set_config('alembic_safety.accept_loss', 'on', true)"
    if settings.on_conflict != "stop":
        yield f"SELECT pg_catalog.set_config('alembic_safety.on_conflict', {quote_literal(settings.on_conflict)}, true)"


def _ensure(context: MigrationContext) -> None:
    from sqlalchemy.exc import DBAPIError

    assert context.connection is not None
    try:
        own_schema.ensure(SqlalchemySession(context.connection))
    except DBAPIError as error:
        if sqlstate(error) != _NOT_ALLOWED:
            raise
        raise PreservationError(
            f"rows cannot be kept: the migrating role may not make or change schema {own_schema.NAME}. Let a superuser run "
            f"CREATE SCHEMA {own_schema.NAME} AUTHORIZATION the migrating role, or do without by '-x safety.preserve=schema'"
        ) from error


def _revision() -> str:
    caller = calling_revision()
    if caller is None:
        raise UsageError("op.preserve_*() and op.restore_*() belong to a revision: what they keep is kept for it")
    return caller[0]


def _check_names(arguments: Sequence[Any]) -> None:
    """Names mean the same whatever search_path is; the first text of a call may be a strategy."""
    names = arguments[1:2] if arguments[:1] and arguments[0] in _STRATEGIES else arguments[:1]
    for name in names:
        if isinstance(name, bool):
            continue
        for each in (name,) if isinstance(name, str) else name:
            if "." not in each:
                raise UsageError(f"op.preserve_*() and op.restore_*() take a name with its schema: 'public.{each}'")


def _checked(statement: str, *, stops: bool) -> str:
    """For a script, where nobody looks at what a function returns."""
    return (
        f"DO $alembic_safety$ DECLARE missed text := (SELECT string_agg(m, '; ') FROM {statement.removeprefix('SELECT ')} m WHERE m NOT LIKE '{_NOTE}%'); "
        f"BEGIN IF missed IS NOT NULL THEN RAISE {'EXCEPTION' if stops else 'WARNING'} "
        "'rows were written that are not kept: %', missed; END IF; END $alembic_safety$"
    )


def _call(context: MigrationContext, revision: str, function: str, arguments: Sequence[Any]) -> str:
    table = qualified(context.version_table_schema, context.version_table)
    return call(table, revision, function, arguments)


def _run(context: MigrationContext, statement: str) -> list[str]:
    """The lines that a function returned; none where it is only printed.

    :raises PreservationError: the function refused; the server's own error is its ``__cause__``.
    """
    from sqlalchemy.exc import DBAPIError

    if context.as_sql:
        context.impl.static_output(_ended(statement))
        return []
    assert context.connection is not None
    try:
        rows = SqlalchemySession(context.connection).fetch(statement)
    except DBAPIError as error:
        diagnostics = getattr(error.orig, "diag", None)
        told = [getattr(diagnostics, f"message_{part}", None) for part in ("primary", "detail", "hint")]
        raise PreservationError("\n".join(line for line in told if line) or str(error.orig)) from error
    return [str(row[0]) for row in rows if row[0] not in (None, "")]


def _ended(statement: str) -> str:
    return statement.rstrip().rstrip(";") + ";"
