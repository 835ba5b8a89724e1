"""``alembic safety-approve``: approve a revision, in a file that is reviewed with it."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from alembic.config import Config


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("revision", metavar="REV", help="revision to approve")
    parser.add_argument(
        "--reason", metavar="TEXT", help="why it may run: what was looked at (default: none, so it has to be said)"
    )
    parser.add_argument(
        "--expires", metavar="WHEN", help="last day: 2026-12-31, or a time from now as 30d (default: never)"
    )
    parser.add_argument("--withdraw", action="store_true", help="remove your approval instead (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Write the approval, and say where."""
    from alembic_safety.errors import UsageError
    from alembic_safety.guard.approval import approve, standing, withdraw
    from alembic_safety.revisions.chain import load_chain
    from alembic_safety.settings import load_settings

    settings = load_settings(config)
    revision = load_chain(config).resolve(args.revision)
    if args.withdraw:
        gone = withdraw(revision)
        if gone is None:
            raise UsageError(f"there is no approval of revision {revision.id} by you")
        config.print_stdout("%s", f"removed {_shown(gone)}")
        return OK
    if not (args.reason or "").strip():
        raise UsageError("say --reason: whoever reads the approval later wants to know what was looked at")
    path = approve(
        revision,
        reason=args.reason.strip(),
        expires=_expires(args.expires),
        rules=settings.approval,
        target=settings.target,
    )
    config.print_stdout("%s", f"wrote {_shown(path)}: commit it with the revision")
    now = standing(revision, settings.approval, settings.target)
    for sentence in now.missing:
        config.print_stdout("%s", f"revision {revision.id}: {sentence}")
    return OK


def _expires(text: str | None) -> dt.date | None:
    from alembic_safety.errors import UsageError
    from alembic_safety.settings.values import duration

    if text is None:
        return None
    today = dt.datetime.now(dt.timezone.utc).date()
    try:
        if "-" in text:
            day = dt.date.fromisoformat(text)
        else:
            day = today + dt.timedelta(seconds=float(duration().read(text, Path()) or 0))
    except (ValueError, OverflowError):
        raise UsageError(f"--expires is {text!r}, and takes a day as 2026-12-31 or a time from now as 30d") from None
    if day < today:
        raise UsageError(f"--expires is {text}, which is past")
    return day


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


COMMAND = Command(
    name="safety-approve",
    description=(
        "Approve a revision: write safety/approvals/REVISION--WHO.json beside its certificate, to be committed with it. It is\n"
        "bound to the sources as they are now, and to the grade and risk that are known now; a change of the revision voids it.\n"
        "Who approves is git's user.email, else the login name. The setting 'approval' says what needs approval; 'alembic\n"
        "safety-check' prints what is missing, and an upgrade is refused without it."
    ),
    example='alembic safety-approve 4f2a91c0 --reason "plan looked at, table is small" --expires 30d',
    add_arguments=add_arguments,
    run=run,
)
