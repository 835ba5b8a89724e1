"""The corpus, both ways: upgrade, synthesized downgrade, and the downgrade of that downgrade, each judged by ``pg_dump``.

The newest server that is installed runs every case, the others a quarter each (``--pg-only 15`` runs all of them on that one).
"""

from __future__ import annotations

import zlib

import pytest

from alembic_safety.downgrade.compare import Tier
from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase, _servers
from tests.support.cases import CREATE_ROLES, Case, load, there_and_back, without_column_order

ALL = load()
REORDERED = [case for case in ALL if "order" in case.marks]
#: A foreign table holds no rows that could be copied into one built anew: its columns stay where ADD COLUMN puts them.
REBUILDABLE = [case for case in REORDERED if case.marks["order"] == "column"]


@pytest.fixture(scope="module")
def roles(pg_server: Server) -> None:
    """The roles that the corpus grants to."""
    with pg_server.connect(autocommit=True) as connection:
        connection.execute(CREATE_ROLES)


@pytest.fixture
def fitting(case: Case, database: ScratchDatabase, roles: None, pytestconfig: pytest.Config) -> ScratchDatabase:
    """The database, for a case that this server can and shall run."""
    newest = _servers(pytestconfig)[0].major
    if database.server.major != newest and zlib.crc32(case.name.encode()) % 4 != database.server.major % 4:
        pytest.skip(f"runs on PostgreSQL {newest}")
    with database.connect() as connection:
        if reason := case.reason_to_skip(connection):
            pytest.skip(reason)
    return database


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_both_directions_restore_the_schema(case: Case, fitting: ScratchDatabase) -> None:
    with fitting.connect() as connection:
        down, up, dumps = there_and_back(case, connection, fitting.dump_schema)
    for found in (down, up):
        assert not found.refusals
        assert {difference.tier for difference in found.residue} <= (
            {Tier.COLUMN_ORDER} if case in REORDERED else set()
        )
    if case in REORDERED:
        dumps = [without_column_order(dump) for dump in dumps]
    before, after, restored, again = dumps
    assert restored == before, "\n".join(s.sql for s in down.statements)
    assert again == after, "\n".join(s.sql for s in up.statements)


@pytest.mark.parametrize("case", REBUILDABLE, ids=lambda case: case.name)
def test_column_order_is_restored_on_request(case: Case, fitting: ScratchDatabase) -> None:
    with fitting.connect() as connection:
        down, up, dumps = there_and_back(case, connection, fitting.dump_schema, column_order=True)
    before, after, restored, again = dumps
    assert not down.refusals
    assert not up.refusals
    assert restored == before, "\n".join(s.sql for s in down.statements)
    assert again == after, "\n".join(s.sql for s in up.statements)


def test_the_corpus_is_large_enough() -> None:
    assert len(ALL) >= 300
