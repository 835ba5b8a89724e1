"""Which isolation level a revision's sources ask for."""

from __future__ import annotations

import pytest

from alembic_safety.revisions.chain import load_chain
from alembic_safety.revisions.isolation import isolation_of
from tests.support.project import Project


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        ("SELECT 1", ""),
        ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SELECT 1", ""),
        ("set local transaction isolation level repeatable  read; SELECT 1", "REPEATABLE READ"),
        ("BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT", "SERIALIZABLE"),
    ],
)
def test_the_level_is_found(tmp_path, sql, asked):
    project = Project.new(tmp_path)
    project.sql("r1", sql, None)
    revision = load_chain(project.config).by_id["r1"]
    assert isolation_of(revision) == (f"SET TRANSACTION ISOLATION LEVEL {asked}" if asked else "")
