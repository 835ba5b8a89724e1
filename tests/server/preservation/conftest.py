"""Upgrades and downgrades in SQL, with what is kept between them; the oracle is the text of every row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from alembic_safety.postgres import own_schema
from alembic_safety.postgres.session import PsycopgSession

_TABLES = """
SELECT c.oid::regclass::text, (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM pg_attribute
  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('alembic_safety', 'pg_catalog', 'information_schema') AND c.relname <> 'alembic_version'
"""
HERE = "'alembic_version', 'r1'"


def rows_of(session: PsycopgSession) -> dict[str, list[str]]:
    """Every table outside of our schema as the sorted text that COPY gives, columns by name."""
    found = {}
    for name, columns in session.fetch(_TABLES):
        query = f"COPY (SELECT {columns or ''} FROM ONLY {name}) TO STDOUT"
        with session.connection.cursor() as cursor, cursor.copy(query) as copy:
            found[name] = sorted(bytes(row).decode() for row in copy)
    return found


class Preserved:
    """A database in which one revision goes up and down."""

    def __init__(self, database: Any) -> None:
        self.connection: psycopg.Connection[Any] = database.connect(autocommit=True)
        self.session = PsycopgSession(self.connection)
        self.session.execute("SET client_min_messages = warning")
        own_schema.ensure(self.session)

    def up(self, keep: list[str], statements: str) -> list[str]:
        """The block, the upgrade, the end of it; returns the doubts."""
        self.session.execute("BEGIN")
        try:
            for call in keep:
                name, _, arguments = call.partition(" ")
                self.session.execute(f"SELECT alembic_safety.{name}({HERE}, {arguments})")
            self.session.execute(statements)
            doubts = [row[0] for row in self.session.fetch(f"SELECT alembic_safety.finish_preserving({HERE})")]
        except BaseException:
            self.session.execute("ROLLBACK")
            raise
        self.session.execute("COMMIT")
        return doubts

    def down(self, *steps: str) -> list[str]:
        """Statements, and in brackets the tables to restore; returns what the restores said."""
        said: list[str] = []
        self.session.execute("BEGIN")
        try:
            self.session.execute(f"SELECT alembic_safety.begin_restore({HERE})")
            for step in steps:
                if step.startswith("["):
                    tables = ", ".join(f"'{name}'" for name in step[1:-1].split(", "))
                    said += [
                        r[0] for r in self.session.fetch(f"SELECT alembic_safety.restore({HERE}, ARRAY[{tables}])")
                    ]
                else:
                    self.session.execute(step)
            self.session.execute(f"SELECT alembic_safety.end_restore({HERE})")
        except BaseException:
            self.session.execute("ROLLBACK")
            raise
        self.session.execute("COMMIT")
        return said

    def rows(self) -> dict[str, list[str]]:
        """See ``rows_of``."""
        return rows_of(self.session)

    def left_over(self) -> list[str]:
        """What a finished preservation must not leave behind: triggers, functions and sequences of a run."""
        return [
            row[0]
            for row in self.session.fetch(
                "SELECT tgname::text FROM pg_trigger WHERE tgname LIKE 'alembic_safety%' UNION ALL "
                "SELECT proname::text FROM pg_proc WHERE proname ~ '^q[0-9]+_capture$' UNION ALL "
                "SELECT relname::text FROM pg_class WHERE relname ~ '^q[0-9]+_(seen|new|now)$'"
            )
        ]


@pytest.fixture
def preserved(database: Any) -> Iterator[Preserved]:
    """A fresh database with our schema."""
    found = Preserved(database)
    yield found
    found.connection.close()
