"""The corpus ``tests/cases``: each a schema (``old.sql``) and a migration over it (``new.sql``), run in both directions.

The first line of ``old.sql`` may say ``-- min: 15`` (server major) or ``-- requires: citext`` (an extension, or ``icu``). ``-- order: column``
marks a case whose downgrade has to add a column again that isn't the last one: without a rebuild its place is another one. ``-- order: always``: a
rebuild can't help either. ``-- after: NAME``: what ``new.sql`` of another case makes is there already.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from alembic_safety.downgrade.synthesize import Synthesis, synthesize
from alembic_safety.downgrade.workbench import SessionWorkbench
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.session import PsycopgSession

CASES = Path(__file__).parents[1] / "cases"
ROLES = ("shop_owner", "shop_reader", "shop_writer", "shop_admin")
CREATE_ROLES = "".join(
    f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
    for role in ROLES
)
_MARK = re.compile(r"^-- (\w+): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One schema and one migration."""

    name: str
    old: str
    new: str
    marks: dict[str, str]

    def reason_to_skip(self, connection: psycopg.Connection[Any]) -> str | None:
        """Why this server can't run the case; None where it can."""
        major = connection.info.server_version // 10000
        if major < int(self.marks.get("min", 0)):
            return f"needs PostgreSQL {self.marks['min']}"
        needed = self.marks.get("requires")
        if needed == "icu":
            found = connection.execute("SELECT count(*) > 0 FROM pg_collation WHERE collname LIKE '%-x-icu'").fetchone()
        elif needed:
            found = connection.execute(
                "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = %s", [needed]
            ).fetchone()
        else:
            return None
        return None if found and found[0] else f"needs {needed}"


def load() -> list[Case]:
    """All cases, by name."""
    cases = []
    for folder in sorted(CASES.iterdir()):
        old = (folder / "old.sql").read_text()
        marks = dict(_MARK.findall(old.split("\ncreate")[0]))
        if "after" in marks:
            old += (CASES / marks["after"] / "new.sql").read_text()
        cases.append(Case(folder.name, old, (folder / "new.sql").read_text(), marks))
    return cases


def there_and_back(
    case: Case, connection: psycopg.Connection[Any], dump: Callable[[], str], *, column_order: bool = False
) -> tuple[Synthesis, Synthesis, list[str]]:
    """Upgrade, synthesized downgrade, and the downgrade of that downgrade; the dumps before, after, before, after.

    The connection (not in autocommit mode) is to a fresh database; its role is a superuser.
    """
    session = PsycopgSession(connection)
    dumps = []
    session.execute(case.old)
    connection.commit()
    dumps.append(dump())
    up: Callable[[], None] = lambda: session.execute(case.new)  # noqa: E731
    results = []
    for _ in range(2):
        before = read_snapshot(session)
        up()
        connection.commit()
        dumps.append(dump())
        results.append(found := _synthesized(session, before, column_order))
        connection.rollback()
        script = ";\n".join(statement.sql for statement in found.statements)
        up = lambda script=script: session.execute(script)  # type: ignore[misc]  # noqa: E731
    up()
    connection.commit()
    dumps.append(dump())
    return results[0], results[1], dumps


def _synthesized(session: PsycopgSession, before: Snapshot, column_order: bool) -> Synthesis:
    return synthesize(before, read_snapshot(session), SessionWorkbench(session), column_order=column_order)


def without_column_order(dump: str) -> str:
    """The dump with the columns of each table in alphabetical order."""

    def sort(match: re.Match[str]) -> str:
        lines = [line.strip().rstrip(",") for line in match[2].strip().split("\n")]
        return match[1] + "\n".join(sorted(lines)) + "\n)"

    return re.sub(
        r"^(CREATE (?:UNLOGGED |FOREIGN )?(?:TABLE|TYPE) [^\n]*\(\n)(.*?)\n\)",
        sort,
        dump,
        flags=re.MULTILINE | re.DOTALL,
    )
