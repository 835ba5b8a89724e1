"""The operations in revision files: online, offline, stored, and refused."""

from __future__ import annotations

import pytest

from alembic_safety.postgres.session import PsycopgSession
from tests.support.cli import alembic
from tests.support.project import Project

KEEP = """
op.preserve_columns("public.item", ["label"])
op.preserve_rows("public.item")
op.run_sql("UPDATE item SET price = 0 WHERE id < 4; ALTER TABLE item DROP COLUMN label")
"""
BACK = """
op.begin_restore()
op.run_sql("ALTER TABLE item ADD COLUMN label text")
op.restore_columns("public.item", ["label"])
op.restore_rows("public.item")
op.end_restore()
"""


@pytest.fixture
def project(tmp_path, database):
    project = Project.new(tmp_path)
    (tmp_path / "alembic.ini").write_text(
        (tmp_path / "alembic.ini").read_text()
        + "sqlalchemy.url = " + database.url_text.replace("%", "%%") + "\n[alembic:safety]\nretries = 0\n"
    )  # fmt: skip
    project.sql("r1", "CREATE TABLE item (id int PRIMARY KEY, label text, price int)", "DROP TABLE item")
    project.add("r2", KEEP, BACK)
    assert alembic("upgrade", "r1", cwd=tmp_path).status == 0
    database.run("INSERT INTO item SELECT i, 'l' || i, i * 10 FROM generate_series(1, 9) i")
    return project


def items(database):
    with database.connect(autocommit=True) as connection:
        return PsycopgSession(connection).fetch("SELECT id, label, price FROM item ORDER BY id")


def test_up_down_up_down(project, database):
    before = items(database)
    for _ in range(2):
        assert alembic("upgrade", "head", cwd=project.folder).status == 0
        result = alembic("downgrade", "-1", cwd=project.folder)
        assert result.status == 0, result.err
        assert items(database) == before


def test_a_downgrade_without_what_it_needs_refuses_unless_the_loss_is_accepted(project, database):
    assert alembic("-x", "safety.preserve=schema", "upgrade", "head", cwd=project.folder).status == 0
    refused = alembic("downgrade", "-1", cwd=project.folder)
    assert refused.status != 0
    assert "revision r2 cannot give its rows back: nothing was kept when it was applied" in refused.out
    assert "-x safety.accept_loss=on" in refused.out
    assert alembic("-x", "safety.accept_loss=on", "downgrade", "-1", cwd=project.folder).status == 0
    assert items(database)[0] == (1, None, 0)


def test_a_write_that_was_not_captured_is_rolled_back(project, database):
    before = items(database)
    path = project.folder / "versions" / "r2.py"
    path.write_text(path.read_text().replace("UPDATE item", "ALTER TABLE item DISABLE TRIGGER USER; UPDATE item"))
    stopped = alembic("upgrade", "head", cwd=project.folder)
    assert stopped.status != 0
    assert (
        "revision r2 wrote rows that are not kept: public.item: the server counts 3 rows written, captured were 0"
        in stopped.out
    )
    assert items(database) == before
    assert alembic("-x", "safety.uncaptured=warn", "upgrade", "head", cwd=project.folder).status == 0
    refused = alembic("downgrade", "-1", cwd=project.folder)
    assert "rows were written that were not kept" in refused.out


def test_offline(project, database):
    before = items(database)
    script = alembic("upgrade", "r1:r2", "--sql", cwd=project.folder)
    assert script.status == 0, script.err
    database.run(script.out)
    assert items_without_label(database) == [(1, 0), (2, 0), (3, 0), (4, 40)]
    script = alembic("downgrade", "r2:r1", "--sql", cwd=project.folder)
    assert script.status == 0, script.err
    database.run(script.out)
    assert items(database) == before


def items_without_label(database):
    with database.connect(autocommit=True) as connection:
        return PsycopgSession(connection).fetch("SELECT id, price FROM item WHERE id < 5 ORDER BY id")


def test_a_name_without_its_schema_is_refused(project):
    project.add("r3", 'op.preserve_table("item")')
    result = alembic("upgrade", "head", cwd=project.folder)
    assert result.status != 0
    assert "take a name with its schema: 'public.item'" in result.out


def test_what_is_kept_is_private(project, database):
    database.run("CREATE ROLE reader_of_all; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader_of_all, PUBLIC")
    try:
        assert alembic("upgrade", "head", cwd=project.folder).status == 0
        with database.connect(autocommit=True) as connection:
            found = PsycopgSession(connection).fetch(
                "SELECT c.relname, x.grantee::regrole::text FROM pg_class c, aclexplode(c.relacl) x "
                "WHERE relnamespace = 'alembic_safety'::regnamespace AND relname ~ '^q[0-9]' AND x.grantee <> c.relowner"
            )
        assert found == []
    finally:
        database.run("DROP OWNED BY reader_of_all; DROP ROLE reader_of_all")


def test_a_stored_downgrade_gives_rows_back_too(project, database):
    before = items(database)
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    (project.folder / "versions" / "r2.py").unlink()
    result = alembic("safety-rollback", "--stored", "--accept-loss", cwd=project.folder)
    assert result.status == 0, result.out + result.err
    assert items(database) == before
    assert PsycopgSession(database.connect()).fetch("SELECT restored IS NOT NULL FROM alembic_safety.preservation") == [
        (True,)
    ]


def test_a_stored_downgrade_says_what_it_misses(project, database):
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    database.run("UPDATE alembic_safety.stored_downgrade SET grade = 'exact'; DELETE FROM alembic_safety.preservation")
    result = alembic("safety-rollback", "--stored", cwd=project.folder)
    assert result.status != 0
    assert "revision r2 cannot give its rows back: nothing was kept" in result.out + result.err
    assert alembic("safety-rollback", "--stored", "--accept-loss", cwd=project.folder).status == 0


def test_what_is_kept_is_listed_and_dropped_only_when_told(project, database):
    assert "nothing is kept" in alembic("safety-quarantine", "list", cwd=project.folder).out
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    listed = alembic("safety-quarantine", "list", cwd=project.folder).out
    assert "needed by the downgrade" in listed
    assert "public.item (9 rows), public.item (3 rows)" in listed
    assert alembic("safety-quarantine", "drop", cwd=project.folder).status != 0
    assert "nothing to drop" in alembic("safety-quarantine", "drop", "--older-than", "1d", cwd=project.folder).out
    refused = alembic("safety-quarantine", "drop", "77", cwd=project.folder)
    assert refused.status != 0
    assert "77 is no number of what is kept" in refused.err
    assert "would drop 1 " in alembic("safety-quarantine", "drop", "1", "--dry-run", cwd=project.folder).out
    database.run("CREATE TABLE alembic_safety.q1_mine (a int)")
    dropped = alembic("safety-quarantine", "drop", "--all", cwd=project.folder)
    assert "the downgrade of r2 now needs -x safety.accept_loss=on" in dropped.out
    left = PsycopgSession(database.connect()).fetch(r"SELECT relname::text FROM pg_class WHERE relname ~ '^q\d+_'")
    assert left == [("q1_mine",)]
    assert "cannot give its rows back" in alembic("downgrade", "-1", cwd=project.folder).out


def test_large_objects_are_not_missed(project, database):
    path = project.folder / "versions" / "r2.py"
    path.write_text(path.read_text().replace("UPDATE item", "SELECT lo_from_bytea(0, 'x'); UPDATE item"))
    stopped = alembic("upgrade", "head", cwd=project.folder)
    assert "pg_largeobject: it was written to (1 rows)" in stopped.out


def test_a_conflict_stops_a_downgrade_or_goes_to_its_table(project, database):
    project.add(
        "r3",
        'op.preserve_rows("public.item")\nop.run_sql("DELETE FROM item WHERE id = 9")',
        'op.begin_restore()\nop.restore_rows("public.item")\nop.end_restore()',
    )
    assert alembic("upgrade", "head", cwd=project.folder).status == 0
    database.run("INSERT INTO item VALUES (9, 1)")
    stopped = alembic("downgrade", "-1", cwd=project.folder)
    assert stopped.status != 0
    assert (
        'public.item: 1 rows that the upgrade deleted have their keys in use again\nfor example {"id = 9"}'
        in stopped.out
    )
    assert "-x safety.on_conflict=keep" in stopped.out
    kept = alembic("-x", "safety.on_conflict=keep", "downgrade", "-1", cwd=project.folder)
    assert kept.status == 0, kept.out
    found = PsycopgSession(database.connect()).fetch(
        "SELECT source, before_upgrade ->> 'price', at_downgrade ->> 'price' FROM alembic_safety.conflict"
    )
    assert found == [("public.item", "90", "1")]
