"""Derive the downgrades of a history, and write them into the revision files or beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import UsageError
from alembic_safety.rehearsal.certificate import write_certificate
from alembic_safety.rehearsal.coverage import Entry, Scope, decide
from alembic_safety.rehearsal.derive import Deriver
from alembic_safety.rehearsal.runner import rehearse
from alembic_safety.revisions.chain import load_chain
from alembic_safety.revisions.files import replace_file
from alembic_safety.revisions.render import render_sql
from alembic_safety.revisions.rewrite import rewrite_file

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.rehearsal.options import Options
    from alembic_safety.rehearsal.verdict import Rehearsal


@dataclass(frozen=True, kw_only=True)
class History:
    """What was derived for a history."""

    rehearsal: Rehearsal
    entries: tuple[Entry, ...]
    server_major: int


def derive_downgrades(
    config: Config,
    options: Options,
    *,
    scope: Scope | None = None,
    column_order: bool = False,
    preserve: str = "exact",
) -> History:
    """Rehearse, derive and prove; writes nothing. Raises as ``rehearse``."""
    chain = load_chain(config)
    deriver = Deriver(column_order=column_order, preserve=preserve)
    rehearsal = rehearse(config, options, chain=chain, visitor=deriver)
    entries = tuple(
        decide(chain.by_id[v.revision], v, deriver.derived.get(v.revision), scope)
        for v in rehearsal.verdicts
        if not v.applied_only
    )
    return History(rehearsal=rehearsal, entries=entries, server_major=rehearsal.server_major)


def write_downgrades(config: Config, history: History) -> list[Path]:
    """Edit revision files and write certificates; returns the revision files that changed.

    :raises SourceError: a file cannot be read or written.
    """
    changed = [
        entry.revision.path
        for entry in history.entries
        if entry.writes and rewrite_file(entry.revision.path, entry.body, block=entry.block, force=True)
    ]
    # A hand-written body that was replaced was a part of its revision's key, and so of the keys of all that follow.
    chain = load_chain(config) if changed else None
    for entry in history.entries:
        revision = chain.by_id[entry.revision.id] if chain is not None else entry.revision
        certificate = entry.certificate(history.server_major)
        if certificate is not None:
            write_certificate(revision, replace(certificate, key=revision.key))
    return changed


def write_rollbacks(history: History, folder: str) -> list[Path]:
    """Write ``NAME.rollback.sql`` for every revision whose downgrade was proven.

    :raises UsageError: the folder cannot be made or written to.
    """
    target = Path(folder)
    written = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for entry in history.entries:
            derived = entry.derived
            if derived is None or derived.synthesis is None or not derived.proven:
                continue
            remarks = [f"takes back {entry.revision.id} {entry.revision.title}".rstrip()]
            remarks += [f"not given back: {reason}" for reason in entry.reasons]
            path = target / f"{entry.revision.path.stem}.rollback.sql"
            replace_file(path, render_sql(derived.synthesis.statements, remarks=remarks).encode())
            written.append(path)
    except OSError as error:
        raise UsageError(f"--out {folder!r}: {error.strerror}") from error
    return written
