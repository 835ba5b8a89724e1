"""The ``alembic.plugins`` entry point: gives stock ``alembic`` our commands and our operations.

Alembic calls ``setup()`` in the middle of ``import alembic``, where ``alembic.config`` and ``alembic.command`` cannot be
imported yet. So nothing here, nor in what it imports at that moment, may touch them: the commands are added by a
post-import hook once somebody imports ``alembic.config``. Every ``alembic`` call pays for this module; keep it to
milliseconds.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

from wrapt import when_imported

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin


def setup(plugin: Plugin) -> None:
    """Register operations now, and commands as soon as ``alembic.config`` exists (which may be already)."""
    del plugin  # the autogenerate comparators that it collects are not what we extend
    register_operations()
    when_imported("alembic.config")(_extend_command_line)
    when_imported("flask_migrate.cli")(_extend_flask)


def register_operations() -> None:
    """Make ``op.run_sql_file`` and our other operations known; importing the module does it, once."""
    import alembic_safety.revisions.operations  # noqa: F401


def _extend_command_line(config_module: ModuleType) -> None:
    """Wrap ``CommandLine.__init__``, so that subclasses in a project's own scripts get the commands too."""
    command_line = config_module.CommandLine
    original = command_line.__init__
    if getattr(original, "adds_safety_commands", False):
        return

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        from alembic_safety.commands.registry import add_commands

        add_commands(self)

    init.adds_safety_commands = True  # type: ignore[attr-defined]
    command_line.__init__ = init
    _extend_revision(command_line)


def _extend_flask(cli: ModuleType) -> None:
    """Put our commands beside ``flask db upgrade``."""
    from alembic_safety.commands.flask_migrate import extend

    extend(cli)


def _extend_revision(command_line: Any) -> None:
    """Let ``alembic -x sql=FILE revision`` make a revision of a SQL file; every other call goes the old way."""
    original = command_line.run_cmd

    @functools.wraps(original)
    def run_cmd(self: Any, config: Any, options: Any) -> None:
        if not any(x.startswith("sql=") for x in getattr(options, "x", None) or ()):
            original(self, config, options)
            return
        from alembic_safety.commands.registry import run_sql_revision

        if not run_sql_revision(config, options):
            original(self, config, options)

    command_line.run_cmd = run_cmd
