"""Downgrades that rows written since are in the way of, where the upgrade kept nothing of their tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_safety.errors import GuardError
from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

UP = """
alter table person alter email type varchar(200);
alter type mood add value 'merry';
alter table person drop constraint person_name_key;
alter table pet alter note type varchar(50), alter d type timestamptz
"""


LONG = "a" * 30


@pytest.fixture
def project(tmp_path: Path, database: ScratchDatabase) -> Project:
    """At its head, with rows that the schema before could hold and others that it can't."""
    project = Project.new(tmp_path)
    project.sql(
        "a1",
        "create type mood as enum ('sad', 'calm'); "
        "create table person (id int primary key, email varchar(20), m mood not null, name text unique); "
        "create table pet (id int primary key, owner int references person on delete cascade, note varchar(5), d date)",
    )
    project.sql("a2", UP)
    server = database.server.url().render_as_string(hide_password=False)
    done = alembic("safety-downgrade", "--server", server, cwd=tmp_path)
    assert done.status == 0, done.out + done.err
    assert alembic("-x", f"url={database.url_text}", "upgrade", "head", cwd=tmp_path).status == 0
    database.run(
        f"insert into person values (6, 'e', 'calm', 'x'), (7, '{LONG}', 'merry', 'x'), (8, '{LONG}', 'sad', 'x'), (9, 'c', 'sad', 'y');"
        "insert into pet values (1, 6), (2, null)"
    )
    return project


def _rows(database: ScratchDatabase, query: str) -> list[tuple[object, ...]]:
    with database.connect(autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]


def test_a_stored_one_names_them_and_goes_on_without_them(project: Project, database: ScratchDatabase) -> None:
    back = ("-x", f"url={database.url_text}", "safety-rollback", "--stored", "--to", "a1")
    told = alembic(*back, cwd=project.folder)
    assert told.status != 0
    with pytest.raises(GuardError, match="^nothing was changed:") as refused:
        alembic("-x", f"url={database.url_text}", "--raiseerr", "downgrade", "a1", cwd=project.folder)
    for words in (
        "2 rows of public.person hold a value that is too long (7, 8), and public.person.email becomes character varying(20)",
        "1 row of public.person hold a value that the new type does not have (7), and public.mood of public.person.m has no 'merry'",
        "3 rows of public.person hold a key that is there more than once (6, 7, 8)",
    ):
        assert words in told.out + told.err
        assert f"  revision a2: {words}" in str(refused.value)
    assert "; these are they, and '-x safety.on_conflict=keep' puts them aside: SELECT" in str(refused.value)
    assert _rows(database, "select version_num from alembic_version") == [("a2",)]
    database.run("delete from person where id in (7, 8)")
    taken = alembic(*back, cwd=project.folder)
    assert taken.status == 0, taken.out + taken.err


@pytest.mark.parametrize("stored", [True, False])
def test_they_are_put_aside_where_that_is_wanted(project: Project, database: ScratchDatabase, stored: bool) -> None:
    url = ("-x", f"url={database.url_text}")
    # Of this table another column is kept.
    database.run("insert into pet values (3, null, 'longer than five')")
    if stored:
        done = alembic(*url, "safety-rollback", "--stored", "--to", "a1", "--on-conflict", "keep", cwd=project.folder)
    else:
        done = alembic(*url, "-x", "safety.on_conflict=keep", "downgrade", "a1", cwd=project.folder)
    assert done.status == 0, done.out + done.err
    # A value goes where the column may be NULL, else the row; of those with one name the first stays.
    assert _rows(database, "select id, email, m::text, name from person order by id") == [
        (6, "e", "calm", "x"),
        (9, "c", "sad", "y"),
    ]
    assert _rows(database, "select id, note from pet order by id") == [(1, None), (2, None), (3, None)]
    aside = (
        "select at_downgrade ->> 'id', at_downgrade ->> 'email', reason from alembic_safety.conflict order by number"
    )
    found = _rows(database, aside)
    assert [(i, e) for i, e, _ in found] == [("7", LONG), ("8", LONG), ("3", None), ("7", None), ("8", None)]
    assert "has no 'merry'" in str(found[3][2])
    assert "only once" in str(found[4][2])


def test_what_others_refer_to_is_not_put_aside(project: Project, database: ScratchDatabase) -> None:
    database.run("insert into pet values (3, 8)")
    url = ("-x", f"url={database.url_text}")
    done = alembic(*url, "-x", "safety.on_conflict=keep", "downgrade", "a1", cwd=project.folder)
    assert done.status != 0
    assert "public.person: 1 rows that cannot stay are referred to by public.pet" in done.out + done.err
    assert _rows(database, "select count(*) from person") == [(4,)]
    assert _rows(database, "select count(*) from alembic_safety.conflict") == [(0,)]
