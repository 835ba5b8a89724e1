"""Follow the steps of a run: write down what each upgrade finds, and give it back after each downgrade."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from alembic_safety.guard.live_state import forget, kept, note, seen
from alembic_safety.guard.log import log
from alembic_safety.guard.notes import write
from alembic_safety.guard.stored import chain_in
from alembic_safety.postgres.catalog import Exclusions, read_delta, read_snapshot
from alembic_safety.postgres.identifiers import qualified
from alembic_safety.postgres.session import DirectSession, SqlalchemySession
from alembic_safety.rehearsal.certificate import Certificate, Grade, Status, read_certificate
from alembic_safety.rehearsal.closure import entries
from alembic_safety.rehearsal.options import parse_exclusions

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_safety.guard.following import Following
    from alembic_safety.guard.in_the_way import InTheWay
    from alembic_safety.guard.runner_lock import RunnerLock
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.settings import Settings

#: Grades of a downgrade that promises the schema as it was.
PROMISING = frozenset({Grade.EXACT.value, Grade.SCHEMA_EXACT.value})
#: A transaction id that everything seen so far is older than.
XMIN = "SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text"


def exclusions(migration: MigrationContext, settings: Settings) -> Exclusions:
    """What is no part of the project's schema, the version table among it."""
    chosen = parse_exclusions(settings.exclude)
    return Exclusions(schemas=chosen.schemas, tables=chosen.tables | {migration.version_table})


class LiveState:
    """What a database has of its own, over the steps of one run."""

    def __init__(self, migration: MigrationContext, setting: str) -> None:
        self._migration = migration
        self.is_on = setting != "off"
        self._table = qualified(migration.version_table_schema, migration.version_table)

    def concerns(self, revision: str) -> bool:
        """Whether a revision has a downgrade that promises the schema as it was."""
        return self._promise(revision) is not None

    def _promise(self, revision: str) -> Certificate | None:
        chain = chain_in(self._migration) if self.is_on else None
        found = chain.by_id.get(revision) if chain is not None else None
        if found is None:
            return None
        status, certificate = read_certificate(found)
        promises = certificate is not None and status is Status.VALID and certificate.grade.value in PROMISING
        return certificate if promises else None

    def upgraded(self, revision: str, before: Snapshot, after: Snapshot) -> None:
        """Write down what an upgrade found, within its transaction."""
        certificate = self._promise(revision)
        if certificate is None:
            return
        proof = certificate.proofs.get(str(after.server_version // 10000))
        state = seen(before, after, proof.closure if proof is not None else None)
        write(self._migration, note(self._table, revision, state))

    def way(
        self,
        session: SqlalchemySession,
        revision: str,
        before: Snapshot,
        read: Callable[[Snapshot], Snapshot],
        unnoticed: Callable[[], AbstractContextManager[None]],
    ) -> InTheWay | None:
        """What clears the way of a downgrade that promises the schema as it was; None where nothing is to be given back.

        :param read: see ``guard.in_the_way``, as ``unnoticed``.
        """
        from alembic_safety.guard.in_the_way import InTheWay

        if not self.is_on:
            return None
        state = kept(session, self._table, revision)
        return InTheWay(session.connection, before, read, unnoticed, state)

    def downgraded(
        self,
        session: SqlalchemySession,
        revision: str,
        before: Snapshot,
        now: Snapshot,
        read: Callable[[], Snapshot],
        put_aside: Collection[tuple[str, str]] = (),
    ) -> bool:
        """Give back what a downgrade does not know of, within its transaction; says whether it changed anything.

        Whoever calls has made sure that the downgrade promises the schema as it was. Raises GuardError.

        :param put_aside: see ``guard.in_the_way``.
        """
        from alembic_safety.guard.live_restore import restore

        if not self.is_on:
            return False
        state = kept(session, self._table, revision)
        certificate = self._promise(revision)
        touched = touched_by(certificate) if certificate is not None else None
        restored = restore(session, state, before, now, read, touched, put_aside)
        for statement in restored.statements:
            log().info("as it was found before %s: %s", revision, statement)
        for line in restored.lost:
            log().warning("downgrade of %s: %s", revision, line)
        if state is not None:
            forget(session, self._table, revision)
        return bool(restored.statements)


class GivingBack:
    """Downgrades of a guarded run: what no rehearsal knew of is taken out of their way, and given back after each."""

    def __init__(self, live: LiveState, session: Callable[[], SqlalchemySession], lock: RunnerLock) -> None:
        """:param session: the migration's own connection."""
        self._live = live
        self._session = session
        self._lock = lock
        #: Whether a part of the downgrade that is running was committed before: what there was before it is not known then.
        self.goes_on = False
        #: (kind, identity) of what was taken out of the way of the downgrade that is running.
        self._put_aside: set[tuple[str, str]] = set()

    @contextmanager
    def clearing(
        self, revision: str, catalog: Following | None, unnoticed: Callable[[], AbstractContextManager[None]]
    ) -> Iterator[None]:
        """The downgrade runs within.

        :param catalog: as of the last look, before it; None where nothing is compared.
        :param unnoticed: see ``guard.in_the_way``.
        """
        self._put_aside = set()
        if catalog is None or not self._live.concerns(revision):
            yield
            return
        session = DirectSession(self._session().connection)
        way = self._live.way(session, revision, catalog.latest, partial(catalog.glance, session), unnoticed)
        with way.cleared() if way is not None else nullcontext():
            yield
        self._put_aside = way.put_aside if way is not None else set()

    def after(self, revision: str, catalog: Following, before: Snapshot) -> None:
        """Give back, within the transaction. Raises GuardError.

        :param catalog: as of the last look, after it; ``before``: as it was before it.
        """
        read = partial(self.read_on, catalog)
        if self.goes_on:
            before = catalog.latest  # what the upgrade found is given back, and nothing else
        if self._live.concerns(revision) and self._live.downgraded(
            self._session(), revision, before, catalog.latest, read, self._put_aside
        ):
            read()

    def read_on(self, catalog: Following) -> Snapshot:
        """The catalog as it is now, within the transaction of the last look or a later one."""
        return catalog.read(self._session(), self._lock.side.transactions)


def touched_by(certificate: Certificate) -> frozenset[tuple[str, str]] | None:
    """What a revision changes in a rehearsal; None where that is not known."""
    for proof in certificate.proofs.values():
        if proof.closure is not None:
            return frozenset(name for name, was, is_ in entries(proof.closure) if was != is_)
    return None


class Follower:
    """Reads the catalog around stored downgrades, which run outside of a guarded run, in one transaction."""

    def __init__(self, migration: MigrationContext, session: SqlalchemySession) -> None:
        from alembic_safety.settings import Settings, load_settings

        settings = load_settings(migration.config) if migration.config is not None else Settings()
        self._session = session
        self._exclude = exclusions(migration, settings)
        self._live = LiveState(migration, settings.live_state)
        self._since = int(session.fetch(XMIN)[0][0]) % 2**32
        self._last: Snapshot | None = None
        self._put_aside: set[tuple[str, str]] = set()

    def look(self) -> None:
        """Before a downgrade."""
        self._read()

    @contextmanager
    def clearing(self, revision: str) -> Iterator[None]:
        """It runs within; what no rehearsal knew of is taken out of its way."""
        assert self._last is not None
        self._put_aside = set()
        session = DirectSession(self._session.connection)
        way = self._live.way(
            session,
            revision,
            self._last,
            lambda known: read_delta(session, known, self._since, self._exclude),
            nullcontext,
        )
        with way.cleared() if way is not None else nullcontext():
            yield
        self._put_aside = way.put_aside if way is not None else set()

    def give_back(self, revision: str) -> None:
        """After it. Raises GuardError."""
        assert self._last is not None
        before = self._last
        self._live.downgraded(self._session, revision, before, self._read(), self._read, self._put_aside)

    def _read(self) -> Snapshot:
        if self._last is None:
            self._last = read_snapshot(self._session, self._exclude)
        else:
            self._last = read_delta(self._session, self._last, self._since, self._exclude)
        return self._last
