"""Which database the packaged environment chooses."""

from __future__ import annotations

import pytest
from alembic.config import Config

from alembic_safety.environment.database import database_url, psycopg_url
from alembic_safety.errors import UsageError


def chosen(
    monkeypatch: pytest.MonkeyPatch, *, x: str | None = None, env: str | None = None, ini: str | None = None
) -> str:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if env is not None:
        monkeypatch.setenv("DATABASE_URL", env)
    config = Config()
    if ini is not None:
        config.set_main_option("sqlalchemy.url", ini)
    return database_url(config, {} if x is None else {"url": x}).render_as_string(hide_password=False)


def test_the_nearest_place_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (f"postgresql+psycopg://h/{name}" for name in ("one", "two", "three"))
    assert chosen(monkeypatch, x=one, env=two, ini=three) == one
    assert chosen(monkeypatch, env=two, ini=three) == two
    assert chosen(monkeypatch, ini=three) == three
    assert chosen(monkeypatch, env="", ini=three) == three


def test_no_place_is_an_error_that_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no database is given: say 'alembic -x url=.*DATABASE_URL.*sqlalchemy.url"):
        chosen(monkeypatch)


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgres://u:p%40@h:5433/d?sslmode=require", "postgresql+psycopg"),
        ("postgresql://u:p%40@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg2"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg"),
    ],
)
def test_a_plain_url_gets_psycopg(given: str, driver: str) -> None:
    url = psycopg_url(given)
    assert url.drivername == driver
    assert given.endswith(url.render_as_string(hide_password=False).partition("://")[2])


def test_what_is_no_url_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError) as caught:
        psycopg_url("host=x password=secret", place="DATABASE_URL")
    assert "DATABASE_URL is not a database URL" in str(caught.value)
    assert "secret" not in str(caught.value)
