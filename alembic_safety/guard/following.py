"""The catalog of the database that is migrated, from one revision to the next."""

from __future__ import annotations

import contextlib
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from alembic_safety.postgres.catalog import kept_statements, read_delta, read_snapshot, read_start
from alembic_safety.postgres.catalog.followed import FollowedSnapshot

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.catalog import Exclusions, Start
    from alembic_safety.postgres.session import Session


class Following:
    """Reads the catalog once, and then what transactions change in it."""

    def __init__(
        self, session: Session, exclude: Exclusions, *, is_shared: bool = False, is_within: bool = False
    ) -> None:
        """Read all of it.

        :param is_shared: by way of a pooler, so that the next transaction may meet another process of the server.
        :param is_within: all revisions run in one transaction that env.py began, whether or not they are to have one each.
        """
        self._exclude = exclude
        self._is_shared = is_shared
        #: As it was before the transaction that is running.
        self.base: Snapshot = read_snapshot(session, exclude)
        #: As of the last look.
        self.latest: Snapshot = self.base
        #: What changed after this is looked at; None: after the last transaction that is known to be over.
        self._always_since = self._oldest_to_come if is_within else None
        self._start: Start | None = None
        self._kept: set[str] | None = None

    @property
    def has_read(self) -> bool:
        """Whether it was read within the transaction that is running."""
        return self.latest is not self.base

    def transaction_begins(self, session: Session, first: tuple[str, ...]) -> None:
        """Note where the session stands, so that little has to be looked at later; the transaction has written nothing yet.

        :param first: statements that are run before that.
        """
        self._start = None
        if self._always_since is not None:
            session.execute("; ".join(first))
            return
        if self._is_shared:
            self._kept = None
        # Where one was left in the middle of a revision, what it did after the last look is to be found.
        if self.has_read or self._is_shared:
            session.execute("; ".join(first))
            return
        if self._kept is None:
            self._kept = kept_statements(session)
        _, self._start = read_start(session, self._kept, in_savepoint=True, first=first)

    def read(self, session: Session, harmless: AbstractSet[int]) -> Snapshot:
        """The catalog as it is now.

        :param harmless: transactions of others that are known to have changed nothing in it.
        """
        if self._start is not None:
            self._start.harmless |= harmless
        self.latest = read_delta(
            session,
            self.latest,
            self._since,
            self._exclude,
            start=self._start,
            kept=self._kept,
            marking=self._start is not None,
        )
        return self.latest

    def glance(self, session: Session, known: Snapshot) -> Snapshot:
        """The catalog as it is now, in the middle of a revision and perhaps of a savepoint: not remembered.

        :param known: as it was at some moment of this transaction that was not rolled back.
        """
        self._kept = None  # a rolled-back savepoint may make the driver forget what is prepared
        return read_delta(session, known, self._since, self._exclude)

    @property
    def _since(self) -> int:
        return self._oldest_to_come if self._always_since is None else self._always_since

    @property
    def _oldest_to_come(self) -> int:
        if isinstance(self.base, FollowedSnapshot) and self.base.moment is not None:
            return self.base.moment.oldest_to_come % 2**32
        return 0

    def settle(self) -> None:
        """The transaction is about to be committed."""
        self.base = self.latest

    def end(self, session: Session) -> None:
        """Leave nothing in the session."""
        if self._kept:
            with contextlib.suppress(Exception):  # some may be gone, and so may the session
                session.execute("; ".join(f"DEALLOCATE {name}" for name in sorted(self._kept)))
