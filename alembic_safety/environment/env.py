"""The packaged environment: each revision in a transaction of its own, on the database that the user names."""

from __future__ import annotations

from logging.config import fileConfig
from typing import Any

from alembic import context
from sqlalchemy import engine_from_config, pool

from alembic_safety import hooks
from alembic_safety.environment.database import database_url

config = context.config

if config.config_file_name is not None and config.file_config.has_section("loggers"):
    fileConfig(config.config_file_name, disable_existing_loggers=False)


def options() -> dict[str, Any]:
    """What online and offline mode share; the version table's place is taken from the configuration file."""
    chosen: dict[str, Any] = {"target_metadata": None, "transaction_per_migration": True}
    for name in ("version_table", "version_table_schema"):
        value = config.get_main_option(name)
        if value:
            chosen[name] = value
    return chosen


def run_offline() -> None:
    """Print SQL; no database is needed."""
    context.configure(dialect_name="postgresql", literal_binds=True, dialect_opts={"paramstyle": "named"}, **options())
    with context.begin_transaction():
        context.run_migrations()


def run_on(connection: Any) -> None:
    """Run the migrations on a connection."""
    context.configure(connection=connection, **hooks.options(**options()))
    hooks.run(context)  # type: ignore[arg-type]  # the module stands for the EnvironmentContext


def run_online() -> None:
    """Connect, or take the connection that the caller put into ``config.attributes``, and run the migrations."""
    given = config.attributes.get("connection")
    if given is not None:
        run_on(given)
        return
    section = config.get_section(config.config_ini_section) or {}
    url = database_url(config, context.get_x_argument(as_dictionary=True))
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool, url=url)
    with engine.connect() as connection:
        run_on(connection)


if context.is_offline_mode():
    run_offline()
else:
    run_online()
