"""Scratch databases: made, cloned, put back, dropped; and nothing that isn't ours is."""

from __future__ import annotations

import pytest

from alembic_safety.errors import OwnershipError
from alembic_safety.postgres import databases
from alembic_safety.postgres.databases import Database
from alembic_safety.postgres.ownership import new_owner
from alembic_safety.postgres.server import Server


def test_a_new_database_is_empty_and_utf8(database) -> None:
    with database.connect() as connection:
        row = connection.execute(
            "SELECT current_setting('server_encoding'), count(*) FROM pg_stat_user_tables"
        ).fetchone()
    assert row == ("UTF8", 0)


def test_a_clone_holds_what_its_template_held_and_goes_its_own_way(database) -> None:
    database.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    left_open = database.connect()  # a session of ours doesn't stop the copy
    clone = database.clone()
    try:
        clone.run("INSERT INTO t VALUES (2)")
        with database.connect() as original, clone.connect() as copy:
            assert original.execute("SELECT count(*) FROM t").fetchone() == (1,)
            assert copy.execute("SELECT count(*) FROM t").fetchone() == (2,)
        assert clone.dump_schema() == database.dump_schema()
    finally:
        left_open.close()
        database.server.drop_database(clone.database)


def test_a_clone_comes_back_under_the_old_name(database) -> None:
    database.run("CREATE TABLE t (a int)")
    saved = database.clone()
    database.run("DROP TABLE t")
    database.server.replace_database(database.database, saved.database)
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert saved.name not in databases.names_of(database.server)


def test_dropping_twice_is_fine(pg_server: Server) -> None:
    made = pg_server.create_database()
    pg_server.drop_database(made)
    pg_server.drop_database(made)


@pytest.mark.parametrize("name", ["customers", "alembic_safety_customers"])
def test_a_database_without_our_marker_is_never_dropped(pg_server: Server, name: str) -> None:
    connection = pg_server.maintenance()
    connection.execute(f"CREATE DATABASE {name}")
    try:
        for comment in ("NULL", "'our customers'", "'alembic-safety scratch {}'"):
            connection.execute(f"COMMENT ON DATABASE {name} IS {comment}")
            with pytest.raises(OwnershipError, match=name):
                pg_server.drop_database(Database(name, pg_server))
            with pytest.raises(OwnershipError, match=name):
                pg_server.create_database(Database(name, pg_server))
            with pytest.raises(OwnershipError, match=name):
                pg_server.replace_database(Database(name, pg_server), pg_server.create_database())
        assert databases.sweep(pg_server) == []
        assert connection.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name]).fetchone() == (1,)
    finally:
        connection.execute(f"DROP DATABASE {name}")


def test_the_marker_under_another_name_is_not_enough(pg_server: Server) -> None:
    connection = pg_server.maintenance()
    connection.execute("CREATE DATABASE orders")
    try:
        connection.execute(f"COMMENT ON DATABASE orders IS '{pg_server.owner.to_text()}'")
        with pytest.raises(OwnershipError, match="orders"):
            pg_server.drop_database(Database("orders", pg_server))
    finally:
        connection.execute("DROP DATABASE orders")


def test_a_database_of_another_live_run_is_left_alone(pg_server: Server) -> None:
    other = Server(pg_server.url(), new_owner())
    made = other.create_database()
    try:
        with pytest.raises(OwnershipError, match="another run"):
            pg_server.drop_database(Database(made.name, pg_server))
        assert databases.sweep(pg_server) == []
    finally:
        other.drop_database(made)
        other.release()
