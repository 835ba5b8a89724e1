"""Migrations that end the process, the connection or the transaction, or never end: each is a verdict, and the next is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.rehearsal.derive import Deriver
from alembic_safety.rehearsal.options import Options
from alembic_safety.rehearsal.runner import rehearse
from alembic_safety.rehearsal.verdict import Down, Up
from alembic_safety.revisions.chain import load_chain
from tests.support.project import Project, verdict_of

pytestmark = pytest.mark.server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.new(tmp_path / "project")


@pytest.fixture
def pg(any_binaries: Binaries) -> dict[str, Any]:
    return {"pg_bin": any_binaries.bindir}


_SWALLOWED = """
try:
    op.execute('drop table missing')
except Exception:
    pass
"""


def test_each_is_a_verdict(project: Project, pg: dict[str, Any]) -> None:
    project.sql("root", "create table t (id int)", "drop table t")
    for name, body in {
        "sys_exit": "raise SystemExit(0)",
        "os_exit": "import os; os._exit(0)",
        "closes": "op.get_bind().close()",
        "swallows": _SWALLOWED,
    }.items():
        project.add(f"up_{name}", body, after="root")
        project.add(f"down_{name}", f"op.execute('create table {name} ()')", body, after="root")
    project.sql("other", "alter table t add n int", "alter table t drop n", after="root")
    result = project.rehearse(**pg)
    by = {v.revision: v for v in result.verdicts}
    assert {n for n, v in by.items() if v.up is Up.FAILED} == {n for n in by if n.startswith("up_")}
    assert {n for n, v in by.items() if v.down is Down.FAILED} == {n for n in by if n.startswith("down_")}
    assert by["other"].holds
    for way in ("up", "down"):
        assert "ends the process: sys.exit(0)" in (by[f"{way}_sys_exit"].error or "")
        assert "ends the process: os._exit(0)" in (by[f"{way}_os_exit"].error or "")
        assert "caught an error of the database" in (by[f"{way}_swallows"].error or "")


def test_python_that_hangs_is_stopped_too(
    project: Project, pg: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic_safety.rehearsal.watch._PATIENCE", 0)
    project.add("hangs", "import time; time.sleep(30)")
    project.sql("other", "create table t ()", "drop table t", after=None)
    result = project.rehearse(timeout=1.5, **pg)
    assert verdict_of(result, "hangs").up is Up.TIMED_OUT
    assert verdict_of(result, "other").holds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nosuchmodule\nrevision = 'a'\ndown_revision = None\n", r"a\.py:1: .*ModuleNotFoundError"),
        ("revision = 'a'\ndown_revision = None\nx = y\n", r"a\.py:3: .*NameError"),
        ("raise SystemExit(3)", r"a\.py:1: .*ends the process"),
        ("", r"a\.py: is no revision"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named(project: Project, text: str, words: str) -> None:
    (project.folder / "versions/a.py").write_text(text)
    with pytest.raises(SourceError, match=words):
        load_chain(project.config)


def test_two_files_of_one_revision_are_an_error(project: Project) -> None:
    first = project.sql("a", "select 1")
    first.with_name("b.py").write_text(first.read_text())
    with pytest.raises(UsageError, match="present more than once"):
        load_chain(project.config)


def test_temporary_tables_and_isolation_levels_are_as_in_transactions_of_their_own(
    project: Project, pg: dict[str, Any]
) -> None:
    temporary = "create temp table work on commit drop as select 1 as n; create table {0} as select n from work"
    project.sql("temp", temporary.format("a"), temporary.format("b") + "; drop table a, b")
    project.sql(
        "level",
        "set transaction isolation level repeatable read; create table c (); create temp table kept ()",
        "set transaction isolation level serializable; drop table c",
    )
    project.sql("later", "create table d ()", "drop table d")
    result = project.rehearse(**pg)
    assert [(v.revision, v.error) for v in result.verdicts if not v.holds] == []
    deriver = Deriver()
    rehearse(project.config, Options(cache=False, **pg), visitor=deriver)
    assert all(d.proven for d in deriver.derived.values()), [d.failure for d in deriver.derived.values()]


def test_that_commits_only_on_some_rows(project: Project, pg: dict[str, Any]) -> None:
    project.sql("start", "create table t (id serial primary key, a int, b int not null)", "drop table t")
    project.add(
        "sometimes",
        """
        if op.get_bind().execute(sa.text("select 1 from t where a is null or b > 0")).first():
            op.execute("update t set a = 0 where a is null")
            op.get_bind().commit()
        op.execute("alter table t alter a set not null")
        """,
        "op.execute('alter table t alter a drop not null')",
    )
    project.sql(
        "empty",
        "do $$ begin if exists (select from t) then raise exception 'rows stayed'; end if; end $$",
        "select 1",
    )
    deriver = Deriver()
    rehearsal = rehearse(project.config, Options(cache=False, **pg), visitor=deriver)
    assert [verdict.up for verdict in rehearsal.verdicts] == [Up.RAN] * 3, rehearsal.verdicts
    assert verdict_of(rehearsal, "sometimes").committed


def test_whose_downgrade_ends_the_transaction_too(project: Project, pg: dict[str, Any]) -> None:
    project.sql("start", "create table t (id serial primary key, a int)", "drop table t")
    project.add(
        "both",
        """
        op.execute("create index t_a on t (a)")
        op.get_bind().commit()
        op.execute("alter table t add b int")
        """,
        """
        op.execute("drop index t_a")
        op.get_bind().commit()
        op.execute("alter table t drop b")
        """,
    )
    deriver = Deriver()
    rehearsal = rehearse(project.config, Options(cache=False, **pg), visitor=deriver)
    assert verdict_of(rehearsal, "both").holds
    rows = deriver.derived["both"].rows
    assert rows is not None
    assert rows.data == "generated"
    assert rows.ways.keys() == {"derived"}
