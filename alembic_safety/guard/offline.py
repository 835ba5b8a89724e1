"""What a revision would send, written down as SQL without running it."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from alembic_safety.revisions.preserve import STORED
from alembic_safety.revisions.split import split

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

#: Where a context keeps its offline one.
_OFFLINE = "alembic_safety_offline"
#: Where it keeps what env.py hands to every ``upgrade()`` and ``downgrade()``.
ARGUMENTS = "alembic_safety_arguments"


def offline_sql(context: MigrationContext, script: Script, *, is_upgrade: bool = False) -> list[str]:
    """The statements that a revision's downgrade (or upgrade) sends, collected without running them. Raises whatever it raises."""
    from alembic import op as module
    from alembic.operations import Operations

    offline, buffer = _offline(context)
    outer: Any = getattr(module, "_proxy", None)
    try:
        with Operations.context(offline):
            (script.module.upgrade if is_upgrade else script.module.downgrade)(**context.opts.get(ARGUMENTS, {}))
    except BaseException:
        del context.opts[_OFFLINE]  # whatever state it is in
        raise
    finally:
        if outer is not None:
            outer._install_proxy()  # noqa: SLF001 - the migration that is running has it
    statements = [s.text for s in split(buffer.getvalue()).statements]
    return [s for s in statements if s.strip().upper() not in ("BEGIN", "COMMIT")]


def _offline(context: MigrationContext) -> tuple[MigrationContext, io.StringIO]:
    """A context that writes SQL down, and what it writes to; the same for all revisions of a run."""
    from alembic.runtime.migration import MigrationContext as Context

    options: dict[str, Any] = context.opts
    if _OFFLINE not in options:
        buffer = io.StringIO()
        changed = {"as_sql": True, "output_buffer": buffer, "fn": None, "literal_binds": True, STORED: True}
        logger = logging.getLogger("alembic.runtime.migration")
        level = logger.level
        logger.setLevel(logging.WARNING)  # "Generating static SQL" is no news in the middle of an upgrade
        try:
            offline = Context(context.dialect, None, {**options, **changed}, context.environment_context)
        finally:
            logger.setLevel(level)
        options[_OFFLINE] = offline, buffer
    offline, buffer = options[_OFFLINE]
    offline.impl.memo.clear()  # where SQLAlchemy remembers what was made
    buffer.seek(0)
    buffer.truncate()
    return offline, buffer
