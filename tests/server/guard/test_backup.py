"""Backups before a migration: what is taken, by which policy, and that damage is always noticed."""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from alembic_safety.errors import BackupError
from alembic_safety.guard.backup.digests import damage
from alembic_safety.guard.backup.load import load
from alembic_safety.guard.backup.manifest import Manifest, read_manifest
from alembic_safety.postgres.clienttools import Tool
from alembic_safety.postgres.endpoint import Endpoint
from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase
from tests.support.backup_place import SCHEMA, Place

pytestmark = pytest.mark.server


def test_auto_backs_up_everything_where_nothing_is_known(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    done = place.alembic("upgrade", "head")
    assert done.status == 0, done.err
    (manifest,) = place.manifests()
    assert manifest.kind == "full"
    assert (manifest.heads, manifest.pending) == (("a1",), ("a2",))
    assert {name: t.rows for name, t in manifest.tables.items() if "public" in name} == {
        'public."t; drop table u; --"': 500,
        'public."-x"': 100,
        "public.alembic_version": 1,
        "public.parts_1": 99,
        "public.parts_2": 100,
    }
    assert manifest.tables["public.parts_1"].root == "public.parts"
    assert manifest.sequences["public.s"] == [42, False]
    folder = place.folder / manifest.id
    assert not damage(folder, manifest.files)
    assert all(stat.S_IMODE(p.stat().st_mode) == (0o700 if p.is_dir() else 0o600) for p in folder.rglob("*"))
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    password = place.database.url.password
    assert password is None or password not in (folder / "manifest.json").read_text()
    with place.database.connect() as connection:
        journal = connection.execute("select id, kind, outcome, bytes > 0 from alembic_safety.backup").fetchall()
    assert journal == [(manifest.id, "full", "done", True)]
    assert f"{manifest.id} (full, " in place.alembic("safety-history").out


@pytest.mark.parametrize("backup", ["none", "off"])
def test_none_takes_none(one_place: Place, backup: str) -> None:
    assert one_place.alembic("upgrade", "head", backup=backup).status == 0
    assert not one_place.folder.exists()


def test_an_empty_database_needs_none(tmp_path: Path, one_database: ScratchDatabase) -> None:
    place = Place(tmp_path, one_database)
    place.project.sql("a1", SCHEMA)
    assert place.alembic("upgrade", "head").status == 0
    assert not place.folder.exists()


def test_every_flipped_bit_and_every_truncation_is_noticed(one_place: Place) -> None:
    assert one_place.alembic("upgrade", "head", backup="full").status == 0
    (manifest,) = one_place.manifests()
    folder = one_place.folder / manifest.id
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "marker"):
        whole = path.read_bytes()
        # Each byte of the small files, and a sample of the others.
        for position in range(0, len(whole), max(1, len(whole) // 12)):
            path.write_bytes(whole[:position] + bytes([whole[position] ^ (1 << position % 8)]) + whole[position + 1 :])
            assert _is_noticed(folder), (path.name, position)
        for length in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:length])
            assert _is_noticed(folder), (path.name, length)
        path.unlink()
        assert _is_noticed(folder), path.name
        path.write_bytes(whole)
    (folder / "data" / "more").write_text("")
    assert _is_noticed(folder)


def _is_noticed(folder: Path) -> bool:
    try:
        return bool(damage(folder, read_manifest(folder).files))
    except BackupError:
        return True


def test_a_manifest_of_another_backup_is_noticed(one_place: Place) -> None:
    assert one_place.alembic("upgrade", "head", backup="full").status == 0
    (manifest,) = one_place.manifests()
    folder = one_place.folder / manifest.id
    other = folder.with_name(f"{manifest.id[:-1]}x")
    folder.rename(other)
    with pytest.raises(BackupError, match="that of"):
        read_manifest(other)


def test_manifests_survive_being_written(one_place: Place) -> None:
    assert one_place.alembic("upgrade", "head", backup="full").status == 0
    (manifest,) = one_place.manifests()
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert json.loads(manifest.to_json())["magic"] == "alembic-safety backup"
    with pytest.raises(ValueError, match="no manifest"):
        Manifest.from_json("{}")


def test_the_users_own_command_with_its_exit_code_and_name(one_place: Place, tmp_path: Path) -> None:
    script = tmp_path / "snap shot.sh"
    script.write_text(
        "#!/bin/sh\n"
        'test -n "$PGDATABASE" && test -n "$PGHOST" || exit 9\n'
        'case "$ALEMBIC_SAFETY_REVISIONS" in *a2*) ;; *) exit 8;; esac\n'
        'echo working; echo "snapshot; rm -rf /"; echo\n'
    )
    script.chmod(0o700)
    assert one_place.alembic("upgrade", "head", backup="command", backup_command=f"'{script}'").status == 0
    (manifest,) = one_place.manifests()
    assert (manifest.kind, manifest.reference) == ("command", "snapshot; rm -rf /")
    script.write_text("#!/bin/sh\necho why >&2; exit 3\n")
    one_place.project.sql("a3", "create table never ()")
    refused = one_place.alembic("upgrade", "head", backup="command", backup_command=f"'{script}'")
    assert "backup_command ended with status 3: why" in refused.err + refused.out
    with one_place.database.connect() as connection:
        journal = connection.execute(
            "select outcome, exit_code, reference from alembic_safety.backup order by begun"
        ).fetchall()
        assert journal == [("done", 0, "snapshot; rm -rf /"), ("failed", 3, "")]
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a2",)]
    assert [m.id for m in one_place.manifests()] == [manifest.id]


def test_a_clone_is_put_back_where_nobody_came(
    place: Place, pg_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    before, rows = place.database.dump_schema("-N", "alembic_safety"), place.rows()
    place.project.sql("a3", "select 1/0")
    assert place.alembic("upgrade", "head", backup="clone").status != 0
    if pg_server.major < 15:
        assert "reliably" in caplog.text
        return
    assert "was put back to what it was before the migration" in caplog.text
    assert (place.database.dump_schema("-N", "alembic_safety"), place.rows()) == (before, rows)
    assert place.manifests() == []  # it is the database now
    with place.database.connect() as connection:
        found = connection.execute(
            "select datname from pg_database where starts_with(datname, %s)", [f"{place.database.name}_failed"]
        )
        ((aside,),) = found.fetchall()
        state = (
            "select datallowconn, shobj_description(oid, 'pg_database') is not null from pg_database where datname = %s"
        )
        assert connection.execute(state, [place.database.name]).fetchone() == (True, True)
        journal = connection.execute(
            "select r.outcome, b.outcome, r.message from alembic_safety.run r join alembic_safety.backup b on run = number"
        )
        assert [(run, backup) for run, backup, _ in journal.fetchall()] == [("failed", "done")]
    with pg_server.connect("postgres", autocommit=True) as connection:
        connection.execute(f'drop database "{aside}"')
    # And the next run goes its way.
    assert place.alembic("upgrade", "a2", backup="none").status == 0
    assert "interrupted" not in caplog.text


VISITOR = """
import psycopg
with psycopg.connect({conninfo!r}) as visitor:
    visitor.execute('insert into parts values (5), (6)')
raise RuntimeError('no')
"""


@pytest.mark.parametrize("backup", ["clone", "full"])
def test_what_others_wrote_is_never_lost(
    place: Place, pg_server: Server, caplog: pytest.LogCaptureFixture, backup: str
) -> None:
    place.project.add("a3", VISITOR.format(conninfo=place.database.conninfo))
    with pytest.raises(RuntimeError, match="no"):
        place.alembic("upgrade", "head", backup=backup)
    (manifest,) = place.manifests()
    assert f"backup {manifest.id} is not restored automatically, because " in caplog.text
    assert "public.parts_1: 2 rows inserted" in caplog.text
    assert f"alembic safety-restore {manifest.id}" in caplog.text
    with place.database.connect() as connection:
        assert connection.execute("select count(*) from parts").fetchone() == (201,)
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a2",)]
    assert place.alembic("safety-backups", "--delete", manifest.id).status == 0
    with pg_server.connect() as connection:
        assert (
            connection.execute("select datname from pg_database where datname like 'alembic_safety_backup%'").fetchall()
            == []
        )


def test_a_clone_needs_the_database_for_itself(one_place: Place) -> None:
    with one_place.database.connect() as other:
        other.execute("set application_name = 'the reporter'")
        refused = one_place.alembic("upgrade", "head", backup="clone")
    assert "needs database" in refused.out
    assert "the reporter" in refused.out
    assert one_place.alembic("current").out.startswith("a1")


def test_a_session_that_env_py_prepared_is_as_before_after_a_clone(
    tmp_path: Path, one_database: ScratchDatabase
) -> None:
    from tests.server.guard.test_run import own_environment

    place = Place.at_a1(tmp_path, one_database)
    own = own_environment(tmp_path / "own", one_database, "psycopg")
    environment = own.folder / "env.py"
    prepared = "engine.connect() as connection:\n    connection.exec_driver_sql(\"set search_path = 'My Schema', public; set role pg_monitor; reset role\")\n    connection.commit()"
    environment.write_text(environment.read_text().replace("engine.connect() as connection:", prepared))
    for path in (place.project.folder / "versions").glob("*.py"):
        (own.folder / "versions" / path.name).write_text(path.read_text())
    place.project = own
    own.sql("a3", "select 1/(current_setting('search_path') = '\"My Schema\", public')::int", after="a2")
    done = place.alembic("upgrade", "head", backup="clone")
    assert done.status == 0, done.out
    (manifest,) = place.manifests()
    assert place.alembic("safety-backups", "--delete", manifest.id).status == 0


def test_auto_takes_what_the_certificates_say_is_lost(
    tmp_path: Path, one_database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alembic_safety.guard")
    place = Place(tmp_path, one_database)
    project = place.project
    project.sql(
        "a1",
        "create table customer (id serial primary key, name text); create table item (id serial primary key, customer int, note text);"
        "create table parts (id int, n text) partition by range (id);"
        "create table parts_1 partition of parts for values from (0) to (100); create table untouched (id int)",
    )
    project.sql("a2", "create index item_note on item (note)")
    project.sql("a3", "alter table item add foreign key (customer) references customer")
    project.sql("a4", "alter table item drop column note", "alter table item add column note text")
    project.sql("a5", "update parts set n = n || '!'", "select 1")
    server = one_database.server.url().render_as_string(hide_password=False)
    assert place.alembic("safety-downgrade", "--server", server).status in (0, 1)
    assert place.alembic("upgrade", "a1").status == 0
    one_database.run("insert into customer (name) values ('x'); insert into item (customer, note) values (1, 'y')")
    one_database.run("insert into parts values (1, 'a')")

    assert place.alembic("upgrade", "a3").status == 0
    assert place.manifests() == []
    assert "no backup: every revision is proven to be exact" in caplog.text
    assert place.alembic("upgrade", "a4").status == 0
    (manifest,) = place.manifests()
    assert manifest.kind == "affected"
    assert set(manifest.tables) == {"public.item"}
    assert set(manifest.sequences) == {"public.item_id_seq"}
    assert "a4 can't be taken back without loss" in caplog.text
    assert place.alembic("upgrade", "a5").status == 0
    assert set(place.manifests()[-1].tables) == {"public.parts_1"}
    done = place.alembic("safety-restore", place.manifests()[-1].id, "--table", "parts", "--as", "parts_before")
    assert done.status == 0, done.err
    with one_database.connect() as connection:
        assert connection.execute("select * from parts_before").fetchall() == [(1, "a")]
    # Downgrades lose what was written since, whatever was proven.
    assert place.alembic("downgrade", "a2").status == 0
    assert set(place.manifests()[-1].tables) == {"public.item", "public.parts_1"}
    assert "what was written since may get lost with" in caplog.text
    # What is asked for and can't be known is refused.
    project.sql("a6", "select 1")
    assert "no valid certificate says so of a6" in place.alembic("upgrade", "head", backup="affected").out
    # And everything is only taken up to a limit.
    assert place.alembic("upgrade", "head", backup_limit="1kB").status == 0
    assert "more than backup_limit (1kB)" in caplog.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("delete from parts where id = 7", "table public.parts_1 has 98 rows instead of 99"),
        ("update parts set n = n || ' ' where id = 7", "table public.parts_1 has other values"),
        ("drop view v", "view public.v is missing"),
        ("alter table parts alter n set default 'x'", "default public.parts.n is new"),
        ("alter sequence s increment 7", "sequence public.s differs"),
    ],
)
def test_a_backup_that_gives_something_else_is_no_backup(
    one_place: Place, monkeypatch: pytest.MonkeyPatch, change: str, said: str
) -> None:
    def load_and_change(tool: Tool, endpoint: Endpoint, *arguments: Any, **options: Any) -> None:
        load(tool, endpoint, *arguments, **options)
        with endpoint.connect() as connection:
            connection.execute(change)

    monkeypatch.setattr("alembic_safety.guard.backup.scratch.load", load_and_change)
    server = one_place.database.server.url().render_as_string(hide_password=False)
    refused = one_place.alembic("safety-backup", "--prove", "restore", server=server)
    assert refused.status == 2
    assert "gives something else" in refused.err
    assert said in refused.err
    assert os.listdir(one_place.folder) == []


def test_what_asyncpg_and_a_role_of_env_py_do(tmp_path: Path, one_database: ScratchDatabase) -> None:
    """A role that logs in, may do nothing, and becomes the owner; by way of asyncpg."""
    from tests.server.guard.test_run import own_environment

    name = f"owner_{one_database.name}"
    one_database.run(
        f"create role {name}; alter database {one_database.name} owner to {name}; create role login_{name} login in role {name} noinherit"
    )
    one_database.run(f"grant all on schema public to {name}")
    place = Place(tmp_path, one_database)

    class Other:
        url = one_database.url.set(username=f"login_{name}")

    own = own_environment(tmp_path / "own", Other(), "asyncpg")  # type: ignore[arg-type]
    environment = own.folder / "env.py"
    environment.write_text(
        environment.read_text().replace(
            "def work(connection):",
            f"def work(connection):\n    connection.exec_driver_sql('set role {name}')\n    connection.commit()",
        )
    )
    own.sql("a1", SCHEMA)
    own.sql("a2", "drop view v")
    place.project = own
    assert place.alembic("upgrade", "a1").status == 0
    done = place.alembic("upgrade", "a2", backup="full")
    assert done.status == 0, done.out
    (manifest,) = place.manifests()
    assert manifest.tables["public.parts_1"].rows == 99
    one_database.run(f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}, login_{name}")
