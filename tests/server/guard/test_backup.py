"""Backups before a migration: what is taken, by which policy, and that damage is always noticed."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from alembic_safety.errors import BackupError
from alembic_safety.guard.backup.alone import close_all
from alembic_safety.guard.backup.automatic import restore_automatically
from alembic_safety.guard.backup.digests import damage
from alembic_safety.guard.backup.manifest import Manifest, read_manifest
from alembic_safety.guard.run import Run
from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase
from tests.support.backup_place import SCHEMA, Place

pytestmark = pytest.mark.server


@pytest.fixture
def place(tmp_path: Path, database: ScratchDatabase) -> Place:
    return Place.at_a1(tmp_path, database)


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


@pytest.mark.parametrize("backup", ["none", "off"])
def test_none_takes_none(place: Place, backup: str) -> None:
    assert place.alembic("upgrade", "head", backup=backup).status == 0
    assert not place.folder.exists()


def test_an_empty_database_needs_none(tmp_path: Path, database: ScratchDatabase) -> None:
    place = Place(tmp_path, database)
    place.project.sql("a1", SCHEMA)
    assert place.alembic("upgrade", "head").status == 0
    assert not place.folder.exists()


def test_every_flipped_bit_and_every_truncation_is_noticed(place: Place) -> None:
    assert place.alembic("upgrade", "head", backup="full").status == 0
    (manifest,) = place.manifests()
    folder = place.folder / manifest.id
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "marker"):
        whole = path.read_bytes()
        # Each byte of the small files, and a sample of the others.
        for position in range(0, len(whole), max(1, len(whole) // 40)):
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


def test_a_manifest_of_another_backup_is_noticed(place: Place) -> None:
    assert place.alembic("upgrade", "head", backup="full").status == 0
    (manifest,) = place.manifests()
    folder = place.folder / manifest.id
    other = folder.with_name(f"{manifest.id[:-1]}x")
    folder.rename(other)
    with pytest.raises(BackupError, match="that of"):
        read_manifest(other)


def test_manifests_survive_being_written(place: Place) -> None:
    assert place.alembic("upgrade", "head", backup="full").status == 0
    (manifest,) = place.manifests()
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert json.loads(manifest.to_json())["magic"] == "alembic-safety backup"
    with pytest.raises(ValueError, match="no manifest"):
        Manifest.from_json("{}")


def test_the_users_own_command_with_its_exit_code_and_name(place: Place, tmp_path: Path) -> None:
    script = tmp_path / "snap shot.sh"
    script.write_text(
        "#!/bin/sh\n"
        'test -n "$PGDATABASE" && test -n "$PGHOST" || exit 9\n'
        'case "$ALEMBIC_SAFETY_REVISIONS" in *a2*) ;; *) exit 8;; esac\n'
        'echo working; echo "snapshot; rm -rf /"; echo\n'
    )
    script.chmod(0o700)
    assert place.alembic("upgrade", "head", backup="command", backup_command=f"'{script}'").status == 0
    (manifest,) = place.manifests()
    assert (manifest.kind, manifest.reference) == ("command", "snapshot; rm -rf /")
    script.write_text("#!/bin/sh\necho why >&2; exit 3\n")
    place.project.sql("a3", "create table never ()")
    refused = place.alembic("upgrade", "head", backup="command", backup_command=f"'{script}'")
    assert "backup_command ended with status 3: why" in refused.err + refused.out
    with place.database.connect() as connection:
        journal = connection.execute(
            "select outcome, exit_code, reference from alembic_safety.backup order by begun"
        ).fetchall()
        assert journal == [("done", 0, "snapshot; rm -rf /"), ("failed", 3, "")]
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a2",)]
    assert [m.id for m in place.manifests()] == [manifest.id]


def test_a_clone_is_given_back_by_renames_where_nobody_came(
    place: Place, monkeypatch: pytest.MonkeyPatch, pg_server: Server
) -> None:
    said = []

    def after(run: Any) -> None:
        if run.backup is not None:
            try:
                said.append(restore_automatically(run.backup, lambda: close_all(run.migration, run.lock)))
            except BackupError as error:
                said.append(error)

    with_hook_after_the_run(monkeypatch, after)
    before = place.database.dump_schema()
    assert place.alembic("upgrade", "head", backup="clone").status == 0
    (manifest,) = place.manifests()
    if pg_server.major < 15:
        assert "reliably" in str(said[0])
        return
    assert "was put back" in str(said[0])
    assert place.database.dump_schema() == before
    with place.database.connect() as connection:
        rows = connection.execute(
            "select datname from pg_database where datname like %s", [f"{place.database.name}_failed%"]
        )
        ((aside,),) = rows.fetchall()
        assert connection.execute("select to_regclass('parts') is not null").fetchone() == (True,)
        assert connection.execute(
            "select datallowconn, shobj_description(oid, 'pg_database') is not null from pg_database where datname = current_database()"
        ).fetchone() == (True, True)
        assert manifest.reference not in [
            r[0] for r in connection.execute("select datname from pg_database").fetchall()
        ]
    with pg_server.connect("postgres", autocommit=True) as connection:
        connection.execute(f'drop database "{aside}"')


def with_hook_after_the_run(monkeypatch: pytest.MonkeyPatch, hook: Any) -> None:
    original = Run.run

    def run(self: Run) -> None:
        original(self)
        hook(self)

    monkeypatch.setattr(Run, "run", run)
