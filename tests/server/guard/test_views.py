"""Views that break by way of a function: the rehearsal tells of them, and what no rehearsal told is refused before COMMIT."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_safety.errors import GuardError
from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

START = """
create table t (id int primary key, a int, b int);
create function f() returns setof int language sql stable as 'select a from t';
create function g() returns int language sql as 'select max(b) from t';
create view v as select * from f() as f(x);
create view over as select x from v
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.new(tmp_path)
    project.sql("a1", START, "drop view over; drop view v; drop function g; drop function f; drop table t")
    project.sql("a2", "alter table t rename a to aa", "alter table t rename aa to a")
    project.sql(
        "a3",
        "create or replace function f() returns setof int language sql stable as 'select aa from t'",
        "set local check_function_bodies = off; "
        "create or replace function f() returns setof int language sql stable as 'select a from t'",
    )
    project.sql("a4", "alter table t rename b to bb", "alter table t rename bb to b")
    project.sql("a5", "create table unrelated (id int)", "drop table unrelated")
    project.sql("a6", "alter table t rename aa to aaa", "alter table t rename aaa to aa")
    return project


def test_the_rehearsal_tells_what_an_upgrade_breaks(
    project: Project, one_database: ScratchDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    server = ("--server", one_database.server.url().render_as_string(hide_password=False))
    alembic("safety-downgrade", "--force", *server, cwd=project.folder)
    told = alembic("safety-test", *server, cwd=project.folder)
    assert told.status == 1, told.out
    found = [line for line in told.out.splitlines() if "[broken-" in line]
    assert found == [
        'warning [broken-view] after a2 view public.over can\'t be planned: column "a" does not exist; a3 mends it (a2, versions/a2.py)',
        'warning [broken-view] after a2 view public.v can\'t be planned: column "a" does not exist; a3 mends it (a2, versions/a2.py)',
        'warning [broken-routine] after a2 function public.f() doesn\'t compile: column "a" does not exist; a3 mends it (a2, versions/a2.py)',
        'warning [broken-routine] after a4 function public.g() doesn\'t compile: column "b" does not exist (a4, versions/a4.py)',
        'error [broken-view] after a6 view public.over can\'t be planned: column "aa" does not exist (a6, versions/a6.py)',
        'error [broken-view] after a6 view public.v can\'t be planned: column "aa" does not exist (a6, versions/a6.py)',
        'warning [broken-routine] after a6 function public.f() doesn\'t compile: column "aa" does not exist (a6, versions/a6.py)',
    ]
    url = ("-x", f"url={one_database.url_text}")
    said = "revision a2 would leave a view broken, as it did when it was rehearsed: view public.over can't be planned"
    with pytest.raises(GuardError, match=f"^nothing was changed:\n  {said}"):
        alembic(*url, "-x", "safety.checks=views=refuse", "--raiseerr", "upgrade", "a2", cwd=project.folder)
    assert alembic(*url, "upgrade", "a5", cwd=project.folder).status == 0
    assert said not in caplog.text
    assert alembic(*url, "upgrade", "a6", cwd=project.folder).status == 0
    assert said.replace("a2", "a6") in caplog.text
    assert alembic(*url, "downgrade", "a2", cwd=project.folder).status == 0


def test_what_no_rehearsal_told_is_found_before_the_commit(project: Project, one_database: ScratchDatabase) -> None:
    url = ("-x", f"url={one_database.url_text}")
    assert alembic(*url, "upgrade", "a1", cwd=project.folder).status == 0
    with pytest.raises(GuardError, match=r"before COMMIT this was found:\n  view public\.over can't be planned"):
        alembic(*url, "--raiseerr", "upgrade", "a2", cwd=project.folder)
    # What is broken already is not held against a migration, whatever it is called.
    one_database.run("alter table t rename a to aaa")
    path = project.folder / "versions/a4.py"
    path.write_text(path.read_text().replace("rename b to bb", "rename b to bb; alter view v rename to vv"))
    assert alembic(*url, "stamp", "a3", cwd=project.folder).status == 0
    assert alembic(*url, "upgrade", "a5", cwd=project.folder).status == 0
