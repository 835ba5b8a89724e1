"""A stored downgrade that rows written since are in the way of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ScratchDatabase
from tests.support.cli import alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

UP = """
alter table person alter email type varchar(200);
alter type mood add value 'merry';
alter table person drop constraint person_name_key
"""


def test_it_names_the_rows_and_goes_on_without_them(tmp_path: Path, database: ScratchDatabase) -> None:
    project = Project.new(tmp_path)
    project.sql(
        "a1",
        "create type mood as enum ('sad', 'calm'); "
        "create table person (id int primary key, email varchar(20), m mood, name text unique)",
    )
    project.sql("a2", UP)
    server = database.server.url().render_as_string(hide_password=False)
    done = alembic("safety-downgrade", "--server", server, cwd=tmp_path)
    assert done.status == 0, done.out + done.err
    url = ("-x", f"url={database.url_text}")
    assert alembic(*url, "upgrade", "head", cwd=tmp_path).status == 0
    long = "a" * 30
    database.run(f"insert into person values (7, '{long}', 'merry', 'x'), (8, 'b', 'sad', 'x'), (9, 'c', 'sad', 'y')")
    told = alembic(*url, "safety-rollback", "--stored", "--to", "a1", cwd=tmp_path)
    assert told.status != 0
    for words in (
        "1 row of public.person hold a value that is too long (7), and public.person.email becomes character varying(20)",
        "1 row of public.person hold a value that the new type does not have (7), and public.mood of public.person.m has no 'merry'",
        "2 rows of public.person hold a key that is there more than once (7, 8)",
    ):
        assert words in told.out + told.err
    with database.connect(autocommit=True) as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [("a2",)]
    database.run("delete from person where id = 7")
    taken = alembic(*url, "safety-rollback", "--stored", "--to", "a1", cwd=tmp_path)
    assert taken.status == 0, taken.out + taken.err
