"""What goes wrong while a backup is taken: the migration is not begun, and no half backup is left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from alembic_safety.errors import BackupError, OwnershipError
from alembic_safety.guard.backup import folder as folders
from alembic_safety.guard.backup import retention
from alembic_safety.guard.backup.digests import damage
from alembic_safety.guard.backup.manifest import Manifest, read_manifest, write_manifest
from alembic_safety.guard.backup.retention import prune
from alembic_safety.postgres.endpoint import Endpoint
from alembic_safety.postgres.server import Server, throwaway_server
from alembic_safety.settings import Settings
from tests.conftest import ScratchDatabase
from tests.support.backup_place import Place

pytestmark = pytest.mark.server


def refused(place: Place, **settings: str) -> str:
    """The message; nothing has happened."""
    before = place.database.dump_schema()
    done = place.alembic("upgrade", "head", **{"backup": "full", **settings})
    assert done.status != 0
    assert place.database.dump_schema() == before
    assert place.alembic("current").out.startswith("a1")
    assert not place.folder.is_dir() or os.listdir(place.folder) == []
    return done.out + done.err


def test_what_may_not_be_read_is_named(place: Place, pg_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    name = f"limited_{place.database.name}"
    with place.database.connect(autocommit=True) as connection:
        connection.execute(f"create role {name} login")
        connection.execute(f"grant all on alembic_version, parts to {name}; grant create on schema public to {name}")
        connection.execute(
            f"alter table parts owner to {name}; alter table parts_1 owner to {name}; alter table parts_2 owner to {name}"
        )
        connection.execute(f"grant usage, create on schema alembic_safety to {name}")
        connection.execute(f"grant all on all tables in schema alembic_safety to {name}")
    url = place.database.url.set(username=name).render_as_string(hide_password=False)
    said = place.alembic("upgrade", "head", backup="full", url=url)
    assert "the migrating role may not read all of" in said.out
    assert "grant it pg_read_all_data" in said.out
    # Policies that hide rows from the role would make a backup without them.
    with place.database.connect(autocommit=True) as connection:
        connection.execute(f'grant pg_read_all_data to {name}; alter table "-x" enable row level security')
    said = place.alembic("upgrade", "head", backup="full", url=url)
    assert 'may not read all of public."-x"' in said.out
    # By default that is told, and the rest is taken.
    done = place.alembic("upgrade", "head", url=url)
    assert done.status == 0, done.out
    assert 'left out is what the migrating role may not read: public."-x"' in caplog.text
    (manifest,) = place.manifests()
    assert manifest.tables["public.parts_1"].rows == 99
    assert 'public."-x"' not in manifest.tables
    with place.database.connect(autocommit=True) as connection:
        connection.execute(f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}")


def test_the_server_goes_away_in_the_middle(one_place: Place) -> None:
    with one_place.database.connect(autocommit=True) as connection:
        connection.execute("create table big as select g, repeat(md5(g::text), 20) from generate_series(1, 60000) g")
    stop = threading.Event()

    def end_dumps() -> None:
        with one_place.database.server.connect(autocommit=True) as connection:
            while not stop.is_set():
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and application_name = 'pg_dump' "
                    "and query ilike 'copy %%'",
                    [one_place.database.name],
                )

    thread = threading.Thread(target=end_dumps)
    thread.start()
    try:
        said = refused(one_place)
    finally:
        stop.set()
        thread.join()
    assert "pg_dump failed with status 1" in said
    assert "the migration was not begun" in said


def test_the_disk_is_full(one_place: Place, one_server: Server) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small file system needs root on Linux")
    with one_place.database.connect(autocommit=True) as connection:
        connection.execute(
            "create table big as select g, gen_random_uuid() a, gen_random_uuid() b from generate_series(1, 60000) g"
        )
    one_place.folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", one_place.folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("this container may not mount")
    try:
        said = refused(one_place)
        assert "No space left on device" in said
        with one_place.database.connect() as connection:
            journal = connection.execute("select outcome, message from alembic_safety.backup").fetchall()
        assert [outcome for outcome, _ in journal] == ["failed"]
        assert "No space left" in journal[0][1]
    finally:
        subprocess.run(["umount", one_place.folder], check=True)


def test_a_quota_is_used_up(one_place: Place) -> None:
    """As a full disk, where none can be mounted: no file may grow beyond a limit."""
    resource = pytest.importorskip("resource", reason="there are no limits on Windows")
    with one_place.database.connect(autocommit=True) as connection:
        connection.execute(
            "create table big as select gen_random_uuid() a, gen_random_uuid() b from generate_series(1, 20000)"
        )
    before = one_place.database.dump_schema()
    settings = [f"safety.{each}" for each in ("backup=full", f"backup_dir={one_place.folder}")]
    options = [part for each in settings for part in ("-x", each)]
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-x", f"url={one_place.database.url_text}", *options, "upgrade", "head"],
        cwd=one_place.project.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "the migration was not begun" in said
    assert "Traceback" not in said
    assert one_place.database.dump_schema() == before
    assert os.listdir(one_place.folder) == []
    with one_place.database.connect() as connection:
        assert connection.execute("select outcome from alembic_safety.backup").fetchall() == [("failed",)]


def test_a_folder_that_can_not_be_written(one_place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "no backup can be written to" in refused(one_place, backup_dir=str(tmp_path / "file"))


@pytest.fixture(scope="module")
def with_password() -> Iterator[Server]:
    """A server that asks for a password."""
    with throwaway_server() as server:
        assert server.cluster is not None
        with server.connect(autocommit=True) as connection:
            connection.execute("create role careful login superuser password 'se:cr\\et ''1'")
        hba = server.cluster.data / "pg_hba.conf"
        hba.write_text("local all careful scram-sha-256\n" + hba.read_text())
        with server.connect(autocommit=True) as connection:
            connection.execute("select pg_reload_conf()")
        yield server


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_the_password_reaches_pg_dump_and_nobody_else(
    tmp_path: Path, with_password: Server, driver: str, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.server.guard.test_run import own_environment

    database = ScratchDatabase(with_password.create_database(), with_password)
    place = Place.at_a1(tmp_path / "a", database)
    secret = "se:cr\\et '1"

    class Other:
        url = database.url.set(username="careful", password=secret)

    own = own_environment(tmp_path / "own", Other(), driver)  # type: ignore[arg-type]
    for path in (place.project.folder / "versions").glob("*.py"):
        (own.folder / "versions" / path.name).write_text(path.read_text())
    place.project = own
    seen: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for command in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    text = command.read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if "pg_dump" in text:
                    seen.add(text)
            time.sleep(0.002)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        done = place.alembic("upgrade", "head", backup="full")
    finally:
        stop.set()
        thread.join()
    assert done.status == 0, done.out
    (manifest,) = place.manifests()
    assert sys.platform != "linux" or seen
    texts = [*seen, caplog.text, done.out, done.err]
    texts += [p.read_text(errors="replace") for p in (place.folder / manifest.id).rglob("*") if p.is_file()]
    with database.connect() as connection:
        texts += [str(connection.execute(f"select t from alembic_safety.{t} t").fetchall()) for t in ("run", "backup")]
    assert not [text for text in texts if "cr\\et" in text]
    assert not re.search(r"careful", (place.folder / manifest.id / "manifest.json").read_text())


def test_a_wrong_password_is_told(tmp_path: Path, with_password: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project gets in, pg_dump doesn't: a token that was good for one connection."""
    from alembic_safety.postgres import endpoint

    database = ScratchDatabase(with_password.create_database(), with_password)
    place = Place.at_a1(tmp_path / "a", database)
    real = endpoint.Endpoint.connect

    def used_up(self: endpoint.Endpoint, **options: bool) -> object:
        made = real(self, **options)
        object.__setattr__(self, "parameters", {**self.parameters, "user": "careful", "password": "spent"})
        return made

    monkeypatch.setattr(endpoint.Endpoint, "connect", used_up)
    monkeypatch.setattr("alembic_safety.guard.backup.before.count_writes", lambda _: {})
    said = place.alembic("upgrade", "head", backup="full")
    assert "password authentication failed" in said.out
    assert "spent" not in said.out
    assert "the migration was not begun" in said.out


def test_killed_in_the_middle_and_swept_by_the_next(one_place: Place) -> None:
    with one_place.database.connect(autocommit=True) as connection:
        connection.execute("create table big as select g, repeat(md5(g::text), 20) from generate_series(1, 40000) g")
    options = {"backup": "full", "backup_dir": str(one_place.folder)}
    arguments = [part for name, value in options.items() for part in ("-x", f"safety.{name}={value}")]
    process = subprocess.Popen(
        [sys.executable, "-m", "alembic", "-x", f"url={one_place.database.url_text}", *arguments, "upgrade", "head"],
        cwd=one_place.project.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(1000):
        if list(one_place.folder.glob(".*.partial/data/*")):
            break
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert one_place.manifests() == []
    assert len(list(one_place.folder.glob(".*.partial"))) == 1
    assert one_place.alembic("upgrade", "head", backup="full").status == 0
    assert [p.name for p in one_place.folder.iterdir()] == [one_place.manifests()[0].id]


class TestFolder:
    """What is deleted, and what never is."""

    def make(self, base: Path, days: float, *, dbname: str = "shop", good: bool = True) -> str:
        made = datetime.now(timezone.utc) - timedelta(days=days)
        identifier = folders.new_id(dbname)
        identifier = made.strftime("%Y%m%dT%H%M%SZ") + identifier[16:]
        with folders.being_made(base, identifier) as folder:
            write_manifest(folder, self.manifest(identifier, made, dbname))
            if not good:
                (folder / "stranger").write_text("")
        return identifier

    def manifest(self, identifier: str, made: datetime, dbname: str) -> Manifest:
        return Manifest(
            id=identifier, kind="full", made=made.isoformat(), server_version=180000, place="here:1",
            database={"name": dbname}, version_table="alembic_version", heads=(),
        )  # fmt: skip

    def test_by_count_and_age_and_never_the_last_good_one(self, tmp_path: Path) -> None:
        old = [self.make(tmp_path, days) for days in (40, 30, 20)]
        self.make(tmp_path, 1, good=False)
        other = self.make(tmp_path, 90, dbname="other")
        deleted, spared = prune(tmp_path, Settings(backup_keep=1))
        # What is kept by count is damaged, so the newest whole one stays too.
        assert set(deleted) == set(old[:2])
        assert spared == [old[2]]
        assert folders.find(tmp_path, other).id == other
        deleted, spared = prune(tmp_path, Settings(backup_keep=None, backup_max_age=86400.0 * 60))
        assert (deleted, spared) == ([], [other])

    def test_in_a_folder_of_several_projects_only_of_the_own_database(self, tmp_path: Path) -> None:
        own = [self.make(tmp_path, days) for days in (9, 5)]
        others = [self.make(tmp_path, days, dbname="other") for days in (8, 7)]
        here = Endpoint(parameters={"host": "here", "port": "1", "dbname": "shop"})
        elsewhere = Endpoint(parameters={"host": "there", "port": "1", "dbname": "shop"})
        assert prune(tmp_path, Settings(backup_keep=1), only=elsewhere) == ([], [])
        assert prune(tmp_path, Settings(backup_keep=1), only=here) == ([own[0]], [])
        assert {entry.id for entry in folders.backups(tmp_path)} == {own[1], *others}

    def test_what_another_run_deletes_meanwhile_is_no_trouble(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone, left = self.make(tmp_path, 3), self.make(tmp_path, 2)
        found = folders.backups(tmp_path)
        folders.delete(tmp_path, gone)
        folders.delete(tmp_path, gone)
        monkeypatch.setattr(retention, "backups", lambda base: found)
        assert prune(tmp_path, Settings(backup_keep=0)) == ([gone], [left])
        assert damage(tmp_path / gone, ()) == ["it is gone: somebody else deletes it"]

    def test_nothing_is_deleted_that_is_not_provably_ours(self, tmp_path: Path) -> None:
        base = tmp_path / "backups"
        identifier = self.make(base, 1)
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "precious").write_text("")
        for name in ("../outside", "..", ".", "", "/", str(outside), f"../backups/{identifier}"):
            with pytest.raises(OwnershipError):
                folders.delete(base, name)
            with pytest.raises(BackupError):
                folders.find(base, name)
        link = base / identifier.replace("shop", "link")
        link.symlink_to(outside)
        with pytest.raises(OwnershipError):
            folders.delete(base, link.name)
        plain = base / identifier.replace("shop", "plain")
        plain.mkdir()
        with pytest.raises(OwnershipError):
            folders.delete(base, plain.name)
        (plain / "marker").symlink_to(base / identifier / "marker")
        with pytest.raises(OwnershipError):
            folders.delete(base, plain.name)
        (base / f".{plain.name}.partial").mkdir()
        assert folders.sweep(base) == []
        assert (outside / "precious").exists()
        folders.delete(base, identifier)
        assert not (base / identifier).exists()

    def test_a_link_within_a_backup_is_not_followed(self, tmp_path: Path) -> None:
        base = tmp_path / "backups"
        identifier = self.make(base, 1)
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret" / "kept").write_text("")
        (base / identifier / "data").symlink_to(tmp_path / "secret")
        folders.delete(base, identifier)
        assert (tmp_path / "secret" / "kept").exists()

    def test_names_of_databases_lead_nowhere(self, tmp_path: Path) -> None:
        for dbname in ("../../etc", "a/b", "; drop", "ÄÖ", "-x", "a" * 200, ""):
            identifier = self.make(tmp_path, 1, dbname=dbname)
            assert (tmp_path / identifier).parent == tmp_path
            assert read_manifest(tmp_path / identifier).dbname == dbname
