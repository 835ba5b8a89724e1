"""Ask probes of a database, without changing anything in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alembic_safety.model.probe import Probe
from alembic_safety.postgres.session import Session, sqlstate

_SAVEPOINT = "alembic_safety_probe"
_CANCELLED = "57014"
#: Examples that an answer shows at most.
MOST = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a probe found."""

    probe: Probe
    #: Rows that are in the way; None where the question could not be answered.
    count: int | None
    #: Keys of up to five of them, as text.
    examples: tuple[str, ...] = ()
    #: Why there is no answer; '' where there is one.
    error: str = ""

    @property
    def sentence(self) -> str:
        """The answer in words, naming the table, without a full stop."""
        probe = self.probe
        if self.count is None:
            return f"{probe.table} could not be asked for rows that {probe.words}: {self.error}"
        rows = "1 row" if self.count == 1 else f"{self.count} rows"
        shown = ", ".join(self.examples) + (", …" if self.count > len(self.examples) else "")
        keys = f" ({shown})" if self.examples else ""
        return f"{rows} of {probe.table} {probe.words}{keys}, and {probe.demand}"


def ask(
    session: Session, probes: Iterable[Probe], *, seconds: float | None = None, examples: int = MOST
) -> list[Answer]:
    """Ask each probe in a read-only part of the open transaction, which goes on as it was.

    Rows that row security hides from the role are no silence: such a question is not answered.

    :param session: in an open transaction (a driver that opens one by itself is fine); never in autocommit mode.
    :param seconds: the longest time of each probe; None leaves the limit that the session has.
    :param examples: how many keys to show.
    Raises the driver's own error only where the connection is gone.
    """
    version = int(session.fetch("SELECT pg_catalog.current_setting('server_version_num')")[0][0])
    return [_ask(session, probe, version, seconds, examples) for probe in probes]


def _ask(session: Session, probe: Probe, version: int, seconds: float | None, examples: int) -> Answer:
    if version < probe.server:
        return Answer(probe=probe, count=None, error=f"the server is older than {probe.server // 10000}")
    settings = "SET LOCAL transaction_read_only = on; SET LOCAL row_security = off"
    if seconds is not None:
        settings += f"; SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"
    session.execute(f"SAVEPOINT {_SAVEPOINT}")
    try:
        session.execute(settings)
        count = int(session.fetch(f"SELECT pg_catalog.count(*) FROM ({probe.query}) AS violators")[0][0])
        keys: tuple[str, ...] = ()
        if count and examples:
            keys = tuple(str(key) for (key,) in session.fetch(f"{probe.query} LIMIT {examples}"))
        answer = Answer(probe=probe, count=count, examples=keys)
    except Exception as error:
        state = sqlstate(error)
        if state is None or state.startswith(("57P", "58", "08")):
            raise
        words = f"it took longer than {seconds:g} s" if seconds and state == _CANCELLED else _words(error)
        answer = Answer(probe=probe, count=None, error=words)
    # What was set goes with it: the transaction may write again.
    session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; RELEASE SAVEPOINT {_SAVEPOINT}")
    return answer


def _words(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    diagnostics = getattr(original, "diag", None)
    return str(getattr(diagnostics, "message_primary", None) or original).strip().splitlines()[0]
