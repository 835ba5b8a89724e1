"""Which database the packaged environment works on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from alembic_safety.errors import UsageError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import URL

_PLAIN = ("postgresql", "postgres")


def database_url(config: Config, x_arguments: dict[str, str]) -> URL:
    """The target's URL: ``-x url=…``, else ``DATABASE_URL``, else ``sqlalchemy.url`` of the configuration.

    A URL without a driver gets psycopg 3.

    :raises UsageError: none of the three is given, or the value is no URL.
    """
    candidates = (
        ("-x url", x_arguments.get("url")),
        ("DATABASE_URL", os.environ.get("DATABASE_URL")),
        ("sqlalchemy.url", config.get_main_option("sqlalchemy.url")),
    )
    for place, value in candidates:
        if value:
            return psycopg_url(value, place=place)
    raise UsageError(
        "no database is given: say 'alembic -x url=postgresql://user@host/name …', or set DATABASE_URL, or set "
        f"sqlalchemy.url in {config.config_file_name or 'alembic.ini'}"
    )


def psycopg_url(value: str, *, place: str = "the URL") -> URL:
    """Parse a URL; plain ``postgresql://`` and ``postgres://`` get psycopg 3. Raises UsageError where it is no URL."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(value)
    except (ArgumentError, ValueError) as error:
        raise UsageError(f"{place} is not a database URL: write postgresql://user:password@host:port/name") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername in _PLAIN else url
