"""Downgrades that are derived, written, stored and taken back, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase, dump_schema
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.new(tmp_path / "project")


@pytest.fixture
def server_option(pg_server: Server) -> tuple[str, str]:
    return ("--server", pg_server.url().render_as_string(hide_password=False))


def test_missing_downgrades_are_written_and_certified(
    project: Project, server_option: tuple[str, str], database: ScratchDatabase
) -> None:
    first = project.sql("a1", "create table t (id int primary key, kind varchar(3) check (kind in ('a', 'b')))", None)
    second = project.sql("a2", "create view v as select * from t; create index t_kind on t (kind) where kind = 'a'")
    kept = project.sql("a3", "create table k ()", "drop table k")
    text = kept.read_text()
    done = alembic("safety-downgrade", *server_option, "--json", "out.json", cwd=project.folder)
    assert done.status == 0, done.out + done.err
    assert "def downgrade() -> None:" in first.read_text()
    assert first.read_text().startswith(project.folder.joinpath("versions/a1.py").read_text()[:200])
    assert kept.read_text() == text
    actions = {row["key"]: row["action"] for row in json.loads((project.folder / "out.json").read_text())["rows"]}
    assert actions == {"a1": "write", "a2": "write", "a3": "keep"}
    certificate = json.loads((project.folder / "versions/safety/a2.json").read_text())
    assert certificate["grade"] == "exact"
    assert list(certificate["proofs"]) == [str(database.server.major)]

    assert alembic("safety-check", cwd=project.folder).status == 0
    assert alembic("safety-test", *server_option, "--fresh", cwd=project.folder).status == 0
    url = ("-x", f"url={database.url_text}")
    before = dump_schema(
        database.server, database.name, "--exclude-schema=alembic_safety", "--exclude-table=alembic_version"
    )
    assert alembic(*url, "upgrade", "head", cwd=project.folder).status == 0
    assert alembic(*url, "downgrade", "base", cwd=project.folder).status == 0
    after = dump_schema(
        database.server, database.name, "--exclude-schema=alembic_safety", "--exclude-table=alembic_version"
    )
    assert after == before

    again = {p: p.read_bytes() for p in (project.folder / "versions").rglob("*.*") if "__pycache__" not in p.parts}
    assert alembic("safety-downgrade", *server_option, cwd=project.folder).status == 0
    assert again == {p: p.read_bytes() for p in again}

    second.write_text(second.read_text().replace("kind = 'a'", "kind = 'b'"))
    stale = alembic("safety-check", cwd=project.folder)
    assert stale.status == 1
    assert "a2" in stale.out
    assert "a3" in stale.out


def test_a_hand_written_downgrade_is_only_replaced_when_asked(project: Project, server_option: tuple[str, str]) -> None:
    path = project.sql("a1", "create table t (id int); create type mood as enum ('sad')", "drop table t")
    before = path.read_text()
    shown = alembic("safety-downgrade", *server_option, cwd=project.folder)
    assert shown.status == 1
    assert "mood was left behind" in shown.out
    assert "DROP TYPE public.mood" in shown.out
    assert path.read_text() == before
    printed = alembic("safety-downgrade", "a1", "--sql", *server_option, cwd=project.folder)
    assert "DROP TYPE public.mood;" in printed.out
    assert path.read_text() == before
    assert alembic("safety-downgrade", "--out", "back", *server_option, cwd=project.folder).status == 1
    assert "DROP TABLE public.t;" in (project.folder / "back/a1.rollback.sql").read_text()
    assert alembic("safety-downgrade", "--broken", *server_option, cwd=project.folder).status == 0
    assert "mood" in path.read_text().partition("def downgrade")[2]
    assert path.read_text().partition("def downgrade")[0] == before.partition("def downgrade")[0]
    working = path.read_text()
    assert alembic("safety-downgrade", "--force", *server_option, cwd=project.folder).status == 0
    assert path.read_text() == working


def test_what_cannot_be_undone_refuses_with_the_reason(project: Project, server_option: tuple[str, str]) -> None:
    project.sql("a1", "select lo_create(424242)", None)
    done = alembic("safety-downgrade", *server_option, cwd=project.folder)
    # Large objects are not modelled: that one is there more than before is all that is known.
    assert done.status == 1
    body = (project.folder / "versions/a1.py").read_text().partition("def downgrade")[2]
    assert "op.irreversible(" in body
    assert "large objects" in body
    assert json.loads((project.folder / "versions/safety/a1.json").read_text())["grade"] == "irreversible"


def test_an_older_checkout_takes_back_what_is_stored(
    project: Project, server_option: tuple[str, str], database: ScratchDatabase
) -> None:
    project.sql("a1", "create table t (id int primary key, note text)", None)
    newer = [
        project.sql(
            "a2", "create function f() returns int language sql as $$select 1$$; create view v as select f()", None
        )
    ]
    newer.append(project.sql("a3", "insert into t values (1, ':x %s \\y'); alter table t drop note", None))
    assert alembic("safety-downgrade", *server_option, cwd=project.folder).status == 0
    url = ("-x", f"url={database.url_text}")
    options = ("--exclude-schema=alembic_safety", "--exclude-table=alembic_version")
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    before = dump_schema(database.server, database.name, *options)
    assert alembic(*url, "-x", "safety.preserve=schema", "upgrade", "head", cwd=project.folder).status == 0
    for path in newer:
        path.unlink()
    assert alembic(*url, "downgrade", "a1", cwd=project.folder).status != 0
    refused = alembic(*url, "safety-rollback", "--stored", "--to", "a1", cwd=project.folder)
    assert refused.status == 2
    assert "a3" in refused.err
    assert "--accept-loss" in refused.err
    shown = alembic(*url, "safety-rollback", "--stored", "--to", "a1", "--sql", "--accept-loss", cwd=project.folder)
    assert "DROP FUNCTION public.f()" in shown.out
    done = alembic(*url, "safety-rollback", "--stored", "--to", "a1", "--accept-loss", cwd=project.folder)
    assert done.status == 0, done.err
    assert dump_schema(database.server, database.name, *options) == before
    with database.connect() as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a1",)]
        steps = connection.execute(
            "select r.outcome, array_agg(s.revision order by s.begun), bool_and(s.applied is not null) "
            "from alembic_safety.run r join alembic_safety.step s on s.run = r.number where r.command = 'rollback' group by r.number"
        ).fetchall()
        assert steps == [("done", ["a3", "a2"], True)]
    told = alembic(*url, "safety-history", cwd=project.folder).out
    assert "taken back: a3, a2" in told
    nothing = alembic(*url, "safety-rollback", "--stored", "--to", "zz", cwd=project.folder)
    assert nothing.status == 2


def test_a_role_that_may_not_create_schemas_can_still_upgrade(project: Project, database: ScratchDatabase) -> None:
    project.sql("a1", "select 1", "select 1")
    database.run(
        "create role alembic_safety_test_plain login; create table alembic_version (version_num varchar(32) primary key); "
        "grant all on alembic_version to alembic_safety_test_plain"
    )
    try:
        url = database.url.set(username="alembic_safety_test_plain").render_as_string(hide_password=False)
        done = alembic("-x", f"url={url}", "upgrade", "head", cwd=project.folder)
        assert done.status == 0, done.err
    finally:
        database.run("drop owned by alembic_safety_test_plain; drop role alembic_safety_test_plain")


def test_a_revision_of_one_sql_file(
    project: Project, tmp_path: Path, pg_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_SAFETY_SERVER", pg_server.url().render_as_string(hide_password=False))
    file = tmp_path / "add_orders.sql"
    file.write_text("create table orders (id bigserial primary key);\n")
    done = alembic("-x", f"sql={file}", "revision", "-m", 'orders "now"', cwd=project.folder)
    assert done.status == 0, done.err
    (made,) = (project.folder / "versions").glob("*.py")
    assert made.read_text().startswith('"""orders \\"now\\"')
    assert "drop_table" in made.read_text()
    assert alembic("safety-check", cwd=project.folder).status == 0
    refused = alembic("-x", f"sql={file}", "revision", "--autogenerate", cwd=project.folder)
    assert refused.status == 2


def test_a_downgrade_fits_a_database_with_another_owner(
    project: Project, server_option: tuple[str, str], database: ScratchDatabase
) -> None:
    project.sql("a1", "create table t (id int primary key); grant select on t to alembic_safety_test_reader", None)
    project.sql(
        "a2",
        "alter default privileges grant select on tables to alembic_safety_test_reader; "
        "revoke delete on t from current_user; alter table t enable row level security; "
        "create policy mine on t to current_user using (true)",
        None,
    )
    project.sql("a3", "drop policy mine on t; drop table t; create table u (id int)", None)
    database.run("create role alembic_safety_test_reader; create role alembic_safety_test_app login")
    try:
        database.run(f'alter database "{database.name}" owner to alembic_safety_test_app')
        done = alembic("safety-downgrade", *server_option, cwd=project.folder)
        assert done.status == 0, done.out + done.err
        url = database.url.set(username="alembic_safety_test_app").render_as_string(hide_password=False)
        options = ("--exclude-schema=alembic_safety", "--exclude-table=alembic_version")
        dumps = []
        for revision in ("a1", "a2", "a3"):
            dumps.append(dump_schema(database.server, database.name, *options))
            assert alembic("-x", f"url={url}", "upgrade", revision, cwd=project.folder).status == 0
        for before in reversed(dumps):
            done = alembic("-x", f"url={url}", "downgrade", "-1", cwd=project.folder)
            assert done.status == 0, done.err
            assert dump_schema(database.server, database.name, *options) == before
    finally:
        database.run("drop owned by alembic_safety_test_app, alembic_safety_test_reader cascade")
        database.run(f'alter database "{database.name}" owner to current_user')
        database.run("drop role alembic_safety_test_app, alembic_safety_test_reader")


def test_roles_and_rows_that_the_upgrade_leaves_do_not_stand_in_the_way_and_are_told(
    project: Project, server_option: tuple[str, str]
) -> None:
    project.sql(
        "a1",
        "create role alembic_safety_test_one; create role alembic_safety_test_two; create table t (id int primary key); "
        "grant select on t to alembic_safety_test_one",
        None,
    )
    project.sql("a2", "insert into t values (1)", None)
    kept = ("-x", "safety.preserve=schema")
    done = alembic(*kept, "safety-downgrade", *server_option, "--json", "out.json", cwd=project.folder)
    assert done.status == 0, done.out
    row, _ = json.loads((project.folder / "out.json").read_text())["rows"]
    assert row["grade"] == "exact"
    assert not any("ROLE" in statement for statement in row["statements"])
    body = (project.folder / "versions/a1.py").read_text().partition("def downgrade")[2]
    assert "role alembic_safety_test_two stays" in body
    assert "rows that the upgrade wrote to t stay" in (project.folder / "versions/a2.py").read_text()


def test_indexes_come_and_go_without_a_lock_where_the_upgrade_took_that_care(
    project: Project, server_option: tuple[str, str], database: ScratchDatabase
) -> None:
    project.sql("a1", "create table t (id int primary key, a text); create unique index gone on t (a)", None)
    built = project.sql("a2", "create unique index concurrently t_a on t (lower(a))", None)
    dropped = project.add(
        "a3", 'with op.get_context().autocommit_block():\n    op.drop_index("gone", postgresql_concurrently=True)', None
    )
    plain = project.sql("a4", "create index t_id on t (id) where a = 'x'", None)
    with_table = project.sql(
        "a5",
        "create table u (id int); create index u_id on u (id); commit; create index concurrently u_two on u (id)",
        None,
    )
    done = alembic("safety-downgrade", *server_option, cwd=project.folder)
    assert done.status == 0, done.out + done.err
    assert '"DROP INDEX CONCURRENTLY public.t_a"' in built.read_text()
    assert '"CREATE UNIQUE INDEX CONCURRENTLY gone ON public.t USING btree (a)"' in dropped.read_text()
    assert "CONCURRENTLY" not in plain.read_text()
    assert "op.drop_table" in with_table.read_text()
    url = ("-x", f"url={database.url_text}")
    states = []
    for revision in ("base", "a1", "a2", "a3", "a4", "a5"):
        if revision != "base":
            moved = alembic(*url, "upgrade", revision, cwd=project.folder)
            assert moved.status == 0, moved.err
        states.append(_dumped(database))
    for revision, state in (("a4", states[4]), ("a3", states[3]), ("a2", states[2]), ("a1", states[1])):
        moved = alembic(*url, "downgrade", revision, cwd=project.folder)
        assert moved.status == 0, moved.err
        assert _dumped(database) == state
    assert alembic(*url, "upgrade", "a3", cwd=project.folder).status == 0
    taken = alembic(*url, "safety-rollback", "--stored", "--to", "a1", cwd=project.folder)
    assert taken.status == 0, taken.out + taken.err
    assert _dumped(database) == states[1]


def _dumped(database: ScratchDatabase) -> str:
    return dump_schema(
        database.server, database.name, "--exclude-schema=alembic_safety", "--exclude-table=alembic_version"
    )
