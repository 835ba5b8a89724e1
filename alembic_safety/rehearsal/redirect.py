"""Lead whatever a project's env.py connects to over to the scratch database, and prove it before a statement runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import RehearsalError
from alembic_safety.postgres.server import Terminated
from alembic_safety.rehearsal.failure import why_env_failed
from alembic_safety.rehearsal.search_path import set_for_session
from alembic_safety.rehearsal.several import DATABASE, Places, SeveralDatabases

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import URL


def run_environment(
    config: Config,
    script: ScriptDirectory,
    places: Places,
    work: Callable[[MigrationContext, Mapping[str, Any]], None],
) -> None:
    """Run the project's env.py once, connected to scratch databases whatever it is configured for, and do ``work`` where it runs migrations.

    :param work: gets the context, and the arguments that env.py gave to ``context.run_migrations()``.
    :raises RehearsalError: env.py fails, connects past the redirection, or never gets to running migrations.
    :raises SeveralDatabases: it runs migrations more than once, and ``places`` has but one database.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.util import CommandError

    done: list[Any] = []
    at_work = False

    def migrations(_heads: Any, context: MigrationContext) -> list[Any]:
        nonlocal at_work
        if done and not places.are_several:
            raise SeveralDatabases
        name = None if context.connection is None else context.connection.info.get(DATABASE)
        if context.connection is not None and name not in places.names:
            raise RehearsalError(
                "env.py hands over a connection that was open before the rehearsal, and which leads to another database: "
                "let it connect by an engine when it runs"
            )
        run = (name, context.version_table_schema, context.version_table)
        if run in done:
            raise RehearsalError(
                f"env.py runs migrations more than once in the same database and version table ({_call(arguments)}): "
                "let each have its own version_table_schema or version_table"
            )
        done.append(run)
        at_work = True
        work(context, dict(arguments))
        at_work = False
        return []

    environment = EnvironmentContext(
        config, script, fn=migrations, as_sql=False, starting_rev=None, destination_rev="heads", tag=None
    )
    arguments: dict[str, Any] = {}
    run_migrations = environment.run_migrations

    def noted(**given: Any) -> None:
        arguments.clear()
        arguments.update(given)
        run_migrations(**given)

    environment.run_migrations = noted  # type: ignore[method-assign]  # Alembic hands them to no function of ours
    with _redirected(places), _configured(config, places.first), environment:
        try:
            script.run_env()
        except (CommandError, Terminated, SeveralDatabases):
            raise
        except SystemExit as end:
            raise RehearsalError(f"env.py ended the process: {end.code}") from end
        except Exception as error:
            if at_work:
                raise
            raise RehearsalError(why_env_failed(error, Path(script.dir) / "env.py")) from error
    if not done:
        raise RehearsalError("env.py ended without running migrations: it must call context.run_migrations()")


def _call(arguments: Mapping[str, Any]) -> str:
    return f"run_migrations({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


@contextmanager
def _configured(config: Config, url: URL) -> Iterator[None]:
    """The scratch database's URL in every place that an env.py commonly reads; the old values afterwards."""
    section = config.config_ini_section
    old = config.get_main_option("sqlalchemy.url")
    text = _like(old, url)
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


def _text(url: URL) -> str:
    """The URL as text: without a percent sign, if it can be, for every env.py that puts DATABASE_URL into an ini option."""
    return url.render_as_string(hide_password=False).replace("%2F", "/")


def _like(old: str | None, url: URL) -> str:
    """``url`` with the driver that the project uses (an async env.py needs an async one) and the settings that its URL makes."""
    theirs = _parsed(old)
    if theirs is not None and (theirs.drivername.startswith("postgresql+") or _has_usual_driver(theirs)):
        url = url.set(drivername=theirs.drivername)
    return _text(_with_settings_of(theirs, url))


def _has_usual_driver(url: URL) -> bool:
    """Whether a URL names no driver, and the one that SQLAlchemy takes then (psycopg2 before 2.1) is installed: it is what production has."""
    if url.drivername != "postgresql":
        return False
    try:
        url.get_dialect().import_dbapi()
    except ImportError:
        return False
    return True


def _parsed(text: str | None) -> URL | None:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(text) if text else None
    except (ArgumentError, ValueError):
        return None


def _with_settings_of(theirs: URL | None, url: URL) -> URL:
    """``url`` with the session settings that theirs makes (a search_path, for example): migrations rely on them."""
    if theirs is None or "options" not in theirs.query:
        return url
    return url.update_query_dict({"options": theirs.query["options"]})


@contextmanager
def _redirected(places: Places) -> Iterator[None]:
    """Reroute every connection that SQLAlchemy opens meanwhile, and check where each one arrived."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.exc import DisconnectionError
    from sqlalchemy.pool import Pool

    def reroute(dialect: Any, _record: Any, cargs: list[Any], cparams: dict[str, Any]) -> None:
        if dialect.name != "postgresql":
            raise RehearsalError(f"env.py connects to {dialect.name}: only PostgreSQL projects can be rehearsed")
        args, parameters = dialect.create_connect_args(places.of(cargs, cparams))
        cargs[:] = args
        # What says where to and as whom comes from us; what says how (timeouts, statement caches) stays the project's.
        for name in _PLACES:
            cparams.pop(name, None)
        cparams.update(parameters)
        set_for_session(dialect.driver, cparams, places.search_path)

    def check(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        try:
            cursor.execute("SELECT pg_catalog.current_database()")
            name = cursor.fetchone()[0]
        finally:
            cursor.close()
        connection.rollback()
        record.info[DATABASE] = name
        if name not in places.names:
            connection.close()
            raise RehearsalError(
                f"env.py connected to database {name!r} and not to the scratch database: let it take its URL from "
                "sqlalchemy.url or DATABASE_URL (an engine with its own 'creator' cannot be redirected)"
            )

    def renew(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get(DATABASE) not in places.names:
            raise DisconnectionError("a pool's connection from before the rehearsal")  # the pool opens another one

    listeners: tuple[tuple[Any, str, Callable[..., None]], ...] = (
        (Engine, "do_connect", reroute),
        (Pool, "connect", check),
        (Pool, "checkout", renew),
    )
    if event.contains(Pool, "checkout", _leave_behind):
        event.remove(Pool, "checkout", _leave_behind)
    for listener in listeners:
        event.listen(*listener)
    try:
        yield
    finally:
        for listener in listeners:
            event.remove(*listener)
        event.listen(Pool, "checkout", _leave_behind)


def _leave_behind(_connection: Any, record: Any, _proxy: Any) -> None:
    """After a rehearsal within an application: its pools give out no connection to a scratch database."""
    from sqlalchemy.exc import DisconnectionError

    if DATABASE in record.info:
        raise DisconnectionError("a pool's connection to a scratch database")


#: Connection parameters of psycopg, psycopg2 and asyncpg that say where to connect and as whom.
_PLACES = (
    "host", "hostaddr", "port", "user", "username", "password", "passfile", "dbname", "database", "dsn", "service",
    "sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "direct_tls", "channel_binding", "gssencmode",
    "target_session_attrs", "krbsrvname", "require_auth",
)  # fmt: skip
