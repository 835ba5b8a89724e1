"""Rows that a revision keeps are those that are verified before COMMIT, where nothing else was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.util import CommandError

from alembic_safety.guard import integrity_check
from alembic_safety.integrity.touched import Touched
from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

KEEP = "op.preserve_rows('public.b')\n"
OFF = "set local session_replication_role = replica; "


def run(sql: str) -> str:
    """A statement that runs with triggers off, except those of a capture."""
    return f"op.run_sql({OFF + sql!r})\n"


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[Touched]:
    """What the verification is told of the table."""
    seen: list[Touched] = []
    verify = integrity_check.verify_touched

    def verifying(session, touched, *args, **kwargs):
        tables = {
            row[0]: row[1] for row in session.fetch("select oid, relname::text from pg_class where relkind = 'r'")
        }
        seen.extend(one for one in touched if tables[one.oid] == "b")
        return verify(session, touched, *args, **kwargs)

    monkeypatch.setattr(integrity_check, "verify_touched", verifying)
    return seen


@pytest.mark.parametrize(
    ("body", "captured", "found"),
    [
        pytest.param(KEEP + run("insert into b values (5, 9), (6, 1)"), True, ["id=5: a=9"], id="inserted"),
        pytest.param(KEEP + run("update b set a = 8 where id = 2"), True, ["id=2: a=8"], id="updated"),
        pytest.param(KEEP + run("delete from b where id = 1"), True, ["id=1: b=1"], id="referred to"),
        pytest.param(KEEP + run("update b set a = 1 where id = 2"), True, [], id="right"),
        pytest.param(
            run("insert into b values (5, 9)") + KEEP + run("update b set a = 1 where id = 2"),
            False,
            ["id=5: a=9"],
            id="written before",
        ),
        pytest.param(
            KEEP + run("update b set a = 8 where id = 2") + run("update b set a = 7 where id = 2"),
            False,
            ["id=2: a=7"],
            id="written twice",
        ),
        pytest.param(
            # One written more and one captured more: together the same.
            run("insert into b values (5, 9)") + KEEP + run("update b set id = 4 where id = 2"),
            False,
            ["id=5: a=9"],
            id="a key changed",
        ),
        pytest.param(run("insert into b values (5, 9)"), False, ["id=5: a=9"], id="not kept"),
    ],
)
def test_kept_rows_are_verified(
    tmp_path: Path, database: ScratchDatabase, handed: list[Touched], body: str, captured: bool, found: list[str]
) -> None:
    project = Project.new(tmp_path / "p")
    project.sql(
        "b1",
        "create table a (id int primary key); create table b (id int primary key, a int references a); create table c (id int primary key, b int references b); "
        "insert into a values (1); insert into b values (1, 1), (2, 1), (3, 1); insert into c values (1, 1)",
    )
    command = ("-x", f"url={database.url_text}", "--raiseerr", "upgrade", "head")
    alembic(*command, cwd=project.folder)
    project.add("b2", body)
    handed.clear()
    if found:
        with pytest.raises(CommandError, match="before COMMIT this was found") as refused:
            alembic(*command, cwd=project.folder)
        assert [example for example in found if example in str(refused.value)] == found
    else:
        alembic(*command, cwd=project.folder)
    assert [one.written_keys is not None for one in handed] == [captured]
    assert [one.removed_rows is not None for one in handed] == [captured]
    updated = captured and "update" in body
    assert [one.compared for one in handed] == [frozenset({"id", "a"}) if updated else None]
