"""What tests of verifications share."""

from __future__ import annotations

from alembic_safety.integrity.records import Result

#: Two tables, and one row that refers to nothing by ``public.c.c_p_id_fkey``.
ORPHAN = """CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p);
SET session_replication_role = replica; INSERT INTO c VALUES (1, 5); SET session_replication_role = origin;"""


def codes(result: Result) -> list[tuple[str, str | None]]:
    """What was found: codes and subjects."""
    return sorted((f.code, f.subject) for f in result.findings)
