"""The corpus, both ways: upgrade, synthesized downgrade, and the downgrade of that downgrade, each judged by ``pg_dump``."""

from __future__ import annotations

import psycopg
import pytest

from alembic_safety.postgres.server import Server
from alembic_safety.postgres.session import PsycopgSession
from tests.conftest import ScratchDatabase
from tests.support.cases import CREATE_ROLES, Case, load, there_and_back, without_column_order

ALL = load()


@pytest.fixture(scope="module")
def roles(pg_server: Server) -> None:
    """The roles that the corpus grants to."""
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as connection:
        PsycopgSession(connection).execute(CREATE_ROLES)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_both_directions_restore_the_schema(case: Case, database: ScratchDatabase, roles: None) -> None:
    with database.connect() as connection:
        if reason := case.reason_to_skip(connection):
            pytest.skip(reason)
        connection.rollback()
        down, up, dumps = there_and_back(case, connection, database.dump_schema)
    for found in (down, up):
        assert not found.refusals
        assert not found.residue
    if case.marks.get("order") == "column":
        dumps = [without_column_order(dump) for dump in dumps]
    before, after, restored, again = dumps
    assert restored == before, "\n".join(s.sql for s in down.statements)
    assert again == after, "\n".join(s.sql for s in up.statements)


@pytest.mark.parametrize("case", [c for c in ALL if c.marks.get("order") == "column"], ids=lambda case: case.name)
def test_column_order_is_restored_on_request(case: Case, database: ScratchDatabase, roles: None) -> None:
    with database.connect() as connection:
        down, up, (before, after, restored, again) = there_and_back(case, connection, database.dump_schema, column_order=True)
    assert restored == before, "\n".join(s.sql for s in down.statements)
    assert again == after, "\n".join(s.sql for s in up.statements)


def test_the_corpus_covers_every_kind() -> None:
    assert len(ALL) >= 300
