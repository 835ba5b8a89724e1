import os

import pytest
from alembic.config import Config
from sqlalchemy import make_url

from alembic_safety.rehearsal.redirect import _configured, _like


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg"])
def test_an_environment_variable_that_was_not_set_gets_the_driver_of_the_option(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    config = Config()
    config.set_main_option("sqlalchemy.url", f"postgresql+{driver}://nobody@localhost/none")
    with _configured(config, make_url("postgresql+psycopg://rehearsal@/scratch?host=/tmp")):
        assert os.environ["DATABASE_URL"] == f"postgresql+{driver}://rehearsal@/scratch?host=/tmp"
        assert config.get_main_option("sqlalchemy.url") == os.environ["DATABASE_URL"]
    assert "DATABASE_URL" not in os.environ
    assert config.get_main_option("sqlalchemy.url") == f"postgresql+{driver}://nobody@localhost/none"


@pytest.mark.parametrize(("is_installed", "driver"), [(True, "postgresql"), (False, "postgresql+psycopg")])
def test_a_url_without_a_driver_gets_the_one_that_production_has(
    is_installed: bool, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = make_url("postgresql://u@h/db")

    def import_dbapi() -> None:
        if not is_installed:
            raise ImportError

    monkeypatch.setattr(plain.get_dialect(), "import_dbapi", import_dbapi)
    found = _like("postgresql://u@h/db", make_url("postgresql+psycopg://scratch@/x"))
    assert make_url(found).drivername == driver
