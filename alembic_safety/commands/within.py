"""Our commands within a command line that isn't Alembic's: it makes the configuration, as for Alembic's own commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config


def call(config: Config, arguments: Sequence[str], *, prog: str = "alembic") -> None:
    """Do ``safety-*`` with a configuration that is there already, with what the caller has set up around it.

    :param config: as for ``alembic.command.upgrade()``; its ``-x`` arguments stay.
    :param arguments: the command's name and its options, as ``["safety-test", "--from", "4f2a91c0"]``.
    :param prog: what the usage calls the program.
    :raises SystemExit: with the command's exit status, where that is not 0.
    """
    from alembic.config import CommandLine

    from alembic_safety.commands.registry import add_commands

    command_line = CommandLine(prog=prog)
    add_commands(command_line)
    options = command_line.parser.parse_args(list(arguments))
    options.x = [*(getattr(config.cmd_opts, "x", None) or ()), *(options.x or ())]
    config.cmd_opts = options
    command_line.run_cmd(config, options)
