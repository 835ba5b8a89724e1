"""``alembic safety-backup``: take a backup of the project's database now."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from alembic.config import Config


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--kind",
        choices=("full", "clone", "command"),
        help="everything by pg_dump, a copy of the database beside it (nobody may be connected), or what backup_command does "
        "(default: the setting backup where it is one of these, else full)",
    )
    parser.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="NAME",
        help="only the rows of this table, as SQL writes it, and the schema of everything; repeatable (default: all)",
    )
    parser.add_argument(
        "--prove",
        choices=("digest", "restore"),
        help="read every byte again, or restore it into a scratch database too (default: the setting backup_verify)",
    )


def run(config: Config, args: Namespace) -> int:
    """Take it, and say what was taken."""
    from alembic_safety.commands.progress import Progress
    from alembic_safety.errors import UsageError
    from alembic_safety.guard.backup import plan as plans
    from alembic_safety.guard.backup.before import take, told
    from alembic_safety.guard.backup.folder import new_id, sweep
    from alembic_safety.guard.backup.retention import retire
    from alembic_safety.guard.backup.target import project_database
    from alembic_safety.postgres.session import PsycopgSession
    from alembic_safety.settings import load_settings
    from alembic_safety.settings.values import shown_size

    settings = load_settings(config, backup_verify=args.prove)
    kind = args.kind or (settings.backup if settings.backup in (plans.CLONE, plans.COMMAND) else plans.FULL)
    if args.table and args.kind not in (None, plans.FULL):
        raise UsageError(f"--table and --kind {args.kind} exclude each other")
    where = project_database(config)
    base = plans.backup_folder(settings)
    sweep(base)
    with where.endpoint.connect() as connection:
        plan = plans.plan_named(PsycopgSession(connection), plans.FULL if args.table else kind, args.table, settings)
    with Progress(config, sys.stderr) as shown:
        manifest, _ = take(
            plan,
            new_id(where.endpoint.dbname),
            where,
            settings,
            None,
            tell=lambda done, seconds: shown.sometimes(f"{shown_size(done)} written in {seconds:.0f} s"),
        )
    config.print_stdout("%s", told(manifest, base))
    for name in retire(base, manifest, where.endpoint, settings):
        config.print_stdout("%s", f"deleted backup {name}, as backup_keep and backup_max_age say")
    return OK


COMMAND = Command(
    name="safety-backup",
    description=(
        "Take a backup of the database that the project is configured for, as an upgrade with hooks.run() does before it begins:\n"
        "by pg_dump from one snapshot, in parallel and compressed, into a folder of its own with a manifest that holds the\n"
        "SHA-256 of every file. It is read again in full before it counts. Other sessions go on meanwhile.\n\n"
        "The password goes to pg_dump by a private file; it is on no command line, in no log and not in the manifest."
    ),
    example="alembic safety-backup --prove restore   # and see that it can be restored",
    add_arguments=add_arguments,
    run=run,
)
