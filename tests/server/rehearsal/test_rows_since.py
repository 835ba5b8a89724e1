"""Rows that an upgrade refuses or spoils, rows written after it, and upgrades that do something else each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alembic_safety.postgres.binaries import Binaries
from alembic_safety.rehearsal.certificate import Certificate, Grade
from alembic_safety.rehearsal.derive import Derived, Deriver
from alembic_safety.rehearsal.grading import certify, grade_of, grade_of_own
from alembic_safety.rehearsal.options import Options
from alembic_safety.rehearsal.runner import rehearse
from alembic_safety.rehearsal.verdict import Verdict
from tests.support.project import Project, verdict_of

pytestmark = pytest.mark.server

_START = (
    "create type mood as enum ('calm', 'wild'); create table p (id int primary key); "
    "create table t (id int primary key, a text, n bigint, m mood, p int references p, u text)"
)

_REBUILD = "alter type mood rename to old; create type mood as enum (%s); alter table t alter m type mood using m::text::mood; drop type old"
_SPREADING = (
    "alter table t drop b; update t set a = 'x' where (select count(*) from t) <> (select count(*) from w) or "
    "exists (select from t o where not exists (select from w where w.id = o.id)); drop table w"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.new(tmp_path / "project")
    project.sql("start", _START, "drop table t; drop table p; drop type mood")
    return project


def _judged(project: Project, binaries: Binaries, **options: Any) -> tuple[Verdict, Derived]:
    """The verdict on the revision ``change``, and what was derived for it."""
    deriver = Deriver()
    rehearsal = rehearse(project.config, Options(cache=False, pg_bin=binaries.bindir, **options), visitor=deriver)
    return verdict_of(rehearsal, "change"), deriver.derived["change"]


@pytest.mark.parametrize(
    ("up", "down", "codes"),
    [
        ("alter table t alter a set not null", "alter table t alter a drop not null", {"null"}),
        ("alter table t add constraint c unique (a)", "alter table t drop constraint c", {"duplicate"}),
        ("alter table t add constraint c check (n > -5)", "alter table t drop constraint c", {"check"}),
        ("alter table t add constraint c foreign key (n) references p", "alter table t drop constraint c", {"orphan"}),
        ("alter table t add constraint c check (n is not null and n > 10 and n < 0)", "alter table t drop constraint c", {"check"}),
        ("alter table t alter n type int", "alter table t alter n type bigint", {"out-of-range"}),
        ("alter table t alter a type varchar(9)", "alter table t alter a type text", {"too-long"}),
        ("alter table t add b int not null", "alter table t drop b", {"not-empty"}),
        (_REBUILD % "'calm'", _REBUILD % "'calm', 'wild'", {"label"}),
        ("create domain d as text check (value <> 'x'); alter table t alter a type d", "alter table t alter a type text; drop domain d", {"domain"}),
        ("alter table t add constraint c exclude (n with =)", "alter table t drop constraint c", {"overlap"}),
        ("alter table t add b int not null default 1", "alter table t drop b", set()),
        ("update t set a = '' where a is null; alter table t alter a set not null", "alter table t alter a drop not null", set()),
    ],
)  # fmt: skip
def test_what_an_upgrade_refuses_becomes_a_probe(
    project: Project, any_binaries: Binaries, up: str, down: str, codes: set[str]
) -> None:
    project.sql("change", up, down)
    verdict, derived = _judged(project, any_binaries)
    assert verdict.holds
    assert not verdict.fails_on_rows, (verdict.rows_lost, verdict.since_lost)
    assert derived.rows is not None
    assert {probe.code for probe in derived.rows.probes} == codes
    assert all(probe.seen for probe in derived.rows.probes)
    certificate = certify(derived.revision, verdict, derived, server_major=18, synthesized=True)
    assert certificate is not None
    assert {probe.code for probe in Certificate.from_json(certificate.to_json()).probes} == codes
    assert certificate.proofs["18"].data == verdict.data


@pytest.mark.parametrize(
    ("up", "down", "words"),
    [
        (
            "alter table t alter a type varchar(3) using left(a, 3)",
            "alter table t alter a type text",
            "a is changed without a word in rows that hold a value that is too long",
        ),
        (
            "delete from t where n > 2147483647 or n < -2147483648; alter table t alter n type int",
            "alter table t alter n type bigint",
            "rows that hold a number that is out of range are deleted without a word",
        ),
        (
            "delete from t where exists (select from t o where o.a = t.a and o.id < t.id); alter table t add constraint c unique (a)",
            "alter table t drop constraint c",
            "rows that hold a key that is there more than once are deleted without a word",
        ),
    ],
)
def test_what_an_upgrade_spoils_without_a_word(
    project: Project, any_binaries: Binaries, up: str, down: str, words: str
) -> None:
    project.sql("change", up, down)
    verdict, derived = _judged(project, any_binaries)
    assert any(words in line for line in verdict.silent), verdict.silent
    assert derived.rows is not None
    assert derived.rows.probes == ()


@pytest.mark.parametrize(
    ("up", "down", "lost"),
    [
        # a column that was there before is emptied of what was written since
        (
            "alter table t rename u to v",
            "alter table t rename v to u; update t set u = null where id not in (100, 101, 102, 103, 104, 105, 106, 107)",
            "values of u written since are lost",
        ),
        ("create table x (id int)", "drop table x", ""),
        (
            "create table w as select * from t; alter table t add b int",
            "alter table t drop b; delete from t where id not in (select id from w); drop table w",
            "written since not there any more",
        ),
        (
            "create table w as select * from t; alter table t add b int",
            "alter table t drop b; insert into t select * from w on conflict do nothing; drop table w",
            "deleted since there again",
        ),
        (
            "create table w as select * from t; alter table t add b int",
            _SPREADING,
            "that nobody touched since not as before",
        ),
        ("alter table t add b int", "alter table t drop b", ""),
        ("alter table t drop a", "alter table t add a text", ""),
        ("alter table t alter n type numeric", "alter table t alter n type bigint", ""),
        ("alter table t alter a type varchar(9) using left(a, 9)", "alter table t alter a type text", ""),
        ("update t set n = n / 100", "update t set n = n * 100", ""),
    ],
)
def test_what_a_downgrade_does_to_rows_written_since(
    project: Project, any_binaries: Binaries, up: str, down: str, lost: str
) -> None:
    project.sql("change", up, down)
    verdict, _ = _judged(project, any_binaries)
    if lost:
        assert any(lost in line for line in verdict.since_lost), verdict.since_lost
    else:
        assert verdict.since_lost == ()
    assert not verdict.fails_on_rows


def test_a_downgrade_that_fails_on_rows_written_since(project: Project, any_binaries: Binaries) -> None:
    project.sql(
        "change",
        "create table w as select * from t; alter table t rename a to b",
        "alter table t rename b to a; create unique index c on w (id); alter table t add constraint c2 foreign key (id) references t; "
        "do $$ begin if (select count(*) from t) <> (select count(*) from w) then raise 'other rows'; end if; end $$; "
        "alter table t drop constraint c2; drop table w",
    )
    verdict, derived = _judged(project, any_binaries)
    assert verdict.holds
    assert verdict.rows_lost == ()
    assert verdict.fails_on_rows
    assert verdict.since_lost[0].startswith("on rows written since it fails: change.py: other rows")
    assert grade_of_own(verdict, derived)[0] is Grade.INEXACT
    assert grade_of(derived)[0] is Grade.EXACT


@pytest.mark.parametrize(
    ("up", "down", "words"),
    [
        ("alter table t alter n type numeric", "alter table t alter n type bigint", "rows of public.t that hold a number that is out of range"),
        ("alter table p drop constraint p_pkey cascade", "alter table p add primary key (id); alter table t add foreign key (p) references p", "rows of public.p that hold a key that is there more than once"),
    ],
)  # fmt: skip
def test_where_a_downgrade_stops(project: Project, any_binaries: Binaries, up: str, down: str, words: str) -> None:
    project.sql("change", up, down)
    verdict, derived = _judged(project, any_binaries)
    assert any(line.startswith(words) for line in verdict.since_stops), verdict.since_stops
    assert not verdict.fails_on_rows
    assert derived.rows is not None
    assert any(probe.seen for probe in derived.rows.downgrade_probes)


def test_a_downgrade_that_cuts_what_was_written_since(project: Project, any_binaries: Binaries) -> None:
    project.sql("narrow", "alter table t alter u type varchar(3) using left(u, 3)", "alter table t alter u type text")
    project.sql("change", "alter table t alter u type text", "alter table t alter u type varchar(3) using left(u, 3)")
    verdict, derived = _judged(project, any_binaries)
    assert any("u is changed without a word" in line for line in verdict.since_silent), verdict.since_silent
    assert derived.rows is not None
    assert derived.rows.ways["derived"].since is not None
    assert derived.rows.ways["derived"].since.silent == ()
    assert derived.rows.ways["derived"].since.stops


@pytest.mark.parametrize(
    ("up", "volatile"),
    [
        ("alter table t add b timestamptz not null default now()", ("public.t.b",)),
        ("alter table t add b uuid; update t set b = gen_random_uuid()", ("public.t.b",)),
        ("update t set n = (random() * 1e9)::int", ("public.t.n",)),
        ("create table x (id serial, at timestamptz default clock_timestamp()); insert into x default values", ("public.x.at",)),
        ("create table x (id serial, at text); insert into x (at) values ('x')", ()),
        ("alter table t add b serial", ()),
        ("alter table t alter n type numeric", ()),
        ("insert into p select 1000 + (random() * 1000000)::int from generate_series(1, 2)", ("public.p.id",)),
    ],
)  # fmt: skip
def test_upgrades_that_do_something_else_each_time(
    project: Project, any_binaries: Binaries, up: str, volatile: tuple[str, ...]
) -> None:
    project.sql("change", up, None)
    verdict, _ = _judged(project, any_binaries)
    assert verdict.volatile == volatile
    assert bool(verdict.volatile_calls) == bool(volatile)
