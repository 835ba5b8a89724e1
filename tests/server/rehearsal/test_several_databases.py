"""Projects with several databases, as Alembic's template makes them: one verdict a revision that covers all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from alembic_safety.errors import RehearsalError
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.rehearsal.verdict import Down, Rehearsal, Restored, Up
from tests.support.cli import alembic
from tests.support.project import Project, verdict_of

pytestmark = pytest.mark.server

_REVISION = """
from alembic import op
revision, down_revision = {revision!r}, {down!r}
def upgrade(engine_name): globals()[f"upgrade_{{engine_name}}"]()
def downgrade(engine_name): globals()[f"downgrade_{{engine_name}}"]()
def upgrade_orders(): op.execute({orders[0]!r})
def downgrade_orders(): op.execute({orders[1]!r})
def upgrade_people(): op.execute({people[0]!r})
def downgrade_people(): op.execute({people[1]!r})
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Alembic's own template with two databases, which nobody can reach."""
    folder = tmp_path / "project"
    folder.mkdir()
    command.init(Config(str(folder / "alembic.ini")), str(folder / "migrations"), template="multidb")
    ini = (folder / "alembic.ini").read_text()
    ini = ini.replace("databases = engine1, engine2", "databases = orders, people")
    for old, new in (("engine1", "orders"), ("engine2", "people")):
        url = f"postgresql+psycopg://u:p@production.invalid/{new}"
        ini, count = re.subn(rf"\[{old}\]\nsqlalchemy.url = .*", f"[{new}]\nsqlalchemy.url = {url}", ini)
        assert count == 1
    (folder / "alembic.ini").write_text(ini)
    return Project(folder)


def add(project: Project, revision: str, *, orders: tuple[str, str], people: tuple[str, str]) -> None:
    down = project.heads[-1] if project.heads else None
    text = _REVISION.format(revision=revision, down=down, orders=orders, people=people)
    (project.folder / "migrations" / "versions" / f"{revision}.py").write_text(text)
    project.heads.append(revision)


def rehearse(project: Project, binaries: Binaries, **options: Any) -> Rehearsal:
    return project.rehearse(pg_bin=binaries.bindir, **options)


def test_each_engine_has_a_database_of_its_own(project: Project, any_binaries: Binaries) -> None:
    # The same name in both: in one database the second could not be created.
    create = ("CREATE TABLE t (id int PRIMARY KEY)", "DROP TABLE t")
    add(project, "a1", orders=create, people=create)
    add(
        project,
        "a2",
        orders=("ALTER TABLE t ADD total int", "ALTER TABLE t DROP total"),
        people=("SELECT 1", "SELECT 1"),
    )
    # What commits by itself needs copies of that database alone.
    add(
        project,
        "a3",
        orders=("CREATE INDEX i ON t (total); COMMIT", "DROP INDEX i"),
        people=("SELECT 1", "SELECT 1"),
    )
    rehearsal = rehearse(project, any_binaries)
    assert [v.revision for v in rehearsal.verdicts] == ["a1", "a2", "a3"]
    assert rehearsal.holds, [v.to_json() for v in rehearsal.verdicts]
    assert rehearsal.facts["databases"] == "orders, people"


def test_the_worst_of_all_databases_counts_and_is_named(project: Project, any_binaries: Binaries) -> None:
    create = ("CREATE TABLE t (id int PRIMARY KEY)", "DROP TABLE t")
    add(project, "a1", orders=create, people=create)
    add(
        project,
        "a2",
        orders=("CREATE INDEX i ON t (id)", "SELECT 1"),
        people=("CREATE INDEX i ON t (id)", "DROP INDEX i"),
    )
    add(project, "a3", orders=("SELECT 1", "SELECT 1"), people=("CREATE TABL u ()", "SELECT 1"))
    rehearsal = rehearse(project, any_binaries)
    second, third = verdict_of(rehearsal, "a2"), verdict_of(rehearsal, "a3")
    assert second.up is Up.RAN
    assert second.restored is Restored.DIFFERENT
    assert second.differences == ("orders: index public.i was left behind",)
    assert third.up is Up.FAILED
    assert third.error is not None
    assert third.error.startswith("people: syntax error")
    assert third.down is Down.NOT_TRIED


def test_an_env_file_that_shows_only_when_it_runs_that_there_are_two(project: Project, any_binaries: Binaries) -> None:
    path = project.folder / "migrations" / "env.py"
    text = path.read_text()
    assert 'config.get_main_option("databases", "")' in text
    path.write_text(text.replace('config.get_main_option("databases", "")', '"orders, people"'))
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("databases = orders, people", ""))
    create = ("CREATE TABLE t (id int PRIMARY KEY)", "DROP TABLE t")
    add(project, "a1", orders=create, people=create)
    rehearsal = rehearse(project, any_binaries)
    assert rehearsal.holds
    assert rehearsal.facts["databases"] == "orders, people"


def test_two_engines_for_one_database_are_named(project: Project, any_binaries: Binaries) -> None:
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("production.invalid/people", "production.invalid/orders"))
    add(project, "a1", orders=("SELECT 1", "SELECT 1"), people=("SELECT 1", "SELECT 1"))
    with pytest.raises(RehearsalError, match=r"more than once in the same database .*engine_name='people'"):
        rehearse(project, any_binaries)


_TENANTS = """\
from alembic import context
from sqlalchemy import create_engine, text
told = context.get_x_argument(as_dictionary=True).get("tenant")
with create_engine("postgresql+psycopg://production.invalid/db").connect() as connection:
    for tenant in [told] if told else ["acme", "globex"]:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {tenant}"))
        connection.execute(text(f"SET search_path TO {tenant}"))
        connection.commit()
        context.configure(connection=connection, version_table_schema=tenant)
        with context.begin_transaction():
            context.run_migrations()
"""


def test_schemas_of_one_database_are_rehearsed_one_after_the_other(tmp_path: Path, any_binaries: Binaries) -> None:
    project = Project.new(tmp_path / "project")
    (project.folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    (project.folder / "env.py").write_text(_TENANTS)
    project.sql("a1", "CREATE TABLE t (id int PRIMARY KEY, n int)", "DROP TABLE t")
    project.sql("a2", "ALTER TABLE t ALTER n TYPE bigint", "ALTER TABLE t ALTER n TYPE int")
    project.sql("a3", "CREATE INDEX i ON t (n); COMMIT", "DROP INDEX i")
    left = "DO $$ BEGIN IF current_schema() = 'acme' THEN DROP INDEX j; END IF; END $$"
    project.sql("a4", "CREATE INDEX j ON t (n)", left)
    rehearsal = rehearse(project, any_binaries)
    assert rehearsal.facts["schemas"] == "acme, globex"
    assert [v.holds for v in rehearsal.verdicts] == [True, True, True, False]
    assert verdict_of(rehearsal, "a4").differences == ("globex: index globex.j was left behind",)
    # Each schema's locks are held in a transaction of its own.
    assert [list(one.locks) for one in verdict_of(rehearsal, "a2").activity if one.locks] == [["acme.t"]]

    server = f"--pg-bin={any_binaries.bindir}"
    for x, words in (((), "names its schema"), (("-x", "tenant=acme"), "would be wrong in another")):
        result = alembic(*x, "safety-downgrade", "--all", "--dry-run", server, cwd=project.folder)
        assert result.status == 2
        assert words in result.err
