"""Options of every command that needs a PostgreSQL server to rehearse on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any


def add_server_options(parser: ArgumentParser, *, keep: bool = True) -> None:
    """Where to rehearse."""
    server = parser.add_argument_group("the PostgreSQL to rehearse on (default: one of our own, gone afterwards)")
    server.add_argument("--server", metavar="URL", help="make scratch databases on this server (default: start one)")
    server.add_argument(
        "--pg-bin",
        metavar="DIR",
        help="start the server from these programs (default: installed ones, else the embedded wheel)",
    )
    server.add_argument(
        "--pg-version", metavar="MAJOR", help="which of the installed major versions (default: the newest)"
    )
    if keep:
        server.add_argument(
            "--keep", action="store_true", help="keep the server and its database to look at (default: no)"
        )


def server_options(args: Namespace) -> dict[str, Any]:
    """The settings that these options override."""
    return {"server": args.server, "pg_bin": args.pg_bin, "pg_version": args.pg_version}
