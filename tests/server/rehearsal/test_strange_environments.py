"""env.py files as projects have them: rehearsed as they are, and one sentence where that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from alembic_safety.errors import RehearsalError
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.rehearsal.derive import Deriver
from alembic_safety.rehearsal.options import Options, options_of
from alembic_safety.rehearsal.runner import rehearse
from alembic_safety.settings import load_settings
from tests.conftest import ScratchDatabase
from tests.support.project import Project

pytestmark = pytest.mark.server

_RUN = """
with {engine}.connect() as c:
    {before}
    context.configure(connection=c{options})
    with context.begin_transaction():
        context.run_migrations({arguments})
    {after}
"""
_ENGINE = "create_engine('postgresql+psycopg://u:p@production.invalid/production')"


def _env(
    *,
    engine: str = _ENGINE,
    before: str = "pass",
    options: str = "",
    arguments: str = "",
    head: str = "",
    after: str = "pass",
) -> str:
    run = _RUN.format(engine=engine, before=before, options=options, arguments=arguments, after=after)
    return f"import os\nfrom alembic import context\nfrom sqlalchemy import create_engine, text\n{head}\n{run}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.new(tmp_path / "project")
    (project.folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    project.sql("a1", "create table t (id int)", "drop table t")
    project.sql("a2", "alter table t add n int", "alter table t drop n")
    return project


@pytest.fixture
def pg(any_binaries: Binaries) -> dict[str, Any]:
    return {"pg_bin": any_binaries.bindir}


def test_settings_in_the_url(tmp_path: Path, pg: dict[str, Any]) -> None:
    project = Project.new(tmp_path / "project")
    with (project.folder / "alembic.ini").open("a") as file:
        file.write(
            "sqlalchemy.url = postgresql+psycopg://u:p@production.invalid/db?options=-csearch_path%%3Dtheirs,public\n"
        )
    project.sql("a1", "create schema theirs; create table t (id int)", "drop schema theirs cascade")
    project.sql("a2", "alter table theirs.t add n int", "alter table t drop n")
    assert project.rehearse(**pg).holds


@pytest.mark.parametrize(
    "env",
    [
        _env(engine=_ENGINE.replace("')", "', isolation_level='AUTOCOMMIT')")),
        _env(before="c.execute(text('SET ROLE owner_of_it_all'))"),
        _env(
            engine="create_engine(context.config.get_main_option('sqlalchemy.url'))",
            head="context.config.set_main_option('sqlalchemy.url', os.environ['DATABASE_URL'])",
        ),
    ],
    ids=["autocommit", "role", "url-into-option"],
)
def test_is_rehearsed_as_it_is(project: Project, pg: dict[str, Any], env: str) -> None:
    (project.folder / "env.py").write_text(env)
    result = project.rehearse(**pg)
    assert [v.holds for v in result.verdicts] == [True, True]
    assert any("owner_of_it_all" in note for note in result.notes) == ("SET ROLE" in env)


def test_works_in_a_transaction_that_began_with_settings(project: Project, pg: dict[str, Any]) -> None:
    project.add(
        "a3",
        """
        op.execute("CREATE TABLE theirs.u (id int)")
        op.get_bind().commit()
        with op.get_context().autocommit_block():
            op.create_index("u_id", "u", ["id"], postgresql_concurrently=True)
        """,
        "op.drop_table('u')",
    )
    project.sql("a4", "create table theirs.w (id int)", "drop table w")
    env = _env(
        engine=_ENGINE.replace("')", "', poolclass=pool.NullPool)"),
        head="from sqlalchemy import pool",
        before="c.execute(text('CREATE SCHEMA IF NOT EXISTS theirs')); c.commit(); "
        "c.execute(text('SET search_path TO theirs, public'))",
        options=", transaction_per_migration=True",
        after="assert c.execute(text('SELECT 1')).scalar() == 1; c.commit()",
    )
    (project.folder / "env.py").write_text(env)
    assert [verdict.holds for verdict in project.rehearse(**pg).verdicts] == [True] * 4


def test_hands_its_arguments_to_every_revision(project: Project, pg: dict[str, Any]) -> None:
    (project.folder / "env.py").write_text(_env(arguments="engine='main'"))
    for path in (project.folder / "versions").glob("*.py"):
        path.write_text(path.read_text().replace("grade():", "grade(engine):"))
    deriver = Deriver()
    assert rehearse(project.config, Options(cache=False, **pg), visitor=deriver).holds
    assert [derived.proven for derived in deriver.derived.values()] == [True, True]


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (_env(head="os.environ['NO_SUCH_VARIABLE']"), r"env\.py:4: env\.py failed: KeyError: 'NO_SUCH_VARIABLE'"),
        (_env(before="c.execute(text('SELECT nonsense'))"), r"env\.py:7: env\.py failed: column \"nonsense\""),
        ("raise SystemExit('APP_ENV is not set')", r"env\.py ended the process: APP_ENV is not set"),
        ("def f(:\n", r"env\.py:1: invalid syntax"),
        ("x = 1\n", "without running migrations"),
    ],
)
def test_that_fails_is_one_sentence(project: Project, pg: dict[str, Any], env: str, words: str) -> None:
    (project.folder / "env.py").write_text(env)
    with pytest.raises(RehearsalError, match=words):
        project.rehearse(**pg)


def test_leaves_an_applications_pool_alone(
    project: Project, pg: dict[str, Any], database: ScratchDatabase, any_binaries: Binaries
) -> None:
    where = "SELECT pg_catalog.current_database()"
    (project.folder / "env.py").write_text(
        _env(engine="context.config.attributes['engine']", before="c.execute(text('CREATE SCHEMA theirs')); c.commit()")
    )
    engine = create_engine(database.url)
    try:
        for _ in range(2):
            with engine.connect() as connection:
                assert connection.execute(text(where)).scalar() == database.name
            config = project.config
            config.attributes["engine"] = engine
            settings = load_settings(config, pg_bin=any_binaries.bindir)
            assert rehearse(config, options_of(settings, cache=False)).holds
        with engine.connect() as connection:
            assert connection.execute(text(where)).scalar() == database.name
            assert connection.execute(text("SELECT to_regnamespace('theirs')")).scalar() is None
            (project.folder / "env.py").write_text(
                "from alembic import context\ncontext.configure(connection=context.config.attributes['open'])\n"
                "context.run_migrations()\n"
            )
            config.attributes["open"] = connection
            with pytest.raises(RehearsalError, match="open before the rehearsal"):
                rehearse(config, options_of(settings, cache=False))
    finally:
        engine.dispose()
