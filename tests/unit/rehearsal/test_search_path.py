"""The search_path that production sets, for the sessions of a rehearsal."""

from __future__ import annotations

from typing import Any

import pytest

from alembic_safety.rehearsal.search_path import made_by_nobody, set_for_session


@pytest.mark.parametrize(
    ("driver", "given", "expected"),
    [
        ("psycopg", {}, {"options": r"-csearch_path=app,\ public"}),
        # libpq takes the last: what the project sets for itself holds.
        ("psycopg2", {"options": "-cfoo=1"}, {"options": r"-csearch_path=app,\ public -cfoo=1"}),
        ("asyncpg", {}, {"server_settings": {"search_path": "app, public"}}),
        ("asyncpg", {"server_settings": {"search_path": "own"}}, {"server_settings": {"search_path": "own"}}),
    ],
)
def test_is_given_by_the_drivers_arguments(driver: str, given: dict[str, Any], expected: dict[str, Any]) -> None:
    set_for_session(driver, given, ("app", "public"))
    assert given == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("op.execute('CREATE TABLE t (id int)')", ["app"]),
        ("op.execute('CREATE SCHEMA IF NOT EXISTS app')", []),
        ("op.execute('create schema \"app\" authorization x')", []),
        ("op.execute(sa.schema.CreateSchema('app'))", []),
        ("op.execute('CREATE SCHEMA application')", ["app"]),
    ],
)
def test_schemas_that_no_revision_makes(source: str, expected: list[str]) -> None:
    assert made_by_nobody(("$user", "app", "public"), [source]) == expected
