"""Giving backups back: over a database, into a new one, one table; and that nothing is lost where it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alembic_safety.postgres.server import Server
from tests.conftest import dump_schema
from tests.support.backup_place import Place, drop_all

pytestmark = pytest.mark.server


def taken(place: Place, *arguments: str, **settings: str) -> str:
    done = place.alembic("safety-backup", *arguments, **settings)
    assert done.status == 0, done.err
    return place.manifests()[-1].id


def test_over_the_database_everything_is_as_it_was(place: Place, pg_server: Server) -> None:
    name = place.database.name
    with pg_server.connect(autocommit=True) as connection:
        connection.execute(f'alter database {name} set search_path = public, "My Schema", pg_temp')
        connection.execute(f"alter database {name} set my.setting = 'a ''b'")
        connection.execute(f"alter role current_user in database {name} set work_mem = '7MB'")
        connection.execute(f"revoke connect on database {name} from public")
    schema, rows = place.database.dump_schema("--create"), place.rows()
    backup = taken(place)
    assert place.alembic("upgrade", "head", backup="none").status == 0
    assert place.database.dump_schema() != schema

    refused = place.alembic("safety-restore", backup)
    assert f"--confirm {name}" in refused.err
    assert refused.status == 2
    refused = place.alembic("safety-restore", backup, "--confirm", "another")
    assert "'another' is not the name" in refused.err

    done = place.alembic("safety-restore", backup, "--confirm", name)
    assert done.status == 0, done.err
    assert "note:" not in done.err
    assert place.database.dump_schema("--create") == schema
    assert place.rows() == rows
    assert place.alembic("current").out.startswith("a1")
    with pg_server.connect() as connection:
        ((aside,),) = connection.execute(
            "select datname from pg_database where datname like %s", [f"{name[:30]}%_before_restore_%"]
        ).fetchall()
    assert aside in done.out
    assert "    n text" not in dump_schema(pg_server, aside, "-N", "alembic_safety")
    # What the journal that was restored says of the run is the truth.
    assert place.alembic("upgrade", "head").status == 0


def test_sessions_of_others_are_named_or_ended(one_place: Place) -> None:
    backup = taken(one_place)
    name = one_place.database.name
    with one_place.database.connect() as other:
        other.execute("set application_name = 'the reporter'")
        other.commit()
        refused = one_place.alembic("safety-restore", backup, "--confirm", name)
        assert "the reporter" in refused.err
        assert refused.status == 2
        assert other.execute("select 1").fetchone() == (1,)
        other.commit()
        done = one_place.alembic("safety-restore", backup, "--confirm", name, "--disconnect")
        assert done.status == 0, done.err
    assert "parts" in one_place.database.dump_schema()


@pytest.mark.parametrize("name", ["-x; drop database \"postgres\"; -- 'c' = d ä", "postgresql://h/x"])
def test_into_a_new_database_of_any_name(
    one_place: Place, one_server: Server, name: str, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: drop_all(one_server, name))
    schema, rows = one_place.database.dump_schema(), one_place.rows()
    backup = taken(one_place)
    done = one_place.alembic("safety-restore", backup, "--into", name)
    assert done.status == 0, done.err
    assert dump_schema(one_server, name) == schema
    again = one_place.alembic("safety-restore", backup, "--into", name)
    assert "there is a database" in again.err
    # A backup of that database, taken and given back by its own name.
    url = one_place.database.url.set(database=name).render_as_string(hide_password=False)
    second = taken(one_place, url=url)
    assert one_place.manifests()[-1].dbname == name
    done = one_place.alembic("safety-restore", second, "--confirm", name, url=url)
    assert done.status == 0, done.err
    assert dump_schema(one_server, name) == schema
    assert rows == one_place.rows()


def test_one_table_beside(one_place: Place) -> None:
    backup = taken(one_place)
    assert one_place.alembic("upgrade", "head", backup="none").status == 0
    with one_place.database.connect(autocommit=True) as connection:
        connection.execute('drop table "-x"; drop table "t; drop table u; --"; drop type mood')
    done = one_place.alembic("safety-restore", backup, "--table", "public.parts", "--as", '"My old" ')
    assert done.status == 0, done.err
    assert "199 rows" in done.out
    done = one_place.alembic("safety-restore", backup, "--table", '"t; drop table u; --"')
    assert done.status == 0, done.err
    assert "column m is text here, because the type public.mood is gone" in done.err
    with one_place.database.connect() as connection:
        assert connection.execute('select count(*), min(n), max(length(n)) from "My old"').fetchone() == (
            199,
            "tab\t, line\n, \\.x",
            214,
        )
        ((table,),) = connection.execute(
            "select c.oid::regclass::text from pg_class c where relnamespace = 'alembic_safety'::regnamespace and relname like '%restored%'"
        ).fetchall()
        assert connection.execute(f'select count(*), sum("a ""b"), min(m) from {table}').fetchone() == (
            500,
            125250,
            "ok",
        )
    refused = one_place.alembic("safety-restore", backup, "--table", "no_such")
    assert "holds no rows of a table no_such" in refused.err
    refused = one_place.alembic("safety-restore", backup, "--table", "parts", "--as", '"My old"')
    assert "already exists" in refused.err


def test_some_tables_only(one_place: Place, one_server: Server) -> None:
    backup = taken(one_place, "--table", 'public."-x"')
    (manifest,) = one_place.manifests()
    assert (manifest.kind, list(manifest.tables)) == ("affected", ['public."-x"'])
    assert list(manifest.sequences) == ['public."-x_id_seq"']
    refused = one_place.alembic("safety-restore", backup, "--confirm", one_place.database.name)
    assert "can't take the place of a database" in refused.err
    name = f"{one_place.database.name}_new"
    done = one_place.alembic("safety-restore", backup, "--into", name)
    assert done.status == 0, done.err
    restored = dump_schema(one_server, name)
    whole = one_place.database.dump_schema()
    assert restored.replace("\n", "") in whole or "FOREIGN KEY" in whole
    with one_server.connect(name) as connection:
        assert connection.execute('select count(*) from "-x"').fetchone() == (100,)
        assert connection.execute("select nextval(pg_get_serial_sequence('\"-x\"', 'id'))").fetchone() == (101,)
        assert connection.execute("select count(*) from parts").fetchone() == (0,)


def test_a_restore_that_fails_loses_nothing(one_place: Place, one_server: Server) -> None:
    backup = taken(one_place)
    schema, rows = one_place.database.dump_schema(), one_place.rows()
    data = one_place.folder / backup / "data"
    largest = max(data.iterdir(), key=lambda p: p.stat().st_size)
    whole = largest.read_bytes()
    largest.write_bytes(whole[:-1])
    refused = one_place.alembic("safety-restore", backup, "--confirm", one_place.database.name)
    assert f"damaged: data/{largest.name} has {len(whole) - 1} bytes instead of {len(whole)}" in refused.err
    assert one_place.alembic("safety-backups", "--verify", "all").status == 1
    largest.write_bytes(whole)
    assert one_place.alembic("safety-backups", "--verify", backup[:20]).status == 0
    # The server refuses something while the backup is being loaded.
    with one_server.connect(autocommit=True) as connection:
        connection.execute("create role may_not login createdb")
    with one_place.database.connect(autocommit=True) as connection:
        connection.execute("grant select on alembic_version to may_not")
    try:
        url = one_place.database.url.set(username="may_not").render_as_string(hide_password=False)
        refused = one_place.alembic("safety-restore", backup, "--confirm", one_place.database.name, url=url)
        assert refused.status == 2
        assert "can't be loaded" in refused.err
    finally:
        with one_place.database.connect(autocommit=True) as connection:
            connection.execute("drop owned by may_not; drop role may_not")
    assert (one_place.database.dump_schema(), one_place.rows()) == (schema, rows)
    with one_server.connect() as connection:
        assert (
            connection.execute(
                "select datname from pg_database where datname like 'alembic_safety_restore%'"
            ).fetchall()
            == []
        )


def test_backups_are_listed_and_deleted(one_place: Place) -> None:
    assert "no backup is in" in one_place.alembic("safety-backups").out
    first = taken(one_place)
    taken(one_place, "--prove", "restore")
    listed = one_place.alembic("safety-backups")
    assert first in listed.out
    assert "read again" in listed.out
    assert "restored once" in listed.out
    assert one_place.alembic("safety-backups", "--delete", "../x").status == 2
    assert one_place.alembic("safety-backups", "--delete", first).status == 0
    assert len(one_place.manifests()) == 1


def test_what_env_py_keeps_open_is_not_in_the_way(tmp_path: Path, one_place: Place) -> None:
    from tests.server.guard.test_run import own_environment

    own = own_environment(tmp_path / "own", one_place.database, "psycopg")
    for path in (one_place.project.folder / "versions").glob("*.py"):
        (own.folder / "versions" / path.name).write_text(path.read_text())
    one_place.project = own
    backup = taken(one_place)
    done = one_place.alembic("safety-restore", backup, "--confirm", one_place.database.name)
    assert done.status == 0, done.err


def test_through_a_pooler_nothing_is_left_in_sessions_of_others(
    one_place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("alembic_safety.guard.backup.target.driver_pid", lambda _: 0)
    refused = one_place.alembic("upgrade", "head", backup="full")
    assert "reached through a pooler" in refused.out
    assert one_place.alembic("upgrade", "head").status == 0
    assert "reached through a pooler" in caplog.text
    assert not one_place.folder.exists()


def test_killed_in_the_middle_nothing_has_changed_and_the_next_one_works(one_place: Place, one_server: Server) -> None:
    one_place.database.run("create table big as select g, repeat(md5(g::text), 20) from generate_series(1, 60000) g")
    backup = taken(one_place)
    schema, rows = one_place.database.dump_schema(), one_place.rows()
    count = "select count(*) from pg_database where datname like 'alembic\\_safety\\_restore\\_%'"
    process = subprocess.Popen(
        [sys.executable, "-m", "alembic", "-x", f"url={one_place.database.url_text}", "-x", f"safety.backup_dir={one_place.folder}",
         "safety-restore", backup, "--confirm", one_place.database.name],
        cwd=one_place.project.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with one_server.connect(autocommit=True) as connection:
        for _ in range(3000):
            # Without the mark that it is ours nobody would drop it.
            if (
                connection.execute(f"{count} and shobj_description(oid, 'pg_database') <> ''").fetchone() != (0,)
                or process.poll() is not None
            ):
                break
            time.sleep(0.01)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert one_place.database.dump_schema() == schema
        assert one_place.rows() == rows
        done = one_place.alembic("safety-restore", backup, "--confirm", one_place.database.name)
        assert done.status == 0, done.err
        assert one_place.rows() == rows
        assert connection.execute(count).fetchone() == (0,)  # what the killed one left is gone
