"""What a command is: a name, its help, its options and one function."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

#: Everything holds.
OK = 0
#: The run was done, and something falls short.
FOUND = 1
#: The run itself could not be done: wrong use, no server, a source that cannot be read.
FAILED = 2
#: Ctrl-C, as shells report it.
INTERRUPTED = 130


def no_arguments(parser: ArgumentParser) -> None:
    """For a command without options of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A subcommand of ``alembic``.

    ``run`` gets Alembic's configuration and the parsed options, prints results by ``config.print_stdout`` and everything
    else to stderr, and returns an exit status (None is 0). A ``CommandError`` that it raises is printed as one message,
    with exit status 2.
    """

    name: str
    #: What it does, in a paragraph or two.
    description: str
    #: One full command line with what it is good for; shown below the options.
    example: str
    run: Callable[[Config, Namespace], int | None]
    add_arguments: Callable[[ArgumentParser], None] = no_arguments
