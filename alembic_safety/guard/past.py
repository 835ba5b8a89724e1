"""What the journal in the database says of runs: read by the next run, and by ``alembic safety-history``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session
from alembic_safety.settings.values import shown_size

_RUN = f"{own_schema.NAME}.run"
_STEP = f"{own_schema.NAME}.step"
_EVENT = f"{own_schema.NAME}.event"
_BACKUP = f"{own_schema.NAME}.backup"


@dataclass(frozen=True, kw_only=True)
class PastStep:
    """A revision of a run."""

    revision: str
    #: It is in the database, committed together with the version table.
    applied: bool
    #: A part of it ran outside of a transaction.
    left_transaction: bool
    #: From its begin to just before its COMMIT; None where it was not applied.
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class PastEvent:
    """Something besides its revisions that happened in a run."""

    at: datetime
    #: backup | verification | health check | commit | half-done revision | …
    kind: str
    #: ok | failed | …
    outcome: str
    seconds: float | None
    message: str


@dataclass(frozen=True, kw_only=True)
class Backend:
    """The server's process that a run migrated with, and its transaction, as it began."""

    pid: int
    started: datetime
    #: Of its last transaction; None where the session is not shared through a pooler, and so is ours as a whole.
    xact_start: datetime | None


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """A run."""

    number: int
    #: upgrade | downgrade | take back | rollback
    command: str
    started: datetime
    finished: datetime | None
    #: done | failed | interrupted; '' while it is running.
    outcome: str
    message: str
    #: Role in the database, and the process and host that it ran on.
    who: str
    heads_before: tuple[str, ...]
    steps: tuple[PastStep, ...]
    events: tuple[PastEvent, ...] = ()
    #: Version of alembic-safety.
    tool: str = ""
    #: Address that the server saw; '' for a Unix socket.
    client: str = ""
    backend: Backend | None = None
    #: Transaction that was about to be committed last.
    xid: int | None = None

    @property
    def half_done(self) -> tuple[str, ...]:
        """Revisions that committed a part of themselves and came no further."""
        return tuple(s.revision for s in self.steps if not s.applied and s.left_transaction)

    @property
    def told(self) -> str:
        """What became of its revisions, in words."""
        applied = [s.revision for s in self.steps if s.applied]
        undone = [s.revision for s in self.steps if not s.applied and not s.left_transaction]
        parts = [f"{label} {', '.join(names)}" for label, names in (
            ("taken back:" if self.command in (TAKE_BACK, ROLLBACK) else "committed:", applied),
            ("partly committed, by statements outside of a transaction:", self.half_done),
            ("rolled back:", undone),
        ) if names]  # fmt: skip
        return "; ".join(parts) or "no revision was begun"


#: The command of a run that takes back what another one committed.
TAKE_BACK = "take back"
#: The command of ``safety-rollback --stored``.
ROLLBACK = "rollback"

# Columns that an older layout does not have are read by way of JSON, where what is absent is NULL.
_QUERY = f"""
SELECT r.number, r.command, r.started, r.finished, r.outcome, r.message, r.who, r.heads_before,
       coalesce((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(s.revision, s.applied IS NOT NULL, s.left_transaction,
                        extract(epoch FROM s.applied - s.begun)::float8) ORDER BY s.begun) FROM {_STEP} s WHERE s.run = r.number), '[]')::text,
       coalesce(j.facts ->> 'tool', ''), coalesce(j.facts ->> 'client', ''), (j.facts ->> 'backend')::integer,
       (j.facts ->> 'backend_start')::timestamptz, (j.facts ->> 'xact_start')::timestamptz, (j.facts ->> 'xid')::bigint
FROM {_RUN} r CROSS JOIN LATERAL pg_catalog.to_jsonb(r) AS j(facts)
WHERE r.version_table = {{version_table}} AND ({{which}}) ORDER BY r.number DESC LIMIT {{limit}}"""


def read_journal(session: Session, version_table: str, *, unfinished: bool = False, limit: int = 20) -> list[PastRun]:
    """The newest runs, the oldest of them first; empty where no journal was ever kept."""
    if not _is_there(session, _STEP):
        return []
    rows = session.fetch(
        _QUERY.format(
            version_table=quote_literal(version_table),
            which="r.finished IS NULL" if unfinished else "true",
            limit=int(limit),
        )
    )
    numbers = [int(row[0]) for row in rows]
    events = _events(session, numbers, _backups(session, numbers))
    return [
        PastRun(
            number=row[0], command=row[1], started=row[2], finished=row[3], outcome=row[4], message=row[5], who=row[6],
            heads_before=tuple(row[7]),
            steps=tuple(
                PastStep(revision=s[0], applied=s[1], left_transaction=s[2], seconds=s[3]) for s in json.loads(row[8])
            ),
            events=tuple(events.get(row[0], ())),
            tool=row[9], client=row[10],
            backend=None if row[11] is None or row[12] is None else Backend(pid=row[11], started=row[12], xact_start=row[13]),
            xid=row[14],
        )
        for row in reversed(rows)
    ]  # fmt: skip


def is_unfinished(session: Session, version_table: str) -> bool:
    """Whether a run is at work, or was interrupted and not yet noticed; False where the journal can't be read."""
    query = f"""
        SELECT pg_catalog.has_schema_privilege('{own_schema.NAME}', 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
        FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('{_RUN}')"""
    rows = session.fetch(query)
    if not rows or not rows[0][0]:
        return False
    unfinished = (
        f"SELECT 1 FROM {_RUN} WHERE version_table = {quote_literal(version_table)} AND finished IS NULL LIMIT 1"
    )
    return bool(session.fetch(unfinished))


def _backups(session: Session, runs: list[int]) -> dict[int, list[PastEvent]]:
    found: dict[int, list[PastEvent]] = {}
    if not runs or not _is_there(session, _BACKUP):
        return found
    numbers = ", ".join(map(str, runs))
    for row in session.fetch(
        "SELECT run, begun, id, kind, outcome, extract(epoch FROM finished - begun)::float8, bytes, reference, message "
        f"FROM {_BACKUP} WHERE run IN ({numbers}) ORDER BY begun"
    ):
        size = f", {shown_size(row[6])}" if row[6] else ""
        named = f", called {row[7]}" if row[7] else ""
        said = f"{row[2]} ({row[3]}{size}{named})" + (f": {row[8]}" if row[8] else "")
        event = PastEvent(at=row[1], kind="backup", outcome=row[4] or "not finished", seconds=row[5], message=said)
        found.setdefault(row[0], []).append(event)
    return found


def _events(session: Session, runs: list[int], found: dict[int, list[PastEvent]]) -> dict[int, list[PastEvent]]:
    """What else happened in each run, after what is known already."""
    if not runs or not _is_there(session, _EVENT):
        return found
    numbers = ", ".join(map(str, runs))
    for row in session.fetch(
        f"SELECT run, at, kind, outcome, seconds, message FROM {_EVENT} WHERE run IN ({numbers}) ORDER BY id"
    ):
        event = PastEvent(at=row[1], kind=row[2], outcome=row[3], seconds=row[4], message=row[5])
        found.setdefault(row[0], []).append(event)
    return found


def as_json(runs: Sequence[PastRun]) -> str:
    """The runs as a JSON array, times as ISO 8601."""
    rows = [asdict(past) for past in runs]
    return json.dumps(rows, indent=2, ensure_ascii=False, default=lambda value: value.isoformat())


def _is_there(session: Session, table: str) -> bool:
    return bool(session.fetch(f"SELECT 1 WHERE pg_catalog.to_regclass('{table}') IS NOT NULL"))
