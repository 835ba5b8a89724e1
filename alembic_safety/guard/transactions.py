"""What has to be known of the migration's transactions from outside of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.postgres.session import Session
from alembic_safety.revisions.internals import has_open_transaction

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import Connection


@contextmanager
def leaving_no_transaction(connection: Connection) -> Iterator[None]:
    """Read something outside of the migration; a transaction that was open before stays open."""
    was_in = connection.in_transaction()
    try:
        yield
    finally:
        if not was_in and connection.in_transaction():
            connection.rollback()


def plainly(context: EnvironmentContext, arguments: dict[str, Any]) -> None:
    """As without a guard."""
    with nullcontext() if has_open_transaction(context.get_context()) else context.begin_transaction():
        context.run_migrations(**arguments)


@dataclass(frozen=True)
class Horizon:
    """What was over, and what was at work, just before a transaction of ours committed."""

    #: The first transaction number that was not given out yet.
    next: int
    #: Transactions of others that were open.
    open: tuple[int, ...]
    #: Our own.
    xid: int

    @classmethod
    def now(cls, session: Session, question: str = "NULL") -> tuple[Horizon, Any]:
        """Within the transaction that is about to commit; and the answer to a question in SQL, which goes along."""
        own, text, answer = session.fetch(
            f"SELECT pg_catalog.pg_current_xact_id()::text, pg_catalog.pg_current_snapshot()::text, {question}"
        )[0]
        _, xmax, xip = str(text).split(":")
        return cls(int(xmax), tuple(int(each) for each in xip.split(",") if each and each != own), int(own)), answer

    def precedes(self, xid: int) -> bool:
        """Whether a transaction, by its number of 32 bits, committed after ours: as ``written_since``."""
        return (xid - self.next) % 2**32 < 2**31 or any(xid == other % 2**32 for other in self.open)

    def written_since(self, alias: str) -> str:
        """A condition on rows of a table that our transaction made or changed: somebody else wrote them after it.

        Transaction numbers of 32 bits are compared by their age.
        """
        newer = f"pg_catalog.age({alias}.xmin) <= pg_catalog.age('{self.next % 2**32}'::xid)"
        others = ", ".join(f"'{xid % 2**32}'::xid" for xid in self.open)
        return f"({newer} OR {alias}.xmin IN ({others}))" if others else newer
