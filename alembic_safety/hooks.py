"""What a project's env.py takes from us: keyword arguments for ``context.configure()``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

SCHEMA = "alembic_safety"
Directives = Callable[["MigrationContext", Any, "list[MigrationScript]"], None]


def options(
    *, process_revision_directives: Directives | Sequence[Directives] | None = None, **others: Any
) -> dict[str, Any]:
    """Keyword arguments for ``context.configure()``, joined with the project's own.

    ``alembic revision --autogenerate`` then rehearses what it generated, and puts a proven downgrade in the place of one that
    is not exact. ::

        context.configure(connection=connection, target_metadata=target_metadata, **hooks.options())

    :param process_revision_directives: the project's own hooks, which run before ours.
    :param others: further arguments, handed through.
    """
    own = process_revision_directives
    before = [] if own is None else list(own) if isinstance(own, Sequence) else [own]

    def directives(context: MigrationContext, revision: Any, scripts: list[MigrationScript]) -> None:
        from alembic_safety.rehearsal.autogenerate import prove_downgrades

        for hook in before:
            hook(context, revision, scripts)
        if _asks_for_autogenerate(context):
            prove_downgrades(context, revision, scripts)

    return {**others, "process_revision_directives": directives}


def _asks_for_autogenerate(context: MigrationContext) -> bool:
    """Not for ``alembic check``, which calls the same hook and writes nothing."""
    options_given = getattr(context.config, "cmd_opts", None)
    return options_given is None or bool(getattr(options_given, "autogenerate", True))
