"""Three hundred changes of a schema, one after another: each is seen, and a delta equals a full reading.

The corpus says of each statement whether pg_dump shows it. ``ALEMBIC_SAFETY_THOROUGH=1`` asks pg_dump itself, statement by statement (half a minute).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alembic_safety.model.catalog import CatalogObject
from alembic_safety.model.snapshot import Snapshot, privileges_of, structure_of
from alembic_safety.postgres.catalog import Start, read_delta, read_snapshot, read_start
from alembic_safety.postgres.session import PsycopgSession
from tests.conftest import ScratchDatabase

CORPUS = Path(__file__).with_name("ddl_corpus.sql")
THOROUGH = bool(os.environ.get("ALEMBIC_SAFETY_THOROUGH"))


def statements(major: int) -> Iterator[tuple[str, bool]]:
    """Each statement for that version, and whether pg_dump shows nothing of it."""
    least, quiet = 0, False
    for line in CORPUS.read_text("utf-8").splitlines():
        if line.startswith("-- from "):
            least = int(line.split()[2])
        elif line == "-- quiet":
            quiet = True
        elif line and not line.startswith("--"):
            if major >= least:
                yield line, quiet
            least, quiet = 0, False


def facts(snapshot: Snapshot) -> dict[tuple[str, str], Any]:
    """All that is compared, by identity."""
    found: dict[tuple[str, str], Any] = {
        k: (structure_of(o), privileges_of(o)) for k, o in snapshot.by_identity.items()
    }
    found["", "unmodelled"] = snapshot.unmodelled
    return found


def assert_same(full: Snapshot, delta: Snapshot, after: str) -> None:
    def whole(obj: CatalogObject | None) -> Any:
        return obj and (obj, obj.position)

    different = {
        address: (full.objects.get(address), delta.objects.get(address))
        for address in full.objects.keys() | delta.objects.keys()
        if whole(full.objects.get(address)) != whole(delta.objects.get(address))
    }
    assert not different, after
    assert set(full.edges) == set(delta.edges), after
    assert full.unmodelled == delta.unmodelled, after
    assert full.extension_members == delta.extension_members, after
    assert len(full.by_identity) == len(full.objects), f"identities are not unique after {after}"


def begun(session: PsycopgSession) -> tuple[int, Start]:
    """What tells of a transaction that has done nothing yet."""
    xid, start = read_start(session)
    assert start.is_first
    return xid % 2**32, start


@pytest.fixture
def roles(database: ScratchDatabase) -> None:
    names = ("catalog_owner", "catalog_reader")
    with database.connect(autocommit=True) as connection:
        existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for name in names:
            if name not in existing:
                connection.execute(f"CREATE ROLE {name}")  # type: ignore[arg-type]


def test_every_change_is_seen_and_deltas_equal_full_readings(database: ScratchDatabase, roles: None) -> None:
    del roles
    dump = database.dump_schema() if THOROUGH else ""
    with database.connect() as connection:
        session = PsycopgSession(connection)
        before = read_snapshot(session)
        connection.rollback()
        shown = facts(before)
        for number, (sql, quiet) in enumerate(statements(database.server.version_num // 10000)):
            xid, start = begun(session)
            session.execute(sql)
            # By the session's own counts, which is what a rehearsal does; and without them.
            after = read_delta(session, before, xid, start=start)
            if THOROUGH or number % 6 == 0:
                assert_same(read_snapshot(session), after, sql)
            if THOROUGH or number % 6 == 3:
                assert_same(read_delta(session, before, xid), after, sql)
            connection.commit()
            now = facts(after)
            assert (now == shown) is quiet, sql
            if THOROUGH:
                dumped = database.dump_schema()
                assert (dumped == dump) is quiet, sql
                dump = dumped
            before, shown = after, now


def test_deltas_survive_rollbacks_whatever_they_start_from(database: ScratchDatabase, roles: None) -> None:
    del roles
    chance = random.Random(7)

    def delta() -> Snapshot:
        base = known[-1] if chance.random() < 0.5 else chance.choice(known)
        alone = start if chance.random() < 0.7 else None
        return read_delta(session, base, xid, start=alone, marking=chance.random() < 0.7)

    with database.connect() as connection:
        session = PsycopgSession(connection)
        first = read_snapshot(session)
        connection.rollback()
        xid, known, start = 0, [first], None
        for sql, _ in statements(database.server.version_num // 10000):
            if not xid:
                xid, start = begun(session)
            if chance.random() < 0.1:
                # ALTER DOMAIN … DROP CONSTRAINT leaves the server unable to go on below a savepoint until something is written.
                session.execute(
                    "COMMENT ON SCHEMA public IS 'written'; COMMENT ON SCHEMA public IS 'standard public schema'"
                )
                session.execute("SAVEPOINT undone")
                session.execute(sql)
                known.append(delta())
                session.execute("ROLLBACK TO SAVEPOINT undone")
                assert_same(read_snapshot(session), delta(), f"undone {sql}")
            session.execute(sql)
            if chance.random() < 0.1:
                known.append(read_snapshot(session) if chance.random() < 0.3 else delta())
            # An enum's new value can't be used before it is committed.
            if chance.random() < 0.05 or "ADD VALUE" in sql:
                final = delta()
                assert_same(read_snapshot(session), final, sql)
                connection.commit()
                xid, known = 0, [final]


def test_what_a_reading_saw_go_is_seen_again_after_a_rollback(database: ScratchDatabase) -> None:
    with database.connect() as connection:
        session = PsycopgSession(connection)
        session.execute("CREATE TABLE t (id int); CREATE POLICY p ON t; CREATE VIEW v AS SELECT id FROM t")
        connection.commit()
        base = read_snapshot(session)
        connection.rollback()
        xid, start = begun(session)
        for sql in ("DROP POLICY p ON t", "DROP VIEW v"):
            session.execute(f"SAVEPOINT s; {sql}")
            gone = read_delta(session, base, xid, start=start, marking=True)
            session.execute("ROLLBACK TO SAVEPOINT s; CREATE TABLE IF NOT EXISTS other (id int)")
            base = read_delta(session, gone, xid, start=start, marking=True)
            assert_same(read_snapshot(session), base, sql)
