"""A project with the packaged environment, and a way to run it on a scratch database by every driver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config

DRIVERS = ("psycopg", "psycopg2", "asyncpg")

INI = """[alembic]
script_location = alembic_safety:environment
version_locations = %(here)s/versions
path_separator = os
"""

REVISION = '''"""{id}"""
from alembic import op

revision = {id!r}
down_revision = {down!r}


def upgrade() -> None:
{up}


def downgrade() -> None:
{down_body}
'''


class Project:
    """Revisions on disk, and Alembic's commands on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = folder / "versions"
        self.versions.mkdir()
        (folder / "alembic.ini").write_text(INI)
        self.config = Config(str(folder / "alembic.ini"))
        self.last: str | None = None

    def revision(self, identifier: str, up: str, down: str = "pass") -> Path:
        """Add a revision on the last one; the bodies are Python."""
        path = self.versions / f"{identifier}.py"

        def body(text: str) -> str:
            return "\n".join("    " + line for line in text.splitlines())

        path.write_text(REVISION.format(id=identifier, down=self.last, up=body(up), down_body=body(down)))
        self.last = identifier
        return path

    def sql(self, identifier: str, up: str, down: str | None = None) -> Path:
        """Add a revision that runs a SQL file beside it."""
        (self.versions / f"{identifier}.sql").write_text(up)
        back = "pass"
        if down is not None:
            (self.versions / f"{identifier}.down.sql").write_text(down)
            back = f'op.run_sql_file("{identifier}.down.sql")'
        return self.revision(identifier, f'op.run_sql_file("{identifier}.sql")', back)

    def upgrade(self, url: sqlalchemy.URL, driver: str = "psycopg", to: str = "head") -> None:
        """Upgrade by a driver."""
        self._run(url, driver, lambda config: command.upgrade(config, to))

    def downgrade(self, url: sqlalchemy.URL, driver: str = "psycopg", to: str = "base") -> None:
        """Downgrade by a driver."""
        self._run(url, driver, lambda config: command.downgrade(config, to))

    def _run(self, url: sqlalchemy.URL, driver: str, action: Callable[[Config], None]) -> None:
        url = url.set(drivername=f"postgresql+{driver}")

        def on(connection: sqlalchemy.Connection) -> None:
            self.config.attributes["connection"] = connection
            action(self.config)

        if driver == "asyncpg":
            asyncio.run(self._run_async(url, on))
            return
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            on(connection)

    async def _run_async(self, url: sqlalchemy.URL, on: Callable[[Any], None]) -> None:
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(url, poolclass=sqlalchemy.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(on)
        await engine.dispose()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project(tmp_path)


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    """Each driver that a project may use."""
    name: str = request.param
    return name
