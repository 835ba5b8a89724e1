"""Revisions rehearsed on rows: what writes them, what is lost, and that no row stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alembic_safety.postgres.binaries import Binaries
from alembic_safety.rehearsal.certificate import Grade
from alembic_safety.rehearsal.derive import Deriver
from alembic_safety.rehearsal.grading import grade_of, grade_of_own
from alembic_safety.rehearsal.options import Options
from alembic_safety.rehearsal.rows import trials
from alembic_safety.rehearsal.runner import rehearse
from alembic_safety.rehearsal.verdict import Rehearsal
from tests.support.project import Project, verdict_of

pytestmark = pytest.mark.server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.new(tmp_path / "project")


def _run(project: Project, binaries: Binaries, **options: Any) -> tuple[Rehearsal, Deriver]:
    deriver = Deriver(preserve="schema")
    settings = Options(cache=False, pg_bin=binaries.bindir, **options)
    return rehearse(project.config, settings, visitor=deriver), deriver


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("update t set a = 'x' where id = -1", ("update",)),
        ("delete from t where id = -1", ("delete",)),
        ("insert into t (a) select a from t where false", ("insert",)),
        ("truncate t cascade", ("truncate",)),
        ("do $$ begin update t set a = 'x' where false; end $$", ("update",)),
        ("select f()", ("delete",)),
        ("with gone as (delete from t where id = -1 returning a) insert into u (a) select a from gone", ("delete",)),
        ("set local session_replication_role = replica; update t set a = 'x' where id = -1", ("update",)),
        ("alter table t disable trigger all; update t set a = 'x' where id = -1; alter table t enable trigger all", ("write",)),
        ("create function g() returns void language sql as 'delete from t'", ()),
        ("alter table t add b text default 'x'; update t set b = a", ()),
        ("alter table t alter id type bigint; update t set id = id + 1", ("update",)),
        ("update t set a = 'x' where id = -1; alter table t alter a type text", ("update",)),
        ("select count(*) from t", ()),
        ("cluster t using t_pkey", ()),
        ("discard temp; update t set a = 'x' where id = -1", ("write",)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows", [0, 4])
def test_what_writes_rows_is_seen(
    project: Project, any_binaries: Binaries, sql: str, writes: tuple[str, ...], rows: int
) -> None:
    project.sql(
        "start",
        "create table t (id serial primary key, a text); create table u (a text); "
        "create function f() returns void language plpgsql as 'begin delete from t where id = -1; end'",
        "drop function f(); drop table u; drop table t",
    )
    project.sql("change", sql, None)
    _, deriver = _run(project, any_binaries, rows=rows)
    derived = deriver.derived["change"]
    assert derived.rows is not None
    assert derived.rows.writes.get("public.t", ()) == writes
    grade, reasons = grade_of(derived)
    assert (grade is Grade.EXACT) == (not derived.rows.writes), reasons
    if writes:
        assert any(reason.startswith("public.t: ") for reason in reasons)


def test_writes_are_seen_where_a_revision_commits_by_itself(project: Project, any_binaries: Binaries) -> None:
    project.sql(
        "start", "create table t (a text); create table u (a text); create table w (id int primary key, a text)", ""
    )
    project.add(
        "change",
        """
        op.execute("update t set a = 'x'")
        with op.get_context().autocommit_block():
            op.execute("create unique index concurrently t_a on t (a)")
        """,
        None,
    )
    project.add(
        "where_there_are_rows",
        """
        op.execute("alter table w alter a set default 'x'")
        if op.get_bind().exec_driver_sql("select count(*) from w where a is null").scalar():
            with op.get_context().autocommit_block():
                op.execute("update w set a = 'x' where a is null")
        """,
        None,
    )
    project.sql("last", "create table v (a text)", "drop table v")
    rehearsal, deriver = _run(project, any_binaries)
    assert verdict_of(rehearsal, "change").committed
    some = deriver.derived["where_there_are_rows"].rows
    assert some is not None
    assert some.writes == {"public.w": ("write",)}
    rows = deriver.derived["change"].rows
    assert rows is not None
    assert rows.writes == {"public.t": ("update",)}
    assert [(probe.code, probe.subject, probe.seen) for probe in rows.probes] == [("duplicate", "public.t_a", False)]
    assert grade_of(deriver.derived["change"])[0] is Grade.SCHEMA_EXACT
    assert grade_of(deriver.derived["last"])[0] is Grade.EXACT


def test_what_a_hand_written_downgrade_loses_is_named(project: Project, any_binaries: Binaries) -> None:
    project.sql("start", "create table t (id serial primary key, a text not null, n int)", "drop table t")
    project.sql("column", "alter table t drop column n", "alter table t add n int")
    project.sql("not_null", "alter table t drop column a", "alter table t add a text not null")
    project.sql("renamed", "alter table t rename id to key", "alter table t rename key to id")
    project.sql("seed", "insert into t (key) values (-1)", "delete from t where key = -1")
    rehearsal, deriver = _run(project, any_binaries)
    assert all(v.data == "generated" for v in rehearsal.verdicts if v.revision != "start")
    assert verdict_of(rehearsal, "column").rows_lost == ("public.t: n differs in 5 of 8 rows (id 3, 4, 6, 7, 8)",)
    (line,) = verdict_of(rehearsal, "not_null").rows_lost
    assert line.startswith("on rows it fails: ")
    assert "null values" in line
    assert verdict_of(rehearsal, "renamed").rows_lost == ()
    own = {v.revision: grade_of_own(v, deriver.derived[v.revision])[0] for v in rehearsal.verdicts}
    assert own["renamed"] is Grade.EXACT
    assert own["column"] is Grade.SCHEMA_EXACT
    assert own["seed"] is Grade.EXACT
    assert grade_of(deriver.derived["seed"])[0] is Grade.SCHEMA_EXACT


def test_rows_are_milder_where_the_upgrade_refuses_them_and_none_stays(
    project: Project, any_binaries: Binaries
) -> None:
    project.sql("start", "create table t (id serial primary key, a text, n int)", "drop table t")
    project.sql("strict", "alter table t alter n set not null", "alter table t alter n drop not null")
    project.sql(
        "fitting",
        "alter table t add constraint fits check (a is null or a <> 'b'), alter a set not null",
        "alter table t drop constraint fits, alter a drop not null",
    )
    project.sql("empty", "alter table t add b int not null", "alter table t drop b")
    project.sql(
        "untouched",
        "do $$ begin if exists (select from t) then raise exception 'rows stayed'; end if; "
        "insert into t (a, n, b) values ('first', 1, 1); "
        "if (select id from t) <> 1 then raise exception 'the sequence moved'; end if; end $$",
        "delete from t",
    )
    rehearsal, deriver = _run(project, any_binaries)
    by = {v.revision: v for v in rehearsal.verdicts}
    assert by["strict"].data == by["fitting"].data == "generated"
    assert by["strict"].demands == ("public.t.n takes no NULL",)
    fitting = deriver.derived["fitting"].rows
    assert fitting is not None
    assert 0 < fitting.rows < 8
    assert by["empty"].data == "none"
    assert by["empty"].demands == ("public.t.b is added without a default and takes no NULL",)
    assert by["empty"].holds
    assert by["untouched"].up.value == "ran", by["untouched"].error


def test_an_upgrade_that_never_ends_on_rows_is_rehearsed_without(
    project: Project, any_binaries: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "_PATIENCE", 300)
    project.sql("start", "create table t (id serial primary key, a text)", "drop table t")
    project.sql(
        "loop",
        "do $$ begin while exists (select from t) loop update t set a = a; end loop; end $$; alter table t add b int",
        "alter table t drop b",
    )
    project.sql("next", "alter table t add c int", "alter table t drop c")
    project.add(
        "leaving",
        """
        with op.get_context().autocommit_block():
            op.execute("do $$ begin while exists (select from t where a is null) loop update t set a = a; end loop; end $$")
        op.execute("alter table t add d int")
        """,
        "op.execute('alter table t drop d')",
    )
    rehearsal, _ = _run(project, any_binaries)
    assert verdict_of(rehearsal, "leaving").data == "generated, plain values"
    loop, after = verdict_of(rehearsal, "loop"), verdict_of(rehearsal, "next")
    assert loop.holds
    assert (loop.data, after.data) == ("none", "generated")
    assert "statement timeout" in loop.data_refused


def test_what_only_the_rehearsal_brings_about_is_no_reason(project: Project, any_binaries: Binaries) -> None:
    project.sql(
        "start",
        "create type kind as enum ('a', 'b'); create table p (id int primary key); "
        "create table t (id int primary key, p int references p deferrable initially deferred, k kind, ks kind[])",
        "drop table t, p; drop type kind",
    )
    project.sql("checked", "update t set k = 'a'; alter table t add n int", "alter table t drop n")
    project.sql("renamed", "alter type kind rename to sort", None)
    _, deriver = _run(project, any_binaries)
    checked, renamed = deriver.derived["checked"], deriver.derived["renamed"]
    assert checked.rows is not None
    assert checked.rows.data == "generated"
    assert checked.rows.writes == {"public.t": ("update",)}
    assert grade_of(renamed) == (Grade.EXACT, ())


def test_a_table_that_holds_one_row_keeps_one(project: Project, any_binaries: Binaries) -> None:
    project.sql(
        "start",
        "create table version (v int); insert into version values (1); create table t (a int)",
        "drop table t, version",
    )
    project.sql(
        "strict",
        "do $$ declare found int; begin select v into strict found from version; end $$; drop table t",
        None,
    )
    _, deriver = _run(project, any_binaries)
    rows = deriver.derived["strict"].rows
    assert rows is not None
    assert rows.data == "generated, none in public.version"


def test_of_rows_that_exclude_each_other_some_stay(project: Project, any_binaries: Binaries) -> None:
    project.sql(
        "start",
        "create table p (id int, kind text, at date, primary key (id, kind)) partition by list (kind); "
        "create table p_done partition of p for values in ('done'); create table p_rest partition of p default; "
        "create table t (a text, b int)",
        "drop table p, t",
    )
    project.sql(
        "plain",
        "create table q (like p including all); insert into q select * from p; drop table p; alter table q rename to p; "
        "alter table p drop constraint q_pkey, add primary key (id)",
        None,
    )
    project.sql("unique", "alter table t add unique (a); alter table t drop b", None)
    _, deriver = _run(project, any_binaries, rows=6)
    for name in ("plain", "unique"):
        found = deriver.derived[name].rows
        assert found is not None
        assert found.rows > 1, (name, found.refused)


def test_a_downgrade_that_leaves_another_name_or_no_column_is_a_verdict(
    project: Project, any_binaries: Binaries
) -> None:
    project.sql("start", "create table t (id serial primary key, a text, n int)", "drop table t")
    project.sql("renamed", "alter table t rename to u", "select 1")
    project.sql("column", "alter table u add b int; update u set b = 1", "alter table u drop a, drop b")
    rehearsal, deriver = _run(project, any_binaries)
    assert not verdict_of(rehearsal, "renamed").holds
    assert not verdict_of(rehearsal, "column").holds
    assert all(derived.proven for derived in deriver.derived.values())


def test_a_grade_says_where_no_row_fitted(project: Project, any_binaries: Binaries) -> None:
    project.sql("start", "create table t (id int primary key, a text)", "drop table t")
    project.sql(
        "change",
        "do $$ begin if exists (select from t) then raise 'only while it is empty'; end if; end $$; alter table t drop column a",
        None,
    )
    project.sql("hidden", "create table u (id int primary key check (id = 1 and id = 2), a text)", "drop table u")
    project.sql("gone", "alter table u drop column a", None)
    _, deriver = _run(project, any_binaries)
    grade, reasons = grade_of(deriver.derived["change"])
    assert grade is Grade.SCHEMA_EXACT
    assert reasons[-1].startswith("nothing was tried on rows: the upgrade accepts none that were made (")
    assert "only while it is empty" in reasons[-1]
    grade, reasons = grade_of(deriver.derived["gone"])
    assert grade is Grade.SCHEMA_EXACT
    assert reasons[-1] == "no row could be made for public.u, so nothing was tried on rows of it"
