"""A revision that committed a part of itself before it failed: taken back to where it began, where that is sure to lose nothing.

Its own ``downgrade()`` takes back the whole and stumbles over what is not there. So what the part did to the catalog is seen in the
catalog itself, as it was before the revision and as it is, and statements that turn one into the other are found and looked at again
before they are committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alembic_safety.downgrade.compare import Tier, differences
from alembic_safety.downgrade.synthesize import bring_back
from alembic_safety.downgrade.workbench import SessionWorkbench
from alembic_safety.errors import GuardError
from alembic_safety.guard.in_the_way import with_objects
from alembic_safety.guard.inspection import Inspection
from alembic_safety.guard.live import exclusions
from alembic_safety.guard.log import log
from alembic_safety.guard.stored import chain_in
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.session import DirectSession, commits_by_itself
from alembic_safety.rehearsal.closure import entries

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep

    from alembic_safety.guard.run import Run
    from alembic_safety.guard.transactions import Horizon
    from alembic_safety.model.snapshot import Snapshot

#: Operations of a revision that writes rows which were there: what it kept of them is not complete.
_WRITES = ("op.preserve_", "op.expect_writes(")


def undo(run: Run, step: RevisionStep, closure: Mapping[str, str], horizon: Horizon | None) -> None:
    """Take a part of a revision back, in one transaction in which the journal forgets it, too.

    :param closure: what the revision touches, by its certificate; ``horizon``: when the part was committed.
    :raises GuardError: it is not sure to lose nothing; the database is as it was found.
    """
    revision = step.revision.revision
    before = run.inspection.before_step(revision) if isinstance(run.inspection, Inspection) else None
    chain = chain_in(run.migration)
    known = chain.by_id.get(revision) if chain is not None else None
    names = {name for name, was, is_ in entries(closure) if was != is_}
    if before is None or horizon is None:
        raise GuardError("the catalog before it is not known")
    # What the rehearsal saw, and a branch of it that it never took.
    there = (before.objects.get(Address("pg_class", oid)) for oid in run.written.get(revision, ()))
    writes = any(obj is not None and obj.kind == "table" for obj in there)
    if known is None or writes or any(operation in known.source for operation in _WRITES):
        raise GuardError("it writes rows, and how far it came with them is not known")
    connection = run.connection()
    if commits_by_itself(connection):
        raise GuardError("the engine commits each statement by itself")
    session, exclude = DirectSession(connection), exclusions(run.migration, run.settings)
    if connection.in_transaction():
        connection.rollback()
    with connection.begin():
        session.execute("; ".join(run.first_statements))
        now = read_snapshot(session, exclude)
        others = run.others.found(session, closure, horizon, lock=True)
        if others:
            raise GuardError(f"that would lose what others wrote since: {', '.join(others)}")
        goal = _without(now, before, names)
        bench = SessionWorkbench(session, now, lambda _: read_snapshot(session, exclude))
        for statement in bring_back(goal, now, bench):
            log().info("taken back: %s", statement.sql)
        wrong = [d.message for d in differences(goal, bench.snapshot()) if d.tier is not Tier.COLUMN_ORDER]
        if wrong:
            raise GuardError(f"{wrong[0]} after it was taken back")
        if forgets := run.journal.forgets(revision):
            session.execute(forgets)


def _without(now: Snapshot, before: Snapshot, names: set[tuple[str, str]]) -> Snapshot:
    """The catalog as it is, but for what a revision changes: that is as it was. What others changed meanwhile stays."""
    objects = dict(now.objects)
    for address in {*now.objects, *before.objects}:
        old, new = before.objects.get(address), now.objects.get(address)
        if old is new or not (_is_meant(old, before, names) or _is_meant(new, now, names)):
            continue
        if old is None:
            del objects[address]
        else:
            objects[address] = old
    edges = frozenset(e for e in now.edges | before.edges if e.dependent in objects and e.referenced in objects)
    return with_objects(now, objects, edges)


def _is_meant(obj: CatalogObject | None, side: Snapshot, names: set[tuple[str, str]]) -> bool:
    """Whether the revision changes an object, or something that it is a part of."""
    while obj is not None:
        if (obj.kind, obj.identity) in names:
            return True
        parent: Address | None = obj.parent
        obj = side.objects.get(parent) if parent is not None else None
    return False
