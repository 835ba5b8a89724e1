"""``alembic safety-restore``: give a backup back, in the place of a database, beside it, or only the rows of a table."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.guard.backup.manifest import Manifest


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("id", metavar="ID", help="the backup, or the beginning of its name; see safety-backups")
    parser.add_argument(
        "--into",
        metavar="DB",
        help="restore into a new database of this name (default: in the place of the project's database)",
    )
    parser.add_argument(
        "--table",
        metavar="NAME",
        help="only the rows of this table, into a new table beside it; with --into, in that database (default: everything)",
    )
    parser.add_argument(
        "--as",
        dest="as_name",
        metavar="NAME",
        help="the new table of --table (default: TABLE_restored_TIME in schema alembic_safety, which autogenerate does not see)",
    )
    parser.add_argument(
        "--confirm",
        metavar="DB",
        help="the name of the database that is to be replaced; asked for on a terminal where it is not given (default: not given)",
    )
    parser.add_argument(
        "--disconnect",
        action="store_true",
        help="end the sessions of others in the database that is replaced (default: refuse while there are any)",
    )
    parser.add_argument(
        "--url", metavar="URL", help="the server, by any database on it (default: the project's, through its env.py)"
    )


def run(config: Config, args: Namespace) -> int:
    """Restore, and say what is where now."""
    from alembic_safety.commands.progress import Progress
    from alembic_safety.errors import UsageError
    from alembic_safety.guard.backup.folder import find
    from alembic_safety.guard.backup.plan import backup_folder
    from alembic_safety.guard.backup.restore import restore_into, restore_over, whole
    from alembic_safety.guard.backup.restore_table import restore_table
    from alembic_safety.guard.backup.target import named_database, project_database
    from alembic_safety.settings import load_settings
    from alembic_safety.settings.values import shown_size

    if args.as_name and not args.table:
        raise UsageError("--as names the new table of --table: say which table to take out")
    settings = load_settings(config)
    entry = find(backup_folder(settings), args.id)
    endpoint = named_database(args.url) if args.url else project_database(config).endpoint
    if args.table:
        endpoint = endpoint.to(args.into) if args.into else endpoint
        name, rows, notes = restore_table(entry, endpoint, args.table, settings, name=args.as_name)
        config.print_stdout(
            "%s", f"{rows} rows of {args.table} are in the new table {name} of database {endpoint.dbname}"
        )
        _tell(notes)
        return OK
    with Progress(config, sys.stderr) as shown:

        def tell(size: int, seconds: float) -> None:
            shown.sometimes(f"restoring: the new database has {shown_size(size)}, after {seconds:.0f} s")

        if args.into:
            done = restore_into(entry, endpoint, args.into, settings, tell)
        else:
            _confirm(whole(entry), endpoint.dbname, args.confirm)
            done = restore_over(entry, endpoint, settings, disconnect=args.disconnect, tell=tell)
    config.print_stdout("%s", f"database {done.database} is what it was when backup {entry.id} was taken")
    if done.aside:
        config.print_stdout(
            "%s", f"the one before is kept as database {done.aside}: drop it when nobody needs it any more"
        )
    _tell(done.notes)
    return OK


def _tell(notes: list[str] | tuple[str, ...]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def _confirm(manifest: Manifest, database: str, given: str | None) -> None:
    from alembic_safety.errors import UsageError

    if given is None and sys.stdin.isatty():
        print(
            f"Database {database} will be replaced by what {manifest.dbname} was on {manifest.made}; it is kept under another name.",
            file=sys.stderr,
        )
        given = input("Type its name to go on: ")
    if given != database:
        raise UsageError(
            f"nothing was done: replacing database {database} needs its name, --confirm {database}"
            if given is None
            else f"nothing was done: {given!r} is not the name of the database that would be replaced, {database}"
        )


COMMAND = Command(
    name="safety-restore",
    description=(
        "Give a backup back, after every byte of it was compared with its SHA-256.\n\n"
        "By default it takes the place of the project's database: it is restored into a new database beside it, every row is\n"
        "counted, and then two renames in one transaction put it in place. The replaced database is kept under another name, and\n"
        "until the renames nothing has changed, so a restore that fails loses nothing. It needs room for both, and a role that may\n"
        "create databases.\n\n"
        "--into makes a new database of it. --table takes the rows of one table into a new table, with nothing else touched."
    ),
    example="alembic safety-restore 20260731T221500Z --table public.orders --as public.orders_before",
    add_arguments=add_arguments,
    run=run,
)
