"""What a rehearsal says of good, bad and strange revisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alembic_safety.errors import RehearsalError, ServerError, UsageError
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.rehearsal.verdict import Again, Down, Restored, Up
from tests.support.project import Project, verdict_of

pytestmark = pytest.mark.server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.new(tmp_path / "project")


@pytest.fixture
def pg(any_binaries: Binaries) -> dict[str, Any]:
    return {"pg_bin": any_binaries.bindir}


def test_each_revision_is_judged_by_itself(project: Project, pg: dict[str, Any]) -> None:
    project.sql("good", "create table t (id int primary key, a text)", "drop table t")
    project.sql("leaves_index", "create table u (a int); create index u_a on t (a)", "drop table u")
    project.sql("no_function", "create table v ()", None)
    project.sql("does_nothing", "alter table t add b int")
    project.add("refuses", "op.execute('create table w ()')", "raise RuntimeError('there is no way back')")
    project.sql("breaks", "create table x ()", "drop table missing")
    project.sql(
        "order",
        "alter table t drop a; create index t_b on t (b)",
        "drop index t_b; alter table t add a text; create index u_a on t (a)",
    )
    result = project.rehearse(**pg)
    by = {v.revision: v for v in result.verdicts}

    assert by["good"].holds
    left = by["leaves_index"]
    assert (left.up, left.down, left.restored, left.again) == (Up.RAN, Down.RAN, Restored.DIFFERENT, Again.FAILED)
    assert left.differences == ("index public.u_a was left behind",)
    assert "u_a" in (left.error or "")
    assert by["no_function"].down is Down.MISSING
    assert (by["does_nothing"].down, by["does_nothing"].restored) == (Down.EMPTY, Restored.DIFFERENT)
    assert by["refuses"].down is Down.REFUSES
    assert "no way back" in (by["refuses"].error or "")
    assert by["breaks"].down is Down.FAILED
    assert "missing" in (by["breaks"].error or "")
    assert by["order"].restored is Restored.COLUMN_ORDER
    assert by["order"].holds
    assert not result.holds


def test_pass_holds_where_nothing_changed(project: Project, pg: dict[str, Any]) -> None:
    project.sql("t", "create table t (id int)", "drop table t")
    project.sql("nothing", "select 1")
    project.sql("rows", "insert into t values (1)")
    result = project.rehearse(**pg)
    assert verdict_of(result, "nothing").holds
    assert verdict_of(result, "nothing").down is Down.RAN
    assert verdict_of(result, "rows").down is Down.EMPTY


def test_what_cannot_be_reached_names_the_culprit(project: Project, pg: dict[str, Any]) -> None:
    project.sql("root", "create table t ()", "drop table t")
    project.sql("broken", "create table u (;", "drop table u", after="root")
    project.sql("child", "create table c ()", "drop table c", after="broken")
    project.sql("other", "create table o ()", "drop table o", after="root")
    project.add("merge", "pass", after=("child", "other"))
    result = project.rehearse(**pg)
    assert verdict_of(result, "broken").up is Up.FAILED
    assert "syntax error" in (verdict_of(result, "broken").error or "")
    assert (verdict_of(result, "child").up, verdict_of(result, "child").culprit) == (Up.NOT_REACHED, "broken")
    assert verdict_of(result, "other").holds
    assert verdict_of(result, "merge").culprit == "broken"


def test_branches_and_merges_hold(project: Project, pg: dict[str, Any]) -> None:
    project.sql("root", "create table t ()", "drop table t")
    project.sql("left", "create table l ()", "drop table l", after="root")
    project.sql("right", "create table r ()", "drop table r", after="root")
    project.add("merge", "pass", after=("left", "right"))
    project.sql("last", "create table z ()", "drop table z", after="merge")
    assert project.rehearse(**pg).holds


def test_autocommit_and_hidden_commits(project: Project, pg: dict[str, Any]) -> None:
    project.sql("t", "create table t (id int, e text)", "drop table t")
    project.add(
        "block",
        """
        with op.get_context().autocommit_block():
            op.execute("create index concurrently t_id on t (id)")
        """,
        """
        with op.get_context().autocommit_block():
            op.execute("drop index concurrently t_id")
        """,
    )
    project.sql("enum", "create type mood as enum ('a')", "drop type mood")
    project.sql("value", "alter type mood add value 'b'; create table m (x mood default 'b')", "drop table m")
    project.add("hidden", "op.execute('create table h (); commit')", "op.execute('drop table h')")
    project.sql("after", "create table a ()", "drop table a")
    result = project.rehearse(**pg)
    block = verdict_of(result, "block")
    assert block.holds
    assert block.committed
    value = verdict_of(result, "value")
    assert value.committed
    assert value.restored is Restored.DIFFERENT
    assert any("mood" in line for line in value.differences)
    assert verdict_of(result, "hidden").holds
    assert verdict_of(result, "hidden").committed
    assert verdict_of(result, "after").holds


def test_deferred_constraints_are_checked(project: Project, pg: dict[str, Any]) -> None:
    project.sql(
        "t",
        "create table p (id int primary key); create table c (p int references p deferrable initially deferred)",
        "drop table c, p",
    )
    project.sql("orphan", "insert into c values (1)", "delete from c")
    project.sql(
        "fine",
        "insert into p values (2); insert into c values (2)",
        "delete from c; delete from p; alter table c add x int; alter table c drop x",
        after="t",
    )
    result = project.rehearse(**pg)
    assert verdict_of(result, "orphan").up is Up.FAILED
    assert verdict_of(result, "fine").up is Up.RAN
    assert verdict_of(result, "fine").down is Down.RAN


def test_time_limit(project: Project, pg: dict[str, Any]) -> None:
    project.sql("t", "create table t ()", "drop table t")
    project.sql("slow", "set local statement_timeout = 0; select pg_sleep(60)", "select 1", after="t")
    project.sql("slow_down", "create table s ()", "select pg_sleep(60)", after="t")
    result = project.rehearse(timeout=0.5, **pg)
    assert verdict_of(result, "slow").up is Up.TIMED_OUT
    assert verdict_of(result, "slow_down").down is Down.TIMED_OUT
    assert "0.5 s" in (verdict_of(result, "slow_down").error or "")


def test_a_lock_held_by_the_migration_itself_ends_at_the_limit(project: Project, pg: dict[str, Any]) -> None:
    project.sql("t", "create table t (id int)", "drop table t")
    project.add(
        "locks",
        """
        op.execute("lock table t")
        other = op.get_bind().engine.connect()
        other.exec_driver_sql("select * from t")
        """,
    )
    assert verdict_of(project.rehearse(timeout=1.0, **pg), "locks").up is Up.TIMED_OUT


def test_roles_are_stood_in_for_and_named(project: Project, pg: dict[str, Any]) -> None:
    project.sql("t", "create table t ()", "drop table t")
    project.sql(
        "grant",
        'grant select on t to reporting; alter table t owner to "The Owner"',
        "revoke select on t from reporting; alter table t owner to current_user",
    )
    result = project.rehearse(**pg)
    assert set(verdict_of(result, "grant").stand_ins) == {"role reporting", "role The Owner"}
    assert any("reporting" in note for note in result.notes)


def test_a_missing_extension_is_no_fault_of_the_migration(project: Project, pg: dict[str, Any]) -> None:
    project.sql("ext", "create extension no_such_extension_anywhere", "drop extension no_such_extension_anywhere")
    verdict = verdict_of(project.rehearse(**pg), "ext")
    assert verdict.up is Up.UNAVAILABLE
    assert "no_such_extension_anywhere" in (verdict.error or "")


def test_range(project: Project, pg: dict[str, Any]) -> None:
    for number in range(4):
        project.sql(f"r{number}", f"create table t{number} ()", f"drop table t{number}")
    chosen = [v.revision for v in project.rehearse(first="r1", last="r2", **pg).verdicts if not v.applied_only]
    assert chosen == ["r1", "r2"]
    chosen = [v.revision for v in project.rehearse(only="r2", **pg).verdicts if not v.applied_only]
    assert chosen == ["r2"]
    with pytest.raises(UsageError, match="nowhere"):
        project.rehearse(only="nowhere", **pg)


def test_as_a_role_without_rights(project: Project, pg: dict[str, Any]) -> None:
    project.sql("t", "create table t ()", "drop table t")
    project.sql("cast", "create extension adminpack_or_other_untrusted", "select 1")
    project.sql("super", "alter system set work_mem = '4MB'", "select 1", after="t")
    result = project.rehearse(role="app", **pg)
    assert verdict_of(result, "t").holds
    assert verdict_of(result, "super").up is Up.FAILED


def test_fail_fast(project: Project, pg: dict[str, Any]) -> None:
    project.sql("a", "create table a ()", "select 1")
    project.sql("b", "create table b ()", "drop table b")
    assert [v.revision for v in project.rehearse(fail_fast=True, **pg).verdicts] == ["a"]


def test_a_server_that_dies_is_an_error_of_the_run(project: Project, pg: dict[str, Any]) -> None:
    project.sql("t", "create table t ()", "drop table t")
    project.add(
        "kill",
        """
        data = op.get_bind().exec_driver_sql("show data_directory").scalar()
        import os, signal
        with open(data + "/postmaster.pid") as file:
            os.kill(int(file.readline()), signal.SIGQUIT)
        op.execute("select pg_sleep(5)")
        """,
    )
    with pytest.raises((ServerError, RehearsalError)):
        project.rehearse(**pg)


def test_dump_as_baseline(project: Project, pg: dict[str, Any], tmp_path: Path) -> None:
    project.sql("lost", "select 1/0", "select 1")
    project.sql("next", "alter table t add x int", "alter table t drop x")
    dump = tmp_path / "base.sql"
    dump.write_text("CREATE TABLE public.t (id integer);\nALTER TABLE public.t OWNER TO somebody;\n")
    result = project.rehearse(baseline=(dump, "lost"), **pg)
    assert [v.revision for v in result.verdicts] == ["next"]
    assert result.holds
    dump.write_text("\\connect production\nCREATE TABLE public.t (id integer);\n")
    with pytest.raises(Exception, match="connect production"):
        project.rehearse(baseline=(dump, "lost"), **pg)


def test_script_of_what_is_there_before_the_first_revision(
    project: Project, pg: dict[str, Any], tmp_path: Path
) -> None:
    project.sql("a", "create table t (id int references outside.base)", "drop table t")
    failed = project.rehearse(**pg).verdicts[0]
    assert "--baseline FILE@base" in str(failed.error)
    script = tmp_path / "base.sql"
    script.write_text("create schema outside; create table outside.base (id int primary key);\n")
    result = project.rehearse(baseline=(script, "base"), **pg)
    assert [v.revision for v in result.verdicts] == ["a"]
    assert result.holds


def test_schema_that_the_first_revision_expects(project: Project, pg: dict[str, Any]) -> None:
    project.sql("a", 'create table "Over There".t (id int); create table too.t ()', 'drop table "Over There".t, too.t')
    project.sql("b", "create table typo.t ()", "drop table typo.t")
    result = project.rehearse(**pg)
    first, second = result.verdicts
    assert first.holds
    assert first.stand_ins == ("schema Over There", "schema too")
    assert any("Over There, too" in note for note in result.notes)
    assert second.up is Up.FAILED
    assert "typo" in str(second.error)


def test_empty_project(project: Project, pg: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no revisions yet"):
        project.rehearse(**pg)


def test_an_earlier_run_is_remembered(
    project: Project, pg: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("alembic_safety.rehearsal.memory._WORTH_KEEPING", 0.0)
    project.sql("a", "create table a (id int)", "drop table a")
    project.sql("b", "create table b ()", "select 1")
    first = project.rehearse(cache=True, **pg)
    assert not any(v.cached for v in first.verdicts)
    again = project.rehearse(cache=True, **pg)
    assert [v.cached for v in again.verdicts] == [True, True]
    assert [v.restored for v in again.verdicts] == [v.restored for v in first.verdicts]
    project.sql("c", "alter table a add x int", "alter table a drop x")
    third = project.rehearse(cache=True, **pg)
    assert [v.cached for v in third.verdicts] == [True, True, False]
    assert verdict_of(third, "c").holds
    (project.folder / "versions" / "a.py").write_text(
        (project.folder / "versions" / "a.py").read_text() + "\n# changed = 1\nX = 1\n"
    )
    fourth = project.rehearse(cache=True, **pg)
    assert not any(v.cached for v in fourth.verdicts)
