"""``alembic safety-backups``: what backups there are, whether they are whole, and away with old ones."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from alembic_safety.commands.command import FOUND, OK, Command

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config

    from alembic_safety.guard.backup.folder import Entry
    from alembic_safety.settings import Settings


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--verify", metavar="ID", help="read every byte of this backup again, or of all with 'all' (default: only list)"
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="delete what is too many or too old by backup_keep and backup_max_age, never the last good one; of the project's own "
        "database only, unless backup_dir names a folder (default: no)",
    )
    parser.add_argument("--delete", metavar="ID", help="delete this backup (default: none)")


def run(config: Config, args: Namespace) -> int:
    """List, or verify, or delete."""
    from alembic_safety.errors import UsageError
    from alembic_safety.guard.backup.folder import backups, find
    from alembic_safety.guard.backup.plan import backup_folder
    from alembic_safety.settings import load_settings

    if sum(map(bool, (args.verify, args.prune, args.delete))) > 1:
        raise UsageError("--verify, --prune and --delete exclude each other")
    settings = load_settings(config)
    base = backup_folder(settings)
    if args.verify:
        chosen = backups(base) if args.verify == "all" else [find(base, args.verify)]
        return _verify(config, chosen)
    if args.prune or args.delete:
        return _delete(config, base, settings, args.delete)
    entries = backups(base)
    if not entries:
        config.print_stdout("%s", f"no backup is in {base}")
        return OK
    _table([_row(entry) for entry in entries])
    config.print_stdout("%s", f"in {base}")
    return OK


def _row(entry: Entry) -> list[str]:
    from alembic_safety.settings.values import shown_size

    manifest = entry.manifest
    if manifest is None:
        return [entry.id, "", "", "", "", "", entry.trouble]
    age = datetime.now(timezone.utc) - datetime.fromisoformat(manifest.made)
    rows = f"{manifest.rows:,}" if manifest.tables else ""
    size = shown_size(manifest.size) if manifest.files else ""
    proven = {"digest": "read again", "restore": "restored once"}.get(manifest.verified, manifest.verified)
    return [manifest.id, _age(age.total_seconds()), manifest.dbname, manifest.kind, rows, size, proven]


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _table(rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title, justify in (
        ("backup", "left"), ("age", "right"), ("database", "left"), ("kind", "left"), ("rows", "right"), ("size", "right"),
        ("proven", "left"),
    ):  # fmt: skip
        table.add_column(title, justify=justify, no_wrap=title == "backup", overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 200)
    console.print(table)


def _verify(config: Config, entries: list[Entry]) -> int:
    from alembic_safety.guard.backup.digests import damage

    status = OK
    for entry in entries:
        manifest = entry.manifest
        found = [entry.trouble] if manifest is None else damage(entry.folder, manifest.files)
        if found:
            status = FOUND
        config.print_stdout("%s", f"{entry.id}: {'DAMAGED: ' + '; '.join(found) if found else 'whole'}")
    if not entries:
        config.print_stdout("there is no backup to verify")
    return status


def _delete(config: Config, base: Path, settings: Settings, named: str | None) -> int:
    from alembic_safety.guard.backup.folder import backups, find
    from alembic_safety.guard.backup.plan import CLONE
    from alembic_safety.guard.backup.retention import discard, prune
    from alembic_safety.guard.backup.target import project_database

    chosen = [find(base, named)] if named else backups(base)
    is_needed = any(e.manifest is not None and e.manifest.kind == CLONE for e in chosen)
    # Backups of all projects are in the user's folder; one that the project names is its own.
    is_shared = settings.backup_dir is None
    endpoint = project_database(config).endpoint if is_needed or (is_shared and not named) else None
    if named:
        discard(base, chosen[0], endpoint)
        config.print_stdout("%s", f"deleted backup {chosen[0].id}")
        return OK
    deleted, spared = prune(base, settings, endpoint, only=endpoint if is_shared else None)
    for name in deleted:
        config.print_stdout("%s", f"deleted backup {name}")
    for name in spared:
        config.print_stdout("%s", f"kept backup {name}: it is the last good one of its database")
    if not deleted:
        config.print_stdout("nothing to delete")
    return OK


COMMAND = Command(
    name="safety-backups",
    description=(
        "List the backups in the folder that backup_dir names: of what database, how old, how large, how they were proven.\n\n"
        "--verify reads every byte again and compares it with the SHA-256 that was taken while the backup was written: a single\n"
        "flipped bit or a missing end is noticed (pg_restore notices neither by itself). Exit status 1 where one is damaged."
    ),
    example="alembic safety-backups --verify all   # in a nightly job",
    add_arguments=add_arguments,
    run=run,
)
