"""Which settings a file changes for its session."""

from __future__ import annotations

import pytest

from alembic_safety.revisions.session_settings import settings_in
from alembic_safety.revisions.split import split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET search_path = a, b", [("search_path", False)]),
        ("SET SESSION Statement_Timeout TO 5", [("statement_timeout", False)]),
        ("SET LOCAL lock_timeout = '1s'", [("lock_timeout", True)]),
        ('set "App".tenant to 5', [("app.tenant", False)]),
        ("SET TIME ZONE 'UTC'", [("timezone", False)]),
        ("SET ROLE x", [("role", False)]),
        ("SET LOCAL ROLE x", [("role", True)]),
        ("SET SESSION AUTHORIZATION x", [("session_authorization", False)]),
        ("SET NAMES 'latin1'", [("client_encoding", False)]),
        ("SET SCHEMA 'x'", [("search_path", False)]),
        ("RESET search_path", [("search_path", False)]),
        ("SET CONSTRAINTS ALL DEFERRED", []),
        ("SET TRANSACTION READ ONLY", []),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", []),
        ("RESET ALL", []),
        ("SELECT pg_catalog.set_config('search_path', '', false)", [("search_path", False)]),
        ("SELECT set_config( 'a.b' , current_setting('c'), true)", [("a.b", True)]),
        ("DO $$ BEGIN PERFORM set_config('a.b', 'x', false); END $$", [("a.b", False)]),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ SELECT set_config('a.b', 'x', false) $$", []),
        ("DO $$ BEGIN SET search_path = a; UPDATE t SET kind = 1; COMMIT; END $$", [("search_path", False)]),
        ("DO $$ BEGIN SET LOCAL lock_timeout TO 5; END $$", [("lock_timeout", True)]),
        ("SET LOCAL a.b = 1; SET a.b = 2", [("a.b", False)]),
        ("UPDATE t SET a = 1", []),
    ],
)
def test_settings_are_found(text: str, expected: list[tuple[str, bool]]) -> None:
    assert list(settings_in(split(text).statements).names) == expected
