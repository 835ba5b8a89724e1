"""A folder of raw SQL becomes a project by the command line, and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import alembic

INI = "[alembic]\nscript_location = alembic_safety:environment\nversion_locations = %(here)s/versions\npath_separator = os\n"
FILES = {
    "0001_users.up.sql": "CREATE TABLE users (id integer PRIMARY KEY, note text DEFAULT ':x %s');",
    "0001_users.down.sql": "DROP TABLE users;",
    "0002_index.up.sql": "CREATE INDEX CONCURRENTLY users_note ON users (note);",
    "0002_index.down.sql": "DROP INDEX CONCURRENTLY users_note;",
    "0003_copy.up.sql": "COPY users (id) FROM STDIN;\n1\n2\n\\.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "alembic.ini").write_text(INI)
    (tmp_path / "versions").mkdir()
    (tmp_path / "sql").mkdir()
    for name, text in FILES.items():
        (tmp_path / "sql" / name).write_text(text)
    return tmp_path


def test_wrap_upgrade_downgrade(folder: Path, database: Any) -> None:
    dry = alembic("safety-wrap", "sql", "--no-downgrades", "--dry-run", cwd=folder)
    assert dry.status == 0
    assert "line 1: outside of a transaction, because CREATE INDEX CONCURRENTLY can't run in a transaction" in dry.out
    assert "3 revisions would be written" in dry.out
    assert list((folder / "versions").iterdir()) == []

    assert "3 revisions were written" in alembic("safety-wrap", "sql", "--no-downgrades", cwd=folder).out
    again = alembic("safety-wrap", "sql", "--no-downgrades", cwd=folder)
    assert "0 revisions were written" in again.out
    assert "3 unchanged" in again.out

    url = f"url={database.url_text}"
    up = alembic("-x", url, "upgrade", "head", cwd=folder)
    assert up.status == 0, up.err
    assert database.session().fetch("SELECT count(*), min(note) FROM users") == [(2, ":x %s")]
    stuck = alembic("-x", url, "downgrade", "base", cwd=folder)
    assert stuck.status != 0
    assert "no downgrade has been written yet: run 'alembic safety-downgrade 0003'" in stuck.out + stuck.err

    (folder / "sql" / "0001_users.up.sql").write_text("SELECT 1")
    changed = alembic("safety-wrap", "sql", "--no-downgrades", cwd=folder)
    assert changed.status == 2
    assert "changed since it was wrapped as revision 0001" in changed.err


def test_without_a_database_the_error_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    alembic("safety-wrap", "sql", "--no-downgrades", cwd=folder)
    result = alembic("upgrade", "head", cwd=folder)
    assert result.status != 0
    assert "no database is given" in result.out + result.err
    offline = alembic("upgrade", "head", "--sql", cwd=folder)
    assert offline.status == 0
    assert "COMMIT;\n\nCREATE INDEX CONCURRENTLY users_note ON users (note);\n\nBEGIN;" in offline.out


def test_a_bad_file_is_one_error_with_its_place(folder: Path) -> None:
    (folder / "sql" / "0004_bad.sql").write_text("SELECT 1;\n\\i other.sql\n")
    result = alembic("safety-wrap", "sql", "--no-downgrades", cwd=folder)
    assert result.status == 2
    assert "0004_bad.sql:2: \\i is a command of psql" in result.err
