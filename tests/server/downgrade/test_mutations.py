"""The proof is proven: a good downgrade with one statement left out or changed must not pass."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from alembic_safety.downgrade.compare import Tier, differences
from alembic_safety.downgrade.statement import Statement
from alembic_safety.downgrade.synthesize import synthesize
from alembic_safety.downgrade.workbench import SessionWorkbench
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.server import Server
from alembic_safety.postgres.session import PsycopgSession
from tests.conftest import ScratchDatabase
from tests.support.cases import CREATE_ROLES, Case, load

#: What may be left out: copying rows, settings around a statement, the promise of a type (a function that names it makes that).
_SCHEMALESS = re.compile(r"INSERT INTO|SELECT |SET LOCAL|RESET ROLE|REFRESH |CREATE TYPE [\w.]+$")
#: Changes that make another schema (or none at all) of a statement.
_CHANGES = (
    (re.compile(r"\binteger\b"), "smallint"),
    (re.compile(r"(?<!:)\btext\b(?!\))"), "name"),
    (re.compile(r" SET NOT NULL\b"), " DROP NOT NULL"),
    (re.compile(r"\bUNIQUE\b"), ""),
    (re.compile(r" ON DELETE \w+"), ""),
    (re.compile(r"(DEFAULT|IS) '"), r"\1 'x"),
    (re.compile(r"\b(ENABLE|DISABLE)\b"), lambda m: {"ENABLE": "DISABLE", "DISABLE": "ENABLE"}[m[1]]),
    (re.compile(r"\bGRANT (\w+) ON"), "REVOKE \\1 ON"),
    (re.compile(r" TO (\w+)$"), r" TO \1_x"),
    (re.compile(r" > "), " < "),
    (re.compile(r" VALIDATE "), " DROP "),
)
#: Names that make room matter to nobody; grants made again would come in this order anyway.
_EXEMPT = ("range_altered", "grant_order_visible")
CASES = [
    case
    for number, case in enumerate(load())
    if case.marks.get("order") != "column" and number % 3 == 0 and case.name not in _EXEMPT
]


def mutants(statements: tuple[Statement, ...]) -> Iterator[tuple[str, list[str]]]:
    """The script with one statement left out, and with one changed."""
    texts = [s.sql for s in statements]
    for number, text in enumerate(texts):
        if _SCHEMALESS.match(text):
            continue
        # A default goes before its column's type changes, which it may not survive; where it would, it is set again all the same.
        column = text.removesuffix("DROP DEFAULT")
        if column != text and any(later.startswith(f"{column}SET DEFAULT ") for later in texts[number + 1 :]):
            continue
        yield f"without: {text}", [*texts[:number], *texts[number + 1 :]]
        for pattern, replacement in _CHANGES:
            changed = pattern.sub(replacement, text, count=1)  # type: ignore[arg-type]
            if changed != text:
                yield f"changed: {changed}", [*texts[:number], changed, *texts[number + 1 :]]


def passes(bench: SessionWorkbench, script: list[str], before: Snapshot) -> bool:
    """What the proof says of a script: it runs, and nothing differs but the order of columns."""
    with bench.savepoint():
        try:
            for text in script:
                bench.execute(text)
            return all(d.tier is Tier.COLUMN_ORDER for d in differences(before, bench.snapshot()))
        except psycopg.Error:
            return False


def survivors(case: Case, session: PsycopgSession) -> tuple[int, list[str]]:
    """How many mutants there were, and those that passed."""
    session.execute(case.old)
    before = read_snapshot(session)
    session.execute(case.new)
    bench = SessionWorkbench(session)
    found = synthesize(before, read_snapshot(session), bench)
    assert passes(bench, [s.sql for s in found.statements], before)
    made = list(mutants(found.statements))
    return len(made), [label for label, script in made if passes(bench, script, before)]


@pytest.fixture(scope="module")
def roles(pg_server: Server) -> None:
    with psycopg.connect(pg_server.conninfo("postgres"), autocommit=True) as connection:
        PsycopgSession(connection).execute(CREATE_ROLES)


def test_every_mutant_is_refused(pg_server: Server, database: ScratchDatabase, roles: None) -> None:
    if pg_server.version_num < 180000:
        pytest.skip("once is enough: the proof is the same on every major")
    total, passed = 0, []
    with database.connect() as connection:
        for case in CASES:
            if not case.reason_to_skip(connection):
                count, alive = survivors(case, PsycopgSession(connection))
                total += count
                passed += [f"{case.name}: {label}" for label in alive]
            connection.rollback()
    assert not passed
    assert total >= 500
