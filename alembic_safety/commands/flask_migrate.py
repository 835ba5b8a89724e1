"""``flask db safety-*``: our commands beside those of Flask-Migrate, whose env.py needs the application."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from alembic_safety.commands.registry import ENTRIES, Entry

if TYPE_CHECKING:
    from alembic.config import Config


def way_out(config: Config) -> str:
    """What to say beside a failure of ``alembic``, which Flask-Migrate's projects don't work with; '' in any other."""
    folders = [Path(config.config_file_name or "").parent, Path("migrations")]
    for env in (folder / "env.py" for folder in folders):
        if env.is_file() and "extensions['migrate']" in env.read_text("utf-8", "replace").replace('"', "'"):
            return f" ({env} is Flask-Migrate's, which needs the application: use 'flask db' in place of 'alembic')"
    return ""


def extend(cli: ModuleType) -> None:
    """Add every command to the group of ``flask_migrate.cli``; a name that is taken already stays as it is."""
    group: Any = cli.db
    for entry in ENTRIES:
        if entry.name not in group.commands:
            group.add_command(_command(entry))


def _command(entry: Entry) -> Any:
    import click
    from flask.cli import with_appcontext

    class Forwarded(click.Command):
        """Leaves every argument, ``--help`` too, to our own parser."""

        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            ctx.args = list(args)
            return []

    @with_appcontext
    @click.pass_context
    def run(ctx: click.Context) -> None:
        from flask import current_app, g

        from alembic_safety.commands.within import call

        migrate = current_app.extensions["migrate"].migrate
        config = migrate.get_config(g.get("directory"))
        config.stdout = sys.stdout  # its default is what that was when Alembic was imported
        assert ctx.parent is not None
        call(config, [entry.name, *ctx.args], prog=ctx.parent.command_path)

    return Forwarded(entry.name, callback=run, help=entry.help, add_help_option=False)
