"""Lead whatever a project's env.py connects to over to the scratch database, and prove it before a statement runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import RehearsalError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import URL


def run_environment(
    config: Config, script: ScriptDirectory, url: URL, work: Callable[[MigrationContext], None]
) -> None:
    """Run the project's env.py once, connected to ``url`` whatever it is configured for, and do ``work`` where it runs migrations.

    :raises RehearsalError: env.py connects past the redirection, or never gets to running migrations.
    """
    from alembic.runtime.environment import EnvironmentContext

    calls = 0

    def migrations(_heads: Any, context: MigrationContext) -> list[Any]:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise RehearsalError(
                "env.py runs migrations more than once (several databases in one project): "
                "rehearse one at a time, with a configuration that names one database"
            )
        work(context)
        return []

    with (
        _redirected(url),
        _configured(config, url),
        EnvironmentContext(config, script, fn=migrations, as_sql=False, destination_rev="heads"),
    ):
        script.run_env()
    if not calls:
        raise RehearsalError("env.py ended without running migrations: it must call context.run_migrations()")


@contextmanager
def _configured(config: Config, url: URL) -> Iterator[None]:
    """The scratch database's URL in every place that an env.py commonly reads; the old values afterwards."""
    text = url.render_as_string(hide_password=False)
    section = config.config_ini_section
    old = config.get_main_option("sqlalchemy.url")
    config.set_main_option("sqlalchemy.url", _like(old, url).replace("%", "%%"))
    before = {name: os.environ.get(name) for name in _VARIABLES}
    for name in _VARIABLES:
        if name == "DATABASE_URL" or before[name]:
            os.environ[name] = _like(before[name], url) if before[name] else text
    given = config.attributes.pop("connection", None)
    try:
        yield
    finally:
        if given is not None:
            config.attributes["connection"] = given
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if old is None:
            config.file_config.remove_option(section, "sqlalchemy.url")
        else:
            config.set_main_option("sqlalchemy.url", old.replace("%", "%%"))


_VARIABLES = ("DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_DATABASE_URL", "DB_URL", "POSTGRES_URL")


def _like(old: str | None, url: URL) -> str:
    """``url`` with the driver that the project uses (an async env.py needs an async one)."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        driver = make_url(old).drivername if old else ""
    except (ArgumentError, ValueError):
        driver = ""
    if driver.startswith("postgresql+"):
        url = url.set(drivername=driver)
    return url.render_as_string(hide_password=False)


@contextmanager
def _redirected(url: URL) -> Iterator[None]:
    """Reroute every connection that SQLAlchemy opens meanwhile, and check where each one arrived."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import Pool

    def reroute(dialect: Any, _record: Any, cargs: list[Any], cparams: dict[str, Any]) -> None:
        if dialect.name != "postgresql":
            raise RehearsalError(f"env.py connects to {dialect.name}: only PostgreSQL projects can be rehearsed")
        args, parameters = dialect.create_connect_args(url)
        cargs[:] = args
        # What says where to and as whom comes from us; what says how (timeouts, statement caches) stays the project's.
        for name in _PLACES:
            cparams.pop(name, None)
        cparams.update(parameters)

    def check(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        try:
            cursor.execute("SELECT pg_catalog.current_database()")
            name = cursor.fetchone()[0]
        finally:
            cursor.close()
        connection.rollback()
        if name != url.database:
            connection.close()
            raise RehearsalError(
                f"env.py connected to database {name!r} and not to the scratch database: let it take its URL from "
                "sqlalchemy.url or DATABASE_URL (an engine with its own 'creator' cannot be redirected)"
            )

    event.listen(Engine, "do_connect", reroute)
    event.listen(Pool, "connect", check)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", reroute)
        event.remove(Pool, "connect", check)


#: Connection parameters of psycopg, psycopg2 and asyncpg that say where to connect and as whom.
_PLACES = (
    "host", "hostaddr", "port", "user", "username", "password", "passfile", "dbname", "database", "dsn", "service",
    "sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "direct_tls", "channel_binding", "gssencmode",
    "target_session_attrs", "krbsrvname", "require_auth",
)  # fmt: skip
