"""Statements of a revision, written down without running them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from alembic import op
from alembic.runtime.migration import MigrationContext

from alembic_safety.guard.offline import ARGUMENTS, offline_sql


def test_a_revision_gets_what_env_py_hands_to_every_one() -> None:
    def downgrade(schema: str) -> None:
        op.drop_table("t", schema=schema)

    script: Any = SimpleNamespace(module=SimpleNamespace(downgrade=downgrade))
    context = MigrationContext.configure(dialect_name="postgresql", opts={ARGUMENTS: {"schema": "app"}})
    assert offline_sql(context, script) == ["DROP TABLE app.t"]
