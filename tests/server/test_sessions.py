"""Text reaches the server as it was written, by every driver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from alembic_safety.postgres.identifiers import KEYWORDS, quote_ident, quote_literal
from alembic_safety.postgres.session import PsycopgSession, Session, SqlalchemySession, sqlstate

DRIVERS = ["native", "psycopg", "psycopg2", "asyncpg"]
VERBATIM = r"100% %s %% %(x)s :name ::text $1 \ \n ?"


def _with_session(database, driver: str, check: Callable[[Session], None]) -> None:
    """Run ``check`` in a transaction of that driver, and commit it."""
    if driver == "native":
        with database.connect() as connection:
            check(PsycopgSession(connection))
        return
    pytest.importorskip(driver)
    url = database.url.set(drivername=f"postgresql+{driver}")
    if driver == "asyncpg":

        async def run() -> None:
            engine = create_async_engine(url)
            async with engine.begin() as connection:
                await connection.run_sync(lambda inner: check(SqlalchemySession(inner)))
            await engine.dispose()

        asyncio.run(run())
        return
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            check(SqlalchemySession(connection))
    finally:
        engine.dispose()


@pytest.mark.parametrize("driver", DRIVERS)
def test_text_arrives_as_written(database, driver: str) -> None:
    def check(session: Session) -> None:
        session.execute(
            f"CREATE TABLE t (a text); -- 50% :x %s\nINSERT INTO t VALUES ('{VERBATIM}'); SELECT 1; SELECT a FROM t"
        )
        for _ in range(8):  # beyond the point from which drivers prepare a statement
            session.execute("SELECT '%'; SELECT '%%'")
        assert session.fetch("SELECT a, '%' FROM t WHERE a LIKE '100%'") == [(VERBATIM, "%")]

    _with_session(database, driver, check)
    with database.connect() as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(VERBATIM,)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_parameters(database, driver: str) -> None:
    def check(session: Session) -> None:
        assert session.fetch("SELECT %s::text, '%%', %s::int", (VERBATIM, 7)) == [(VERBATIM, "%", 7)]
        assert session.fetch("SELECT 1 WHERE %s::text IS NOT NULL", (None,)) == []

    _with_session(database, driver, check)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("text", ["", "  \n", "-- only a comment", "/* 50% */ -- off\n;"])
def test_text_without_a_statement(database, driver: str, text: str) -> None:
    def check(session: Session) -> None:
        session.execute(text)
        assert session.fetch("SELECT 1") == [(1,)]

    _with_session(database, driver, check)


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_error_in_the_middle_undoes_the_transaction_and_tells_its_sqlstate(database, driver: str) -> None:
    def check(session: Session) -> None:
        session.execute("CREATE TABLE left_behind (); SELECT 1 / 0; CREATE TABLE never ()")

    with pytest.raises(Exception, match="division by zero") as caught:
        _with_session(database, driver, check)
    assert sqlstate(caught.value) == "22012"
    with database.connect() as connection:
        assert connection.execute("SELECT to_regclass('left_behind')").fetchone() == (None,)


def test_no_sqlstate() -> None:
    assert sqlstate(ValueError("x")) is None


def test_rows_are_tuples_whatever_the_connection_makes_of_them(database) -> None:
    from psycopg.rows import dict_row

    with database.connect() as connection:
        connection.row_factory = dict_row
        assert PsycopgSession(connection).fetch("SELECT 1, 'a'") == [(1, "a")]


def test_quoting_is_what_the_server_would_do(database) -> None:
    session = database.session()
    words = [row[0] for row in session.fetch("SELECT word FROM pg_get_keywords()")]
    names = [*words, *KEYWORDS, "Orders", "a b", 'q"q', "9x", "x9", "_x", "a$b", "straße", "A", "é", "ta\tb", "%s"]
    quoted = dict(session.fetch("SELECT n, quote_ident(n) FROM unnest(%s::text[]) AS n", (names,)))
    newer = {name for name in KEYWORDS if quoted[name] == name}  # reserved only in a later version: needless, harmless
    assert {name: quote_ident(name) for name in names if name not in newer} == {
        name: text for name, text in quoted.items() if name not in newer
    }
    texts = ["", "it's", "\\", "'\\'", "a\nb", "%s", "straße"]
    assert session.fetch("SELECT quote_literal(t) FROM unnest(%s::text[]) AS t", (texts,)) == [
        (quote_literal(t),) for t in texts
    ]
    session.connection.close()
