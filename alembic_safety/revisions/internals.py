"""What Alembic knows and gives no public name to; the one place that reads its private attributes."""
# ruff: noqa: SLF001

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from alembic_safety.errors import SourceError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import Script, ScriptDirectory


def version_locations(script: ScriptDirectory) -> list[Path]:
    """The folders that hold revisions, absolute."""
    return [Path(folder) for folder in script._version_locations]


def down_revisions(script: Script) -> tuple[str, ...]:
    """The identifiers of ``down_revision``, in full."""
    return tuple(script._versioned_down_revisions)


def dependencies(script: Script) -> tuple[str, ...]:
    """The identifiers of ``depends_on``, in full, labels resolved."""
    parents = set(down_revisions(script))
    return tuple(d for d in script._all_down_revisions if d not in parents)


def own_labels(script: Script) -> tuple[str, ...]:
    """The branch labels written in this very revision."""
    return tuple(sorted(script._orig_branch_labels))


def is_in_foreign_transaction(context: MigrationContext) -> bool:
    """Whether the caller opened the transaction, so that Alembic can't end it."""
    return bool(context._in_external_transaction)


def has_open_transaction(context: MigrationContext) -> bool:
    """Whether env.py stands in a ``context.begin_transaction()`` of its own."""
    return context._transaction is not None


def is_transaction_per_migration(context: MigrationContext) -> bool:
    """Whether each revision has a transaction of its own."""
    return bool(context._transaction_per_migration)


def steps_of(context: MigrationContext, heads: tuple[str, ...]) -> list[RevisionStep]:
    """What the command that is running would do from these heads. Raises CommandError where there is no way.

    :raises SourceError: a revision on it lacks the function.
    """
    work = context._migrations_fn
    try:
        return [] if work is None else list(work(heads, context))
    except AttributeError as error:
        if error.name not in ("upgrade", "downgrade") or not isinstance(error.obj, ModuleType):
            raise
        told = f"it has no {error.name}(), so nothing was changed: write one, or name a revision that is reached without it"
        raise SourceError(told, file=error.obj.__file__) from error


def upgrade_steps(script: ScriptDirectory, to: str, heads: tuple[str, ...]) -> list[RevisionStep]:
    """What ``alembic upgrade TO`` would do from these heads. Raises CommandError where there is no way."""
    return list(script._upgrade_revs(to, heads))  # type: ignore[arg-type]  # heads as upgrade itself gives them


@contextmanager
def doing_steps(context: MigrationContext, steps: Callable[[], list[RevisionStep]]) -> Iterator[None]:
    """Let ``run_migrations()`` do other steps than those that the command asked for."""
    asked = context._migrations_fn
    context._migrations_fn = lambda _heads, _context: steps()
    try:
        yield
    finally:
        context._migrations_fn = asked
