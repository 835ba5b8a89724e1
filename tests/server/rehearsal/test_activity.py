"""What a statement locks, rewrites and reads in full, as the rehearsal sees it and the certificate keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

START = """
create table t (id int primary key, n int, s text);
create table parent (id int primary key);
create view v as select id from t
"""
# The statement, and what it does to relations that were there: locks, rewrites, scans.
STATEMENTS: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "alter table t add column m int": ({"public.t": "AccessExclusiveLock"}, [], []),
    "alter table t add column w float default random()": ({"public.t": "AccessExclusiveLock"}, ["public.t"], ["public.t"]),
    "alter table t alter n type bigint": ({"public.t": "AccessExclusiveLock"}, ["public.t"], ["public.t"]),
    "alter table t alter n set not null": ({"public.t": "AccessExclusiveLock"}, [], ["public.t"]),
    "create index t_n on t (n)": ({"public.t": "ShareLock"}, [], ["public.t"]),
    "alter table t add constraint f foreign key (n) references parent not valid": (
        {"public.t": "ShareRowExclusiveLock", "public.parent": "ShareRowExclusiveLock"}, [], []
    ),
    "do $$ begin execute 'lock table parent in share mode'; end $$": ({"public.parent": "ShareLock"}, [], []),
    "truncate t": ({"public.t": "AccessExclusiveLock"}, ["public.t"], ["public.t"]),
    "drop view v": ({"public.v": "AccessExclusiveLock"}, [], []),
    "create table u (id int)": ({}, [], []),
    "create index concurrently t_n2 on t (n)": ({"public.t": "ShareUpdateExclusiveLock"}, [], ["public.t"]),
}  # fmt: skip


def activity(project: Project, database: ScratchDatabase, revision: str) -> list[dict[str, Any]]:
    server = database.server.url().render_as_string(hide_password=False)
    done = alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder)
    assert done.status in (0, 1), done.err
    text = (project.folder / f"versions/safety/{revision}.json").read_text()
    found: list[dict[str, Any]] = json.loads(text)["proofs"][str(database.server.major)]["activity"]
    return found


def test_every_kind_of_statement(tmp_path: Path, database: ScratchDatabase) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("a0", START)
    for number, statement in enumerate(STATEMENTS, start=1):
        project.sql(f"a{number}", statement)
    activity(project, database, "a1")
    for number, (statement, (locks, rewrites, scans)) in enumerate(STATEMENTS.items(), start=1):
        text = (project.folder / f"versions/safety/a{number}.json").read_text()
        found = json.loads(text)["proofs"][str(database.server.major)]["activity"]
        seen = found[0] if found else {"locks": {}}
        assert seen["locks"] == locks, statement
        assert seen.get("rewrites", []) == rewrites, statement
        assert seen.get("scans", []) == scans, statement
        assert ("in_transaction" in seen) == ("concurrently" in statement)


def test_what_comes_after_many_statements_on_rows_is_seen_too(tmp_path: Path, database: ScratchDatabase) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("m0", START)
    writes = "; ".join(f"update t set n = 0 where n = {number}" for number in range(120))
    project.sql("m1", f"{writes}; create index t_n on t (n); create index t_s on t (s)")
    found = [one["sql"] for one in activity(project, database, "m1")]
    assert found[-2:] == ["create index t_n on t (n)", "create index t_s on t (s)"]
    assert len(found) == 102


def test_statements_one_by_one_without_secrets(tmp_path: Path, database: ScratchDatabase) -> None:
    project = Project.new(tmp_path / "p")
    project.sql("b0", START)
    project.add(
        "b1",
        "op.add_column('t', sa.Column('k', sa.Text, server_default='hunter2'))\n"
        "op.create_index('t_k', 't', ['k'])\n"
        "op.execute(\"update t set s = 'hunter2'\")\n"
        "op.execute(\"update t set s = 'hunter3'\")\n"
        "op.create_foreign_key('f', 't', 'parent', ['n'], ['id'])",
        "op.drop_column('t', 'k')",
    )
    found = activity(project, database, "b1")
    assert [(one["sql"][:24], one["locks"]) for one in found] == [
        ("ALTER TABLE t ADD COLUMN", {"public.t": "AccessExclusiveLock"}),
        ("CREATE INDEX t_k ON t (k)"[:24], {}),
        ("update t set s = '…'", {}),
        ("ALTER TABLE t ADD CONSTR", {"public.parent": "ShareRowExclusiveLock"}),
    ]
    assert [one.get("scans") for one in found] == [None, ["public.t"], ["public.t"], ["public.t"]]
    assert "hunter" not in json.dumps(found)
