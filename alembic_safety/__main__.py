"""``python -m alembic_safety``: Alembic's command line with our commands, also where the plugin hook is not installed."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; ``argv`` is ``sys.argv[1:]`` by default."""
    from alembic.config import CommandLine

    from alembic_safety.commands.registry import add_commands
    from alembic_safety.plugin import register_operations

    register_operations()
    command_line = CommandLine(prog="python -m alembic_safety")
    add_commands(command_line)
    command_line.main(argv=argv)


if __name__ == "__main__":
    main()
