"""Random schemas and random migrations over them: up, then the synthesized way down, is the identity by ``pg_dump``."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alembic_safety.downgrade.statement import Grade
from alembic_safety.downgrade.synthesize import synthesize
from alembic_safety.downgrade.workbench import SessionWorkbench
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.server import Server
from alembic_safety.postgres.session import PsycopgSession
from tests.conftest import dump_schema
from tests.support.cases import without_column_order
from tests.support.random_ddl import migrations, schemas


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(schema=schemas(), migration=migrations())
def test_up_and_down_is_the_identity(pg_server: Server, schema: list[str], migration: list[str]) -> None:
    database = pg_server.create_database()
    try:
        with database.connect() as connection:
            session = PsycopgSession(connection)
            run(connection, schema)
            connection.commit()
            dump, before = dump_schema(pg_server, database.name), read_snapshot(session)
            run(connection, migration)
            connection.commit()
            found = synthesize(before, read_snapshot(session), SessionWorkbench(session))
            connection.rollback()
            script = ";\n".join(s.sql for s in found.statements)
            assert not found.refusals, (found.refusals, script)
            session.execute(script)
            connection.commit()
            restored = dump_schema(pg_server, database.name)
        if found.grade is Grade.COLUMN_ORDER:
            dump, restored = without_column_order(dump), without_column_order(restored)
        assert restored == dump, script
    finally:
        pg_server.drop_database(database)


def run(connection: psycopg.Connection[object], statements: list[str]) -> None:
    """What the server accepts of a random list, each statement by itself."""
    for text in statements:
        try:
            with connection.transaction():
                connection.execute(text)  # type: ignore[call-overload]
        except psycopg.Error:
            continue


@pytest.mark.parametrize("draw", [schemas, migrations])
def test_the_generators_make_statements(draw: object) -> None:
    assert isinstance(draw(), st.SearchStrategy)  # type: ignore[operator]
