"""Rows that the project brings along, a backup's rows, and a sample of a database."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alembic_safety.errors import SafetyError, ServerError, SourceError, UsageError
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.server import Server, throwaway_server
from alembic_safety.rehearsal.verdict import Rehearsal, Up
from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project, verdict_of

pytestmark = pytest.mark.server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.new(tmp_path / "project")
    project.sql("one", "create table t (id int primary key, a text)", "drop table t")
    project.sql("two", "alter table t add b int", "alter table t drop b")
    return project


def _data(project: Project, **files: str) -> None:
    folder = project.folder / "tests" / "data"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")


def test_rows_stand_in_the_tables_from_their_revision_on(project: Project, any_binaries: Binaries) -> None:
    _data(project, one="insert into t values (1, 'é:x %s'), (2, null);", other="select 1")
    project.sql(
        "three",
        "do $$ begin if (select array_agg(a order by id) from t) <> array['é:x %s', null] then raise 'other rows'; end if; end $$; "
        "alter table t alter a set not null",
        "alter table t alter a drop not null",
    )
    result = project.rehearse(pg_bin=any_binaries.bindir, rows=0)
    assert verdict_of(result, "two").data == "rows of the project"
    assert verdict_of(result, "three").up is Up.FAILED
    assert "contains null values" in (verdict_of(result, "three").error or "")
    assert result.notes == ("rows that were not added, because no revision is called so: other.sql",)
    assert verdict_of(project.rehearse(pg_bin=any_binaries.bindir, rows=4, last="two"), "two").data == "generated"


def test_rows_in_the_form_of_pytest_alembic(project: Project, any_binaries: Binaries) -> None:
    project.sql(
        "three",
        "do $$ begin if (select array_agg(a || coalesce(b, 0) order by id) from t) <> array['x0', 'y7'] then raise 'other rows'; "
        "end if; end $$",
        "",
    )
    result = project.rehearse(
        pg_bin=any_binaries.bindir,
        at_revision_data={"two": [{"__tablename__": "public.t", "id": 2, "a": "y", "b": 7}]},
        before_revision_data={"two": {"__tablename__": "t", "id": 1, "a": "x"}},
    )
    assert result.holds, verdict_of(result, "three").error
    with pytest.raises(UsageError, match="no row with the key '__tablename__'"):
        project.rehearse(pg_bin=any_binaries.bindir, at_revision_data={"two": [{"id": 1}]})


def test_rows_that_cannot_be_added_are_named(project: Project, any_binaries: Binaries) -> None:
    _data(project, one="insert into t values (1, 'a'), (1, 'b')")
    with pytest.raises(SourceError, match=r"one\.sql: these rows cannot be added: duplicate key") as caught:
        project.rehearse(pg_bin=any_binaries.bindir)
    assert isinstance(caught.value, SafetyError)
    with pytest.raises(UsageError, match="--data: there is no folder"):
        project.rehearse(pg_bin=any_binaries.bindir, data=project.folder / "nowhere")


def test_what_is_known_is_forgotten_when_rows_change(project: Project, any_binaries: Binaries, tmp_path: Path) -> None:
    options: dict[str, Any] = {"pg_bin": any_binaries.bindir, "cache": True, "cache_dir": tmp_path / "cache"}
    _data(project, one="insert into t values (1, 'a'); select pg_sleep(2.1)")
    project.rehearse(**options)
    assert verdict_of(project.rehearse(**options), "one").cached
    (project.folder / "tests/data/one.sql").write_text("insert into t values (2, 'a')")
    assert not verdict_of(project.rehearse(**options), "one").cached


# -- real rows ------------------------------------------------------------------------------------------------------------
_PRODUCTION = """
create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('one');
create table t (id int primary key, a text); insert into t select i, 'x' || i from generate_series(1, 3000) as i;
create table tree (id int primary key, up int references tree, t int not null references t);
insert into tree select i, nullif(i - 1, 0), 3001 - i from generate_series(1, 2000) as i;
create table a (id int primary key, b int); create table b (id int primary key, a int references a);
insert into a select i, i from generate_series(1, 900) as i; insert into b select i, i from generate_series(1, 900) as i;
alter table a add foreign key (b) references b deferrable initially deferred;
create table event (at date not null, id int, t int references t, twice int generated always as (id * 2) stored, primary key (at, id))
    partition by range (at);
create table event_1 partition of event for values from ('2024-01-01') to ('2024-07-01');
create table event_2 partition of event for values from ('2024-07-01') to ('2025-01-01');
insert into event select date '2024-01-01' + i % 360, i, i from generate_series(1, 1500) as i;
create table note (at date, id int, foreign key (at, id) references event); insert into note select at, id from event;
create sequence s start 100; select nextval('s'), nextval('s');
create materialized view many as select count(*) as n from t;
create view seen as select id from t; create role alembic_safety_stranger; alter table t owner to alembic_safety_stranger;
analyze;
"""


@dataclass
class Production:
    """A database with rows, at revision ``one``."""

    server: Server
    name: str
    url: str


@pytest.fixture(scope="module")
def production(any_binaries: Binaries) -> Iterator[Production]:
    with throwaway_server(pg_bin=any_binaries.bindir) as server:
        database = server.create_database()
        made = ScratchDatabase(database, server)
        made.run(_PRODUCTION)
        yield Production(server, database.name, made.url_text)


def _pending(project: Project, binaries: Binaries, **options: Any) -> Rehearsal:
    return project.rehearse(pg_bin=binaries.bindir, **options)


@pytest.mark.parametrize("form", ["plain", "custom", "directory"])
def test_what_is_pending_is_rehearsed_on_a_backup(
    project: Project, any_binaries: Binaries, production: Production, tmp_path: Path, form: str
) -> None:
    dump = tmp_path / "backup"
    command = [
        str(any_binaries.program("pg_dump")),
        f"--format={form}",
        f"--file={dump}",
        production.server.conninfo(production.name),
    ]
    subprocess.run(command, check=True, capture_output=True)
    project.sql("three", "update t set a = upper(a) where id <= 7", "select 1")
    result = _pending(project, any_binaries, backup=dump)
    assert [v.revision for v in result.verdicts] == ["two", "three"]
    assert verdict_of(result, "two").data == "the backup's rows"
    assert verdict_of(result, "two").rows_lost == verdict_of(result, "two").since_lost == ()
    (line,) = verdict_of(result, "three").rows_lost
    assert line == "public.t: a differs in 7 of 3000 rows (id 1, 2, 3, 4, 5, …)"
    assert result.facts["backup"] == "backup"
    assert any("alembic_safety_stranger" in note for note in result.notes)


def test_an_upgrade_that_real_rows_refuse(
    project: Project, any_binaries: Binaries, production: Production, tmp_path: Path
) -> None:
    project.sql("three", "alter table t alter a type varchar(4)", "alter table t alter a type text")
    project.sql("four", "create table z ()", "drop table z")
    result = _pending(project, any_binaries, sample=production.url, sample_rows=5000)
    assert verdict_of(result, "three").up is Up.FAILED
    assert "value too long" in (verdict_of(result, "three").error or "")
    assert verdict_of(result, "four").up is Up.NOT_REACHED


def test_a_sample_keeps_foreign_keys_whole_and_writes_nothing(
    project: Project, any_binaries: Binaries, production: Production
) -> None:
    project.sql(
        "three",
        """
        do $$ begin
          if (select count(*) from t) not between 50 and 2950 then raise 'rows of t: %', (select count(*) from t); end if;
          if (select count(*) from note) < 50 then raise 'rows of note: %', (select count(*) from note); end if;
          if exists (select from tree where up is not null and up not in (select id from tree)) then raise 'cut'; end if;
          if exists (select from event where twice <> id * 2) then raise 'other values'; end if;
          if (select last_value from s) <> 101 then raise 'the sequence stands elsewhere'; end if;
          if (select n from many) <> (select count(*) from t) then raise 'the view holds something else'; end if;
        end $$
        """,
        "",
    )
    before = production.server.connect(production.name, autocommit=True)
    written = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
    was = before.execute(written).fetchone()
    result = _pending(project, any_binaries, sample=production.url, sample_rows=60)
    assert result.holds, [v.error for v in result.verdicts]
    assert verdict_of(result, "two").data == "sampled rows"
    assert production.name in result.facts["sample"]
    assert before.execute(written).fetchone() == was
    before.close()


def test_places_to_start_from_that_do_not_fit(
    project: Project, any_binaries: Binaries, production: Production, tmp_path: Path, database: ScratchDatabase
) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        _pending(project, any_binaries, backup=tmp_path / "nothing")
    with pytest.raises(UsageError, match="give one of them"):
        _pending(project, any_binaries, backup=tmp_path / "nothing", sample=production.url)
    (tmp_path / "empty.sql").write_text("create table x ();")
    with pytest.raises(UsageError, match="holds no version table"):
        _pending(project, any_binaries, backup=tmp_path / "empty.sql")
    (tmp_path / "other.sql").write_text(
        "create table alembic_version (version_num text); insert into alembic_version values ('gone');"
    )
    with pytest.raises(UsageError, match="stands at revision 'gone', which the project does not have"):
        _pending(project, any_binaries, backup=tmp_path / "other.sql")
    (tmp_path / "head.sql").write_text(
        "create table alembic_version (version_num text); insert into alembic_version values ('two');"
    )
    with pytest.raises(UsageError, match="nothing is pending"):
        _pending(project, any_binaries, backup=tmp_path / "head.sql")
    with pytest.raises(ServerError, match="--sample: no connection") as caught:
        _pending(project, any_binaries, sample="postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)


def test_the_password_of_a_sample_is_in_no_report(
    project: Project, any_binaries: Binaries, production: Production, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    url = (
        f"{production.url}&password=hidden-word" if "?" in production.url else f"{production.url}?password=hidden-word"
    )
    options = ("--sample", url, "--pg-bin", any_binaries.bindir, "--json", report)
    done = alembic("safety-test", *options, cwd=project.folder)
    assert done.status == 0, done.err
    assert "rows of" in done.out
    assert "hidden-word" not in done.out + done.err + report.read_text()
