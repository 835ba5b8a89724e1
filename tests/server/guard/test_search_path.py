"""A production whose role or database sets ``search_path``: what has no schema in its name goes elsewhere than in a plain database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ScratchDatabase
from tests.support.cli import Result, alembic
from tests.support.project import Project

pytestmark = pytest.mark.server
_TABLE = "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname IN ('App', 'public')"


def test_is_told_and_can_be_rehearsed(tmp_path: Path, one_database: ScratchDatabase) -> None:
    one_database.run(f'CREATE SCHEMA "App"; ALTER DATABASE {one_database.name} SET search_path = "App"')
    server = one_database.server.url().render_as_string(hide_password=False)

    def project(*settings: str) -> tuple[Project, str]:
        made = Project.new(tmp_path / ("with" if settings else "without"))
        with (made.folder / "alembic.ini").open("a") as file:
            file.write("\n[alembic:safety]\nbackup = none\n" + "\n".join(settings))
        made.sql("a1", "CREATE TABLE t (id int PRIMARY KEY, note text)", None)
        made.sql("a2", "ALTER TABLE t DROP COLUMN note; CREATE INDEX t_half ON t (id) WHERE id > 2", None)
        done = alembic("safety-downgrade", "--all", "--server", server, cwd=made.folder)
        assert done.status == 0, done.out + done.err
        return made, done.out

    def run(made: Project, *arguments: str) -> Result:
        return alembic("-x", f"url={one_database.url_text}", *arguments, cwd=made.folder)

    plain, _ = project()
    way_out = "set 'search_path = \"App\"' in [alembic:safety]"
    refused = run(plain, "upgrade", "head")
    assert refused.status != 0
    assert way_out in refused.out
    planned = run(plain, "safety-plan")
    assert way_out.removeprefix("set ") in " ".join(planned.out.split())

    like_it, derived = project('search_path = "App"')
    assert "2 exact" in derived
    for arguments in (("upgrade", "a1"), ("upgrade", "head"), ("downgrade", "-1"), ("upgrade", "head")):
        done = run(like_it, *arguments)
        assert done.status == 0, done.err
        assert "search_path" not in done.err
    with one_database.connect() as connection:
        assert connection.execute(_TABLE).fetchone() == ("App.alembic_version App.t",)
    assert run(like_it, "downgrade", "base").status == 0
