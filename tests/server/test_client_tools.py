"""PostgreSQL's own client programs: the right one, and no secret on its command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alembic_safety.errors import ServerError
from alembic_safety.postgres import clienttools
from alembic_safety.postgres.clienttools import Tool, connection_environment, find_tool, run_tool


def test_a_dump_is_run(database) -> None:
    database.run("CREATE TABLE orders (id int)")
    tool = find_tool("pg_dump", database.server.major, binaries=database.server.binaries)
    assert tool.major == database.server.major
    dump = run_tool(tool, ["--schema-only"], database.server.parameters(database.name), timeout=60)
    assert b"CREATE TABLE public.orders" in dump


def test_output_goes_to_a_file_and_back_in(database, tmp_path: Path) -> None:
    database.run("CREATE TABLE orders (id int)")
    server = database.server
    with (tmp_path / "dump").open("wb") as file:
        dump = find_tool("pg_dump", server.major, binaries=server.binaries)
        assert run_tool(dump, ["--format=custom"], server.parameters(database.name), stdout=file) == b""
    other = server.create_database()
    try:
        restore = find_tool("pg_restore", server.major, binaries=server.binaries)
        with (tmp_path / "dump").open("rb") as file:
            run_tool(restore, [f"--dbname={other.name}"], server.parameters(other.name), stdin=file)
        with other.connect() as connection:
            assert connection.execute("SELECT to_regclass('orders')::text").fetchone() == ("orders",)
    finally:
        server.drop_database(other)


def test_a_failure_shows_the_end_of_its_messages(database) -> None:
    tool = find_tool("pg_dump", database.server.major, binaries=database.server.binaries)
    with pytest.raises(ServerError, match="no matching tables") as caught:
        run_tool(tool, ["--table=nothing"], database.server.parameters(database.name))
    assert "pg_dump failed with status 1" in str(caught.value)


def test_one_that_takes_too_long_is_stopped(database) -> None:
    tool = find_tool("psql", database.server.major, binaries=database.server.binaries)
    with pytest.raises(ServerError, match=r"psql was stopped after 0\.3 s"):
        run_tool(tool, ["-c", "SELECT pg_sleep(30)"], database.server.parameters(database.name), timeout=0.3)


def _program(folder: Path, name: str, version: str, body: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{name} (PostgreSQL) {version}" && exit\n{body}\n')
    program.chmod(0o755)
    return program


def test_never_older_than_the_server_and_near_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = [_program(tmp_path / version, "pg_dump", version) for version in ("14.1", "18.2", "16.3", "17.0")]
    monkeypatch.setattr(clienttools, "all_programs", lambda name: programs)
    assert [find_tool("pg_dump", major).major for major in (14, 15, 16, 18)] == [14, 16, 16, 18]
    with pytest.raises(ServerError, match=r"No pg_dump for a PostgreSQL 19 server \(found only .*postgresql-client-19"):
        find_tool("pg_dump", 19)
    with pytest.raises(ServerError, match="No pg_dump"):
        find_tool("pg_dump", 16, folder=tmp_path / "14.1")


def test_the_password_is_in_a_private_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "the-real-one")
    monkeypatch.setenv("PGPASSWORD", "of-another")
    show = 'echo "$@"; env | grep "^PG" | sort; ls -l "$PGPASSFILE"; cat "$PGPASSFILE"; echo "$PGPASSFILE" >&2'
    tool = Tool(_program(tmp_path, "psql", "15.1", show), 15)
    parameters = {
        "host": "h",
        "port": "5433",
        "user": "u",
        "password": "pa:ss\\word",
        "dbname": "d",
        "sslmode": "disable",
    }
    out = run_tool(tool, ["-c", "x"], parameters).decode().splitlines()
    assert out[0] == "--no-password -c x"
    assert out[1:5] == ["PGDATABASE=d", "PGHOST=h", out[3], "PGPORT=5433"]
    assert out[5:7] == ["PGSSLMODE=disable", "PGUSER=u"]
    assert out[7].startswith("-rw-------")
    assert out[8] == r"*:*:*:*:pa\:ss\\word"
    assert not Path(out[3].partition("=")[2]).exists()
    assert "pa:ss" not in str(connection_environment(parameters))


def test_without_a_password_ours_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "ours")
    tool = Tool(_program(tmp_path, "psql", "15.1", 'echo "$PGPASSWORD"'), 15)
    assert run_tool(tool, [], {"host": "h"}) == b"ours\n"


def test_a_parameter_that_can_not_be_handed_on_is_refused() -> None:
    with pytest.raises(ServerError, match="sslpassword"):
        connection_environment({"host": "h", "sslpassword": "x"})


def test_our_environment_is_otherwise_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c x=y")
    environment = connection_environment({"host": "h"})
    assert "PGOPTIONS" not in environment
    assert environment["PATH"] == os.environ["PATH"]
