"""The commands by name; listing them imports none of their implementations.

Every ``alembic`` call builds a ``CommandLine``, so a name and one line of help are all that it may cost: the module behind
a name is imported when its own ``--help`` is asked for or when it runs.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import traceback
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic_safety.commands.command import FAILED, INTERRUPTED, Command

if TYPE_CHECKING:
    from alembic.config import CommandLine, Config


class Entry(NamedTuple):
    """A line of ``alembic --help``, and the module whose ``COMMAND`` stands behind it."""

    name: str
    module: str
    help: str


ENTRIES: tuple[Entry, ...] = (
    Entry("safety-init", "alembic_safety.commands.init", "Put the hooks into the project's env.py, or take them out."),
    Entry(
        "safety-test",
        "alembic_safety.commands.test",
        "Rehearse every revision up, down and up again on a throwaway PostgreSQL.",
    ),
    Entry(
        "safety-downgrade",
        "alembic_safety.commands.downgrade",
        "Derive proven downgrades and write them into revision files.",
    ),
    Entry(
        "safety-rollback",
        "alembic_safety.commands.rollback",
        "Take revisions back by the downgrades stored in the database.",
    ),
    Entry(
        "safety-quarantine",
        "alembic_safety.commands.quarantine",
        "List or drop what upgrades kept so that their rows can come back.",
    ),
    Entry(
        "safety-plan",
        "alembic_safety.commands.plan",
        "Say what an upgrade would do to the database, without upgrading.",
    ),
    Entry("safety-verify", "alembic_safety.commands.verify", "Check the integrity of a whole database."),
    Entry(
        "safety-check",
        "alembic_safety.commands.check",
        "Say which certificates and approvals are missing or stale, without a database.",
    ),
    Entry(
        "safety-approve",
        "alembic_safety.commands.approve",
        "Approve a revision, in a file that is reviewed with it.",
    ),
    Entry(
        "safety-history", "alembic_safety.commands.history", "Show what was run on the database, and what became of it."
    ),
    Entry("safety-backup", "alembic_safety.commands.backup", "Take a backup of the database now."),
    Entry("safety-backups", "alembic_safety.commands.backups", "List backups, verify them, delete old ones."),
    Entry(
        "safety-restore", "alembic_safety.commands.restore", "Give a backup back: a database, or the rows of a table."
    ),
    Entry("safety-config", "alembic_safety.commands.config", "Show the effective settings and where each comes from."),
    Entry("safety-wrap", "alembic_safety.commands.wrap", "Make revisions of raw SQL migrations."),
)


def load(entry: Entry) -> Command:
    """Import the implementation of a command."""
    command: Command = import_module(entry.module).COMMAND
    return command


class CommandParser(ArgumentParser):
    """The parser of one of our commands, which gets its arguments when they are first needed."""

    def __init__(self, entry: Entry, prog: str) -> None:
        super().__init__(prog=prog, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False)
        self._entry = entry
        self._complete = False

    def complete(self) -> None:
        """Add the command's description and arguments, once."""
        if self._complete:
            return
        self._complete = True
        command = load(self._entry)
        width = min(shutil.get_terminal_size().columns - 2, 100)
        self.description = "\n\n".join(textwrap.fill(part, width) for part in command.description.split("\n\n"))
        self.epilog = f"example:\n  {command.example}"
        command.add_arguments(self)

    # argparse hands a subcommand's arguments over by this method, and prints help by the next.
    def parse_known_args(  # type: ignore[override]  # the overloads say no more than this
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, with the arguments in place; what is left over is an error here, where the usage shown is the command's."""
        self.complete()
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def format_help(self) -> str:
        """Help, with the arguments in place."""
        self.complete()
        return super().format_help()


def add_commands(command_line: CommandLine) -> None:
    """Add every command to Alembic's parser; a name that the project's own script took already stays the project's."""
    subparsers = command_line.subparsers
    for entry in ENTRIES:
        if entry.name in subparsers.choices:
            continue
        listed = subparsers.add_parser(entry.name, help=entry.help, add_help=False)
        parser = CommandParser(entry, listed.prog)
        parser.set_defaults(cmd=(Runner(entry), [], []))
        subparsers.choices[entry.name] = parser


class Runner:
    """What Alembic calls for one of our commands: it runs it and turns its outcome into an exit status."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self.__name__ = entry.name

    def __call__(self, config: Config) -> None:
        """Run the command with the options that Alembic left in ``config.cmd_opts``."""
        options = config.cmd_opts or Namespace()
        status = run(load(self._entry), config, options)
        if status:
            sys.exit(status)


def run(command: Command, config: Config, options: Namespace) -> int:
    """Run a command and give its exit status.

    :raises alembic.util.CommandError: with ``--raiseerr``; otherwise it becomes a message on stderr and status 2.
    """
    from alembic.util import CommandError

    try:
        return command.run(config, options) or 0
    except KeyboardInterrupt:
        print("Interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has seen enough; the interpreter would complain once more when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if _was_interrupted(error):
            print("Interrupted", file=sys.stderr)
            return INTERRUPTED
        if getattr(options, "raiseerr", False):
            raise
        if (reason := _unreachable(error)) is not None:
            error = CommandError(f"the project's database can't be connected to: {reason}")
        elif _is_lost(error):
            why = " ".join(str(getattr(error, "orig", None) or error).split())
            error = CommandError(
                f"the connection to the server was lost: {why}; nothing more was done, so run it again"
            )
        elif not isinstance(error, CommandError) and (said := _of_environment(error)) is not None:
            error = CommandError(said)
        if not isinstance(error, CommandError):
            # One of our own mistakes: with everything that helps to find it, and not with the status of a finding.
            traceback.print_exception(error)
            error = CommandError(f"{command.name} met an error of its own: please report it with the lines above")
        print(f"FAILED: {error}{_within_flask(config, error)}", file=sys.stderr)
        return FAILED


def _within_flask(config: Config, error: Exception) -> str:
    """The way out where a project of Flask-Migrate meets bare ``alembic``."""
    if not any(words in str(error) for words in ("'script_location'", "outside of application context")):
        return ""
    from alembic_safety.commands.flask_migrate import way_out

    return way_out(config)


def _was_interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error: what is cleaned up on the way out can fail on the connection that it broke."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        if isinstance(current, KeyboardInterrupt):
            return True
        seen.add(id(current))
        current = current.__cause__ or current.__context__
    return False


def _unreachable(error: Exception) -> str | None:
    """Why env.py's own attempt to connect failed; None where something else went wrong."""
    from sqlalchemy.exc import DBAPIError

    if not isinstance(error, DBAPIError) or error.statement is not None:
        return None
    return next((line.strip() for line in str(error.orig).splitlines() if line.strip()), type(error.orig).__name__)


def _is_lost(error: Exception) -> bool:
    """Whether the server, or somebody on it, ended the session: that is no mistake of ours."""
    if "psycopg" not in sys.modules:
        return False
    import psycopg

    from alembic_safety.postgres.session import sqlstate

    driver = getattr(error, "orig", None) or error
    # Without a state the driver found the connection closed; 57P01 to 57P03 are what the server says when it ends one.
    state = sqlstate(error)
    return isinstance(driver, psycopg.OperationalError) and (state is None or state.startswith("57P"))


def _of_environment(error: Exception) -> str | None:
    """What the project's own env.py failed with; None where something else did."""
    from alembic_safety.rehearsal.failure import failing_env, why_env_failed

    env = failing_env(error, Path(__file__).parents[1])
    return None if env is None else why_env_failed(error, env)


def run_sql_revision(config: Config, options: Namespace) -> bool:
    """Do ``alembic -x sql=FILE revision``; False where the call is another, and nothing was done."""
    from alembic_safety.commands.sql_revision import make, sql_file

    file = sql_file(options)
    if file is None:
        return False
    command = Command(
        name="revision", description="", example="", run=lambda config, options: make(config, options, file)
    )
    status = run(command, config, options)
    if status:
        sys.exit(status)
    return True
