"""Give revisions that were just made a proven way down, and say how that went."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from alembic_safety.commands.command import FOUND, OK

if TYPE_CHECKING:
    from alembic.config import Config


def derive_for(config: Config, revisions: frozenset[str], options: dict[str, Any]) -> int:
    """Derive, prove and write the downgrades of these revisions; returns the exit status.

    Where there is no server to rehearse on, the revisions stay without a way down, and a line says so.
    """
    from alembic_safety.commands.progress import Progress
    from alembic_safety.errors import ServerError
    from alembic_safety.rehearsal.coverage import Scope
    from alembic_safety.rehearsal.options import options_of
    from alembic_safety.rehearsal.writing import derive_downgrades, write_downgrades
    from alembic_safety.report import coverage_report, write_report
    from alembic_safety.settings import load_settings

    settings = load_settings(config, **options)
    try:
        with Progress(config, sys.stderr) as progress:
            history = derive_downgrades(
                config,
                options_of(
                    settings,
                    chosen=revisions,
                    cache=False,
                    progress=progress.revision,
                    tell=progress.tell,
                ),
                scope=Scope.MISSING,
                preserve=settings.preserve,
            )
    except ServerError as error:
        print(f"no downgrade was derived: {error}", file=sys.stderr)
        return FOUND
    write_downgrades(config, history)
    report = coverage_report(
        history.entries, written=True, facts=dict(history.rehearsal.facts), notes=history.rehearsal.notes
    )
    write_report(report, "text", config.stdout)
    return OK if report.holds else FOUND
