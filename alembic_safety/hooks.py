"""What a project's env.py takes from us: keyword arguments for ``context.configure()``, and ``run(context)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, MigrationInfo

Directives = Callable[["MigrationContext", Any, "list[MigrationScript]"], None]


def options(
    *,
    process_revision_directives: Directives | Sequence[Directives] | None = None,
    on_version_apply: Callable[..., None] | Iterable[Callable[..., None]] | None = None,
    include_name: Callable[[str | None, str, Any], bool] | None = None,
    **others: Any,
) -> dict[str, Any]:
    """Keyword arguments for ``context.configure()``, joined with the project's own.

    ``alembic revision --autogenerate`` then rehearses what it generated, and puts a proven downgrade in the place of one that
    is not exact. ``alembic upgrade`` stores the downgrade of each revision in the database, for ``alembic safety-rollback``. ::

        context.configure(connection=connection, target_metadata=target_metadata, **hooks.options())

    :param process_revision_directives: the project's own hooks, which run before ours.
    :param on_version_apply: the project's own callbacks, which run before ours.
    :param include_name: the project's own filter for autogenerate; ours leaves out the schema ``alembic_safety``.
    :param others: further arguments, handed through.
    """
    from alembic_safety.postgres import own_schema

    own = process_revision_directives
    before = [] if own is None else list(own) if isinstance(own, Sequence) else [own]

    def directives(context: MigrationContext, revision: Any, scripts: list[MigrationScript]) -> None:
        from alembic_safety.rehearsal.autogenerate import prove_downgrades

        for hook in before:
            hook(context, revision, scripts)
        if _asks_for_autogenerate(context):
            prove_downgrades(context, revision, scripts)

    def applied(ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
        from alembic_safety.guard.command import is_enabled

        if is_enabled(ctx) and not ctx.as_sql and ctx.dialect.name == "postgresql":
            from alembic_safety.guard.stored import store

            store(ctx, step)

    def included(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema" and name == own_schema.NAME:
            return False
        return include_name is None or include_name(name, kind, parents)

    callbacks = (
        ()
        if on_version_apply is None
        else (on_version_apply,)
        if callable(on_version_apply)
        else tuple(on_version_apply)
    )
    return {
        **others,
        "process_revision_directives": directives,
        "on_version_apply": (*callbacks, applied),
        "include_name": included,
    }


def run(context: EnvironmentContext, **arguments: Any) -> None:
    """In place of ``with context.begin_transaction(): context.run_migrations()``, online and offline.

    Around ``upgrade`` and ``downgrade`` stands what docs/guard.md tells; every other command passes through as it is, and so do
    all where the setting ``enabled`` is off. ::

        context.configure(connection=connection, target_metadata=target_metadata, **hooks.options())
        hooks.run(context)

    :param context: ``alembic.context``.
    :param arguments: handed to ``context.run_migrations()``.
    :raises GuardError: an upgrade is refused or stopped.
    """
    from alembic_safety.guard.entry import run as run_guarded

    run_guarded(context, **arguments)


def _asks_for_autogenerate(context: MigrationContext) -> bool:
    """Not for ``alembic check``, which calls the same hook and writes nothing."""
    options_given = getattr(context.config, "cmd_opts", None)
    return options_given is None or bool(getattr(options_given, "autogenerate", True))
