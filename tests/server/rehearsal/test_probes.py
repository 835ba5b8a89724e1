"""Probes find exactly the rows that a change refuses, on the schema before it."""

from __future__ import annotations

import psycopg
import pytest

from alembic_safety.model.probe import Probe
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.probes import Answer, ask
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.rehearsal.rows.demands import Reader
from tests.conftest import ScratchDatabase

pytestmark = pytest.mark.server

_REBUILT = (
    "alter type mood rename to old_mood; create type mood as enum ('calm'); alter table t alter a type mood using a::text::mood, "
    "alter b type mood[] using b::text[]::mood[]; drop type old_mood"
)
_CASES = {
    "null": ("t (id int primary key, a text)", "(1, 'x')", "(2, null)", "alter table t alter a set not null", ["2"]),
    "null under another name": (
        "t (id int primary key, a text)", "(1, 'x')", "(2, null)",
        "alter table t rename a to b; alter table t rename to u; alter table u alter b set not null", ["2"],
    ),
    "null in a new primary key": ("t (a int)", "(1)", "(null)", "alter table t add primary key (a)", ["t (0,2)"]),
    "not-empty": ("t (a int primary key)", "", "(1), (2)", "alter table t add b int not null", ["1", "2"]),
    "too-long": (
        "t (id int primary key, a text)", "(1, 'abc   '), (2, null)", "(3, 'abcd')", "alter table t alter a type varchar(3)", ["3"],
    ),
    "too-long for a number": (
        "t (id int primary key, a int8)", "(1, 123)", "(2, 1234)", "alter table t alter a type varchar(3)", ["2"],
    ),
    "out-of-range": (
        "t (id int primary key, a int8)", "(1, 2147483647), (2, -2147483648), (3, null)", "(4, 2147483648), (5, -2147483649)",
        "alter table t alter a type int4", ["4", "5"],
    ),
    "out-of-range of floats": (
        "t (id int primary key, a float8)", "(1, 32767.4)", "(2, 32767.6), (3, 'NaN'), (4, '-Infinity')",
        "alter table t alter a type int2", ["2", "3", "4"],
    ),
    "out-of-range of digits": (
        "t (id int primary key, a numeric)", "(1, 99.994), (2, 'NaN')", "(3, 99.995), (4, -100), (5, 'Infinity')",
        "alter table t alter a type numeric(4, 2)", ["3", "4", "5"],
    ),
    "not-convertible": (
        "t (id int primary key, a text)", "(1, ' 12 '), (2, null)", "(3, 'x'), (4, '2147483648'), (5, '')",
        "alter table t alter a type int using a::int", ["3", "4", "5"],
    ),
    "not-convertible to uuid": (
        "t (id int primary key, a text)", "(1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')", "(2, 'a0eebc99')",
        "alter table t alter a type uuid using a::uuid", ["2"],
    ),
    "label": (
        "t (id int primary key, a mood, b mood[])", "(1, 'calm', '{calm}'), (2, null, null)", "(3, 'wild', '{calm}'), (4, 'calm', '{calm,wild}')",
        _REBUILT, ["3", "4"],
    ),
    "label of a text": (
        "t (id int primary key, a text)", "(1, 'calm'), (2, null)", "(3, 'Calm')", "alter table t alter a type mood using a::mood", ["3"],
    ),
    "duplicate": (
        "t (id int primary key, a text, b int)", "(1, 'x', 1), (2, 'x', 2), (3, null, 1), (4, null, 1)", "(5, 'y', 1), (6, 'y', 1)",
        "alter table t add unique (a, b)", ["5", "6"],
    ),
    "duplicate by an expression": (
        "t (id int primary key, a text, b int)", "(1, 'x', 1), (2, 'Y', 2), (3, 'y', -1)", "(4, 'X', 3)",
        "create unique index on t (lower(a)) where b > 0", ["1", "4"],
    ),
    "orphan": (
        "t (id int primary key, a int, b int); create table p (x int primary key); insert into p values (1)",
        "(1, 1, null), (2, null, null)", "(3, 2, null)", "alter table t add constraint refers foreign key (a) references p", ["3"],
    ),
    "orphan of itself": (
        "t (id int primary key, a int)", "(1, 1), (2, 1)", "(3, 9)", "alter table t add foreign key (a) references t", ["3"],
    ),
    "check": (
        "t (id int primary key, a int, b int)", "(1, 1, 2), (2, null, 2)", "(3, 2, 1)",
        "alter table t rename b to c; alter table t add check (a < c)", ["3"],
    ),
    "check that was not valid": (
        "t (id int primary key, a int)", "(1, 1)", "(2, -1)",
        "alter table t add constraint c check (a > 0) not valid; alter table t validate constraint c", ["2"],
    ),
    "overlap": (
        "t (id int primary key, a tsrange)", "(1, '[2024-01-01,2024-01-02)'), (2, '[2024-01-02,2024-01-03)')",
        "(3, '[2024-02-01,2024-03-01)'), (4, '[2024-02-03,2024-02-04)')", "alter table t add exclude using gist (a with &&)", ["3", "4"],
    ),
    "domain": (
        "t (id int primary key, a positive)", "(1, 1), (2, null)", "(3, 20)",
        "alter domain positive add check (value < 10)", ["3"],
    ),
    "domain for a type": ("t (id int primary key, a int)", "(1, 1)", "(2, -1)", "alter table t alter a type positive", ["2"]),
    "partition": (
        "t (id int not null, a text); create table whole (id int not null, a text) partition by range (id)",
        "(1, 'x')", "(20, 'x')", "alter table whole attach partition t for values from (0) to (10)", ["t (0,2)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(_CASES))
def test_probes_find_what_is_refused(database: ScratchDatabase, case: str) -> None:
    table, good, bad, change, keys = _CASES[case]
    with database.connect() as connection:
        session = PsycopgSession(connection)
        session.execute("create type mood as enum ('calm', 'wild'); create domain positive as int check (value > 0)")
        session.execute(f"create table {table}")
        if good:
            session.execute(f"insert into t values {good}")
        before = read_snapshot(session)
        session.execute("savepoint good")
        session.execute(change)
        demands = Reader(session, before, read_snapshot(session)).read()
        session.execute("rollback to savepoint good")
        probes = [demand.probe for demand in demands if demand.probe.server <= connection.info.server_version]
        assert [(a.count, a.error) for a in ask(session, probes)] == [(0, "")] * len(probes)
        session.execute(f"insert into t values {bad}")
        answers = ask(session, probes)
        assert sorted({key for a in answers for key in a.examples}) == keys
        assert case.split(maxsplit=1)[0] in {a.probe.code for a in answers if a.count}
        with pytest.raises(psycopg.Error):
            session.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "alter table t rename a to b",
        "alter table t alter a type text",
        "alter table t alter n type bigint",
        "alter table t alter n type numeric(12, 0)",
        "alter table t add unique (a) , drop constraint t_a_key",
        "alter table t add b int not null default 1, add c int generated always as identity",
        "alter type mood rename value 'calm' to 'quiet'; alter type mood add value 'new'",
        "alter table t add constraint c check (n > 0) not valid",
        "alter table t drop constraint t_up_fkey, add constraint c foreign key (up) references t on delete set null deferrable",
        "create table u (id int primary key, t int references t)",
    ],
)
def test_what_every_row_meets_is_not_asked(database: ScratchDatabase, change: str) -> None:
    with database.connect() as connection:
        session = PsycopgSession(connection)
        session.execute(
            "create type mood as enum ('calm', 'wild'); create table t (id int primary key, a varchar(5) unique, n int, m mood, "
            "up int references t)"
        )
        before = read_snapshot(session)
        session.execute(change)
        assert Reader(session, before, read_snapshot(session)).read() == []


def test_a_transaction_goes_on_after_questions(database: ScratchDatabase) -> None:
    database.run(
        "create table t (id int primary key, secret text); insert into t select i from generate_series(1, 9) as i"
    )
    probe = Probe(
        code="null", kind="column", subject="public.t.a", table="public.t", demand="public.t.a takes no NULL",
        query="SELECT id::text FROM public.t WHERE id > 2",
    )  # fmt: skip
    writing = Probe(**{**probe.to_json(), "query": "SELECT pg_catalog.nextval('s')::text"})
    slow = Probe(**{**probe.to_json(), "query": "SELECT pg_catalog.pg_sleep(9)::text"})
    newer = Probe(**{**probe.to_json(), "server": 990000})
    with database.connect() as connection:
        session = PsycopgSession(connection)
        session.execute("create sequence s; set local statement_timeout = '8s'")
        found = ask(session, [probe, writing, slow, newer], seconds=0.2)
        assert [a.count for a in found] == [7, None, None, None]
        assert found[0] == Answer(probe=probe, count=7, examples=("3", "4", "5", "6", "7"))
        assert found[0].sentence == "7 rows of public.t hold NULL (3, 4, 5, 6, 7, …), and public.t.a takes no NULL"
        assert "read-only" in found[1].error
        assert found[2].error == "it took longer than 0.2 s"
        assert found[3].sentence == "public.t could not be asked for rows that hold NULL: the server is older than 99"
        session.execute("insert into t values (10)")
        assert session.fetch("show statement_timeout") == [("8s",)]


def test_rows_that_a_role_may_not_see_are_not_passed_over(database: ScratchDatabase) -> None:
    database.run(
        "create table t (id int primary key); insert into t values (1); alter table t enable row level security"
    )
    database.server.ensure_roles(["alembic_safety_reader"])
    database.run("grant select on t to alembic_safety_reader")
    probe = Probe(
        code="check",
        kind="constraint",
        subject="c",
        table="public.t",
        demand="d",
        query="SELECT id::text FROM public.t",
    )
    with database.connect() as connection:
        session = PsycopgSession(connection)
        session.execute("set local role alembic_safety_reader")
        (answer,) = ask(session, [probe])
    assert answer.count is None
    assert "row-level security" in answer.error
