"""Each check before an upgrade by itself: what it finds, what it doesn't, and what the settings make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from alembic.script import ScriptDirectory

from alembic_safety.errors import GuardError
from alembic_safety.guard.preflight.records import Line, Result, State, state_of
from alembic_safety.guard.preflight.run import CHECKS, enforce, run_checks
from alembic_safety.guard.preflight.target import Pending, Target
from alembic_safety.model.probe import Probe
from alembic_safety.postgres.session import PsycopgSession
from alembic_safety.rehearsal.activity import Activity
from alembic_safety.rehearsal.certificate import Certificate, Grade, Proof, Status
from alembic_safety.revisions.chain import chain_of
from alembic_safety.settings import Settings
from tests.conftest import ScratchDatabase
from tests.support.project import Project

pytestmark = pytest.mark.server

ALTER = Activity(sql="ALTER TABLE t ADD COLUMN m int", locks={"public.t": "AccessExclusiveLock"})
REWRITE = Activity(
    sql="ALTER TABLE t ALTER n TYPE bigint",
    locks={"public.t": "AccessExclusiveLock"},
    rewrites=("public.t",),
    scans=("public.t",),
)
CONCURRENTLY = Activity(
    sql="CREATE INDEX CONCURRENTLY t_n ON t (n)",
    locks={"public.t": "ShareUpdateExclusiveLock"},
    scans=("public.t",),
    in_transaction=False,
)
NULLS = Probe(
    code="null",
    kind="column",
    subject="public.t.n",
    table="public.t",
    demand="public.t.n takes no NULL",
    query="SELECT id::text FROM public.t WHERE n IS NULL",
    seen=True,
)


def revision(
    *activity: Activity, name: str = "a1", closure: dict[str, str] | None = None, probes: tuple[Probe, ...] = ()
) -> Pending:
    proof = Proof(before={}, after={}, restored="identical", again=True, activity=activity, closure=closure or {})
    certificate = Certificate(revision=name, key="k", grade=Grade.EXACT, proofs={"18": proof}, probes=probes)
    return Pending(id=name, title="", revision=None, status=Status.VALID, certificate=certificate, proof=proof)


@pytest.fixture
def session(database: ScratchDatabase) -> Iterator[PsycopgSession]:
    database.run(
        "create table t (id int primary key, n int); insert into t select i, i from generate_series(1, 1000) i"
    )
    with database.connect() as connection:
        yield PsycopgSession(connection)


def target(session: PsycopgSession, *pending: Pending, **settings: object) -> Target:
    return Target(session=session, settings=replace(Settings(), **settings), pending=pending)


def look(check: str, target: Target) -> list[Line]:
    return list(CHECKS[check](target))


def test_a_quiet_database_has_nothing_to_say(session: PsycopgSession) -> None:
    results = run_checks(target(session, revision(REWRITE, CONCURRENTLY)))
    assert [r.check for r in results] == list(CHECKS)
    assert {r.state for r in results} == {State.OK}
    enforce(results)


def test_locks_name_who_holds_them(session: PsycopgSession, database: ScratchDatabase) -> None:
    with database.connect() as holder:
        holder.execute("set application_name = 'the reporter'")
        holder.execute("select count(*) from t")
        assert look("locks", target(session, revision(ALTER))) == []  # it has only just begun
        holder.execute("select pg_sleep(2.1)")
        (line,) = look("locks", target(session, revision(ALTER)))
        assert "public.t (AccessShareLock) is held by process" in line.text
        assert "application 'the reporter'" in line.text
        assert "idle in transaction" in line.text
        assert not line.sure
        reading = replace(ALTER, locks={"public.t": "ShareLock"})
        assert look("locks", target(session, revision(reading))) == []


def test_prepared_transactions_are_in_the_way(session: PsycopgSession, database: ScratchDatabase) -> None:
    with database.connect() as other:
        other.execute("lock table t in share mode")
        other.execute("prepare transaction 'forgotten''one'")
    try:
        (line,) = look("prepared", target(session, revision(ALTER)))
        assert "holds a lock on public.t" in line.text
        assert "ROLLBACK PREPARED 'forgotten''one'" in line.remedy
        (line,) = look("prepared", target(session, revision(CONCURRENTLY)))
        assert look("prepared", target(session, revision(replace(ALTER, locks={})))) == []
    finally:
        with database.connect(autocommit=True) as other:
            other.execute("rollback prepared 'forgotten''one'")


def test_connections(session: PsycopgSession, database: ScratchDatabase) -> None:
    assert look("connections", target(session)) == []
    database.run(f"alter database {database.name} connection limit 3")
    (line,) = look("connections", target(session))
    assert f"database {database.name} leaves" in line.text


def test_writable(session: PsycopgSession) -> None:
    assert look("writable", target(session)) == []
    session.execute("set local default_transaction_read_only = on")
    (line,) = look("writable", target(session))
    assert line.sure
    session.execute("set local default_transaction_read_only = off")


def test_rows_are_counted_and_an_earlier_revision_may_put_them_right(session: PsycopgSession) -> None:
    session.execute("insert into t values (-1, null), (-2, null)")
    (line,) = look("rows", target(session, revision(probes=(NULLS,))))
    assert line.text == "revision a1: 2 rows of public.t hold NULL (-1, -2), and public.t.n takes no NULL"
    assert line.sure
    backfill = revision(
        replace(ALTER, locks={"public.t": "RowExclusiveLock"}), name="a0"
    )  # without a file: nobody knows
    (line,) = look("rows", target(session, backfill, revision(probes=(NULLS,))))
    assert not line.sure
    (line,) = look("rows", target(session, revision(probes=(replace(NULLS, seen=False),))))
    assert not line.sure
    session.execute("delete from t where n is null")
    assert look("rows", target(session, revision(probes=(NULLS,)))) == []


def test_privileges_of_a_role_that_owns_nothing(session: PsycopgSession, database: ScratchDatabase) -> None:
    role = f"{database.name}_app"
    session.execute(f"create role {role}; create schema app; grant usage on schema app to {role}")
    changed = revision(
        ALTER,
        closure={
            "column public.t.m": "- 5",
            "table app.new": "- 6",
            "table public.t": "1",
            "constraint public.t.t_pkey": "1 -",
        },
    )
    assert look("privileges", target(session, changed)) == []  # a superuser
    session.execute(f"set local role {role}")
    found = look("privileges", target(session, changed))
    assert [line.text.partition(":")[0] for line in found] == [
        f"public.t belongs to {database.url.username}, and {role} is no member of that role",
        f"{role} may not create anything in schema app",
    ]
    made = revision(closure={"schema extra": "- 1", "table extra.new": "- 6"})
    (line,) = look("privileges", target(session, made))
    assert "may not create schema extra in this database" in line.text
    session.execute(
        f"reset role; grant create on schema app to {role}; alter table t owner to {role}; set local role {role}"
    )
    assert look("privileges", target(session, changed)) == []
    session.execute("reset role")


def test_privileges_on_what_inherits_a_column(session: PsycopgSession, database: ScratchDatabase) -> None:
    role, other = f"{database.name}_app", f"{database.name}_cron"
    session.execute(
        f"create role {role}; create role {other}; grant usage, create on schema public to {role}; "
        "create table p (id int, n int) partition by range (id); create table p_1 partition of p for values from (0) to (9); "
        "create table p_2 partition of p for values from (9) to (19) partition by list (id); "
        "create table p_2_9 partition of p_2 for values in (9); "
        f"alter table p owner to {role}; alter table p_1 owner to {role}; alter table p_2 owner to {role}; alter table p_2_9 owner to {other}"
    )

    def of(sql: str, **closure: str) -> list[str]:
        lock = Activity(sql=sql, locks={"public.p": "AccessExclusiveLock"})
        names = {name.replace("_", " ", 1).replace("__", "."): pair for name, pair in closure.items()}
        found = look("privileges", target(session, revision(lock, closure=names)))
        assert all(line.sure for line in found)
        return [line.text for line in found]

    session.execute(f"set local role {role}")
    # Each time the server says the same.
    for sql, closure, fails in (
        ("alter table p add m int", {"column_public__p__m": "- 1"}, True),
        ("alter table p alter n type bigint", {"column_public__p__n": "1 2"}, True),
        ("create index on p (n)", {"index_public__p_n_idx": "- 1"}, False),
        ("alter table p alter n set statistics 5", {}, False),
        ("drop table p", {"table_public__p": "1 -", "column_public__p__n": "1 -"}, False),
    ):
        expected = f"public.p_2_9, a partition of public.p, belongs to {other}, and {role} is no member of that role"
        assert [text.partition(":")[0] for text in of(sql, **closure)] == ([expected] if fails else [])
        if fails:
            session.execute("savepoint s")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="p_2_9"):
                session.execute(sql)
            session.execute("rollback to s")
    # A member that does not inherit may do it only after SET ROLE.
    session.execute(f"reset role; alter role {role} noinherit; grant {other} to {role}; set local role {role}")
    (text,) = of("alter table p add m int", column_public__p__m="- 1")
    assert f"belongs to {other}, whose rights {role} does not inherit" in text
    session.execute(
        f"reset role; alter role {role} inherit; revoke {other} from {role}; grant {other} to {role}; set local role {role}"
    )
    assert of("alter table p add m int", column_public__p__m="- 1") == []
    session.execute("alter table p add m int; reset role")


def test_privileges_on_types_and_routines(session: PsycopgSession, database: ScratchDatabase, tmp_path: Path) -> None:
    role = f"{database.name}_app"
    session.execute(
        f"create role {role}; grant usage, create on schema public to {role}; create type mood as enum ('ok'); "
        "create function f(int) returns int language sql as 'select 1'"
    )
    project = Project.new(tmp_path)
    project.sql(
        "a1",
        "alter type mood add value 'bad'; create or replace function f(int) returns int language sql as 'select 2'",
        "",
    )
    (one,) = chain_of(ScriptDirectory.from_config(project.config)).revisions
    closure = {"enum public.mood": "1 2", "function public.f(integer)": "1 2"}
    pending = replace(revision(closure=closure), revision=one)
    session.execute(f"set local role {role}")
    texts = [line.text for line in look("privileges", target(session, pending))]
    assert [text.partition(" belongs to ")[0] for text in texts] == ["function public.f(integer)", "type public.mood"]
    session.execute(
        f"reset role; alter type mood owner to {role}; alter function f owner to {role}; set local role {role}"
    )
    assert look("privileges", target(session, pending)) == []
    session.execute("reset role")


def test_a_publication_of_others_that_a_dropped_table_could_not_come_back_to(
    session: PsycopgSession, database: ScratchDatabase
) -> None:
    role = f"{database.name}_app"
    session.execute(
        f"create role {role}; create table u (n int); create publication ours for table t; set local role {role}"
    )
    gone = revision(closure={"table public.t": "1 -", "table public.u": "1 -"})
    (line,) = look("way_back", target(session, gone))
    assert f"drops table public.t out of publication ours, and {role} could not put it back" in line.text
    session.execute(f"reset role; grant {database.url.username} to {role}; set local role {role}")
    assert look("way_back", target(session, gone)) == []
    session.execute("reset role")


def test_disk_says_what_is_needed(session: PsycopgSession, monkeypatch: pytest.MonkeyPatch) -> None:
    one = target(session, revision(REWRITE))
    assert look("disk", one) == []
    monkeypatch.setattr("alembic_safety.guard.preflight.disk._WORTH_SAYING", 10_000)
    (line,) = look("disk", one)
    assert line.note
    assert "cannot be seen from here" in line.text
    monkeypatch.setattr("alembic_safety.guard.preflight.disk._free", lambda _: 90_000)
    (line,) = look("disk", one)
    assert not line.sure
    monkeypatch.setattr("alembic_safety.guard.preflight.disk._free", lambda _: 10)
    (line,) = look("disk", one)
    assert line.sure


def test_a_slot_that_nobody_uses(session: PsycopgSession, monkeypatch: pytest.MonkeyPatch) -> None:
    session.connection.rollback()
    slot = "alembic_safety_slot"
    session.fetch("select pg_create_physical_replication_slot(%s, true)", (slot,))
    try:
        assert look("replication", target(session, revision(ALTER))) == []
        monkeypatch.setattr("alembic_safety.guard.preflight.replication._KEPT", -1)
        (line,) = look("replication", target(session, revision(ALTER)))
        assert slot in line.text
    finally:
        session.fetch("select pg_drop_replication_slot(%s)", (slot,))
        session.connection.rollback()


def test_no_check_waits_for_a_lock_or_writes(session: PsycopgSession, database: ScratchDatabase) -> None:
    with database.connect() as holder:
        holder.execute("lock table t in access exclusive mode")
        results = {r.check: r.state for r in run_checks(target(session, revision(REWRITE)))}
        assert set(results.values()) == {State.OK}
    session.execute("create table u ()")  # the transaction may write again


def test_a_check_cannot_write(session: PsycopgSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def writes(target: Target) -> Iterator[Line]:
        target.session.execute("create table u ()")
        yield Line(text="never")

    monkeypatch.setitem(CHECKS, "disk", writes)
    (line,) = next(r.lines for r in run_checks(target(session)) if r.check == "disk")
    assert "read-only transaction" in line.text


def test_a_check_that_takes_too_long_is_unknown(session: PsycopgSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(target: Target) -> Iterator[Line]:
        target.session.fetch("select pg_sleep(5)")
        yield Line(text="never")

    monkeypatch.setitem(CHECKS, "disk", slow)
    results = {r.check: r for r in run_checks(target(session, check_timeout=0.2))}
    assert results["disk"].state is State.UNKNOWN
    assert "longer than 0.2 s" in results["disk"].lines[0].text
    session.execute("select 1")


def test_what_the_settings_make_of_it(session: PsycopgSession) -> None:
    sure, unsure, note = Line(text="a", sure=True), Line(text="b"), Line(text="c", note=True)
    table = {
        ((), "auto"): State.OK,
        ((note,), "refuse"): State.NOTE,
        ((unsure,), "auto"): State.WARN,
        ((unsure, sure), "auto"): State.REFUSE,
        ((sure,), "warn"): State.WARN,
        ((unsure,), "refuse"): State.REFUSE,
    }
    assert {key: state_of(*key) for key in table} == table
    session.execute("set local default_transaction_read_only = on")
    off = run_checks(target(session, checks=(("writable", "off"),)))
    assert next(r.state for r in off if r.check == "writable") is State.OFF
    with pytest.raises(GuardError, match=r"(?s)nothing was changed:.*-x safety.checks=writable=warn") as refused:
        enforce(run_checks(target(session)))
    assert "migrate as another role" in str(refused.value)
    enforce([Result(check="x", state=State.WARN, lines=(sure,))])
    session.execute("set local default_transaction_read_only = off")


def test_a_role_without_rights_to_look(session: PsycopgSession, database: ScratchDatabase) -> None:
    role = f"{database.name}_plain"
    session.execute(f"create role {role}; alter table t owner to {role}")
    with database.connect() as holder:
        session.connection.commit()
        holder.execute("select count(*) from t")
        session.execute(f"set role {role}")
        results = {r.check: r for r in run_checks(target(session, revision(ALTER, CONCURRENTLY)))}
        assert results["locks"].state is State.WARN  # its age can't be seen, and it is there a moment later
        assert {r.state for n, r in results.items() if n != "locks"} <= {State.OK, State.NOTE}
        session.execute("reset role")


def test_room_for_the_backup(session: PsycopgSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = target(session, revision(ALTER), backup="full", backup_dir=tmp_path / "not" / "there")
    assert look("disk", one) == []
    monkeypatch.setattr("alembic_safety.guard.preflight.disk.shutil.disk_usage", lambda _: SimpleNamespace(free=1))
    (line,) = look("disk", one)
    assert "the backup needs up to" in line.text
    assert not line.sure


def test_where_a_way_back_would_end(session: PsycopgSession) -> None:
    grades = {"a1": Grade.EXACT, "a2": Grade.IRREVERSIBLE, "a3": Grade.INEXACT}
    pending = []
    for name, grade in grades.items():
        one = revision(name=name)
        proof = replace(one.proof, grade=grade.value)
        certificate = replace(one.certificate, grade=grade, reasons=("the sky is blue",))
        pending.append(replace(one, certificate=certificate, proof=proof))
    up = look("reversible", target(session, *pending))
    assert [(line.text, line.note) for line in up] == [("revision a2 can't be taken back: the sky is blue", True)]
    down = look("reversible", replace(target(session, *reversed(pending)), is_upgrade=False))
    assert [(line.text, line.sure) for line in down] == [
        ("the downgrade of revision a3 leaves a difference: the sky is blue", False),
        ("revision a2 can't be taken back: the sky is blue", True),
    ]
