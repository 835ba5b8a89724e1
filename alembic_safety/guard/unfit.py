"""Rows written since that a downgrade can't hold, where its upgrade kept nothing of their tables: put aside where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_safety.errors import GuardError
from alembic_safety.model.probe import Probe
from alembic_safety.postgres.quarantine import call
from alembic_safety.postgres.session import Session, sqlstate

#: A value that goes may be missed, a row that goes may be another's double or parent.
_ORDER = (
    "too-long", "out-of-range", "not-convertible", "label", "domain", "null", "check", "partition", "duplicate", "overlap", "orphan",
)  # fmt: skip

#: Classes of SQLSTATE: a value that a type can't hold, a constraint that is violated.
OF_ROWS = ("22", "23")


def put_aside(session: Session, version_table: str, revision: str, probes: Iterable[Probe]) -> Iterator[str]:
    """Move what is in the way of one downgrade to ``alembic_safety.conflict``, within its transaction; a line for each kind of it.

    Tables of which something is kept are left to the downgrade. Of rows with the same key the first in the table stays.

    :param version_table: as SQL writes it.
    :raises GuardError: rows elsewhere refer to one that would have to go.
    """
    for probe in sorted((p for p in probes if p.places), key=lambda p: _ORDER.index(p.code)):
        why = f"{probe.words}, and {probe.demand}"
        arguments = (probe.table, probe.places, why, probe.column or None)
        try:
            count = int(session.fetch(call(version_table, revision, "put_unfit_aside", arguments))[0][0])
        except Exception as error:
            if (sqlstate(error) or "")[:2] not in OF_ROWS:
                raise
            raise GuardError(f"revision {revision}: {told(error)}") from error
        if count:
            rows = "1 row" if count == 1 else f"{count} rows"
            yield f"put aside in alembic_safety.conflict: {rows} of {probe.table} that {why}"


def told(error: Exception) -> str:
    """What the server said: its message, detail and hint."""
    original = getattr(error, "orig", None) or error
    diagnostics = getattr(original, "diag", None)
    lines = [getattr(diagnostics, f"message_{part}", None) for part in ("primary", "detail", "hint")]
    return "\n".join(line for line in lines if line) or str(original)
