"""The ways in which people write where a server is."""

from __future__ import annotations

import pytest

from alembic_safety.errors import UsageError
from alembic_safety.postgres.ownership import new_owner
from alembic_safety.postgres.server import Server, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "postgresql://u:p%40ss@h:5433/d",
            {"host": "h", "port": "5433", "user": "u", "password": "p@ss", "dbname": "x"},
        ),
        ("postgres://u@h/d", {"host": "h", "user": "u", "dbname": "x"}),
        ("postgresql+asyncpg://u@h/d", {"host": "h", "user": "u", "dbname": "x"}),
        ("postgresql://u@/d?host=/run/pg", {"host": "/run/pg", "user": "u", "dbname": "x"}),
        ("postgresql://h/d?sslmode=require", {"host": "h", "sslmode": "require", "dbname": "x"}),
        ("postgresql:///d?host=a&host=b", {"host": "a,b", "dbname": "x"}),
        ("host=/run/pg user=u dbname=d port=5433", {"host": "/run/pg", "port": "5433", "user": "u", "dbname": "x"}),
        ("service=mine", {"service": "mine", "dbname": "x"}),
    ],
)
def test_parameters_for_another_database_there(text: str, expected: dict[str, str]) -> None:
    assert Server(parse_url(text), new_owner()).parameters("x") == expected


@pytest.mark.parametrize("text", ["mysql://h/d", "http://h", "nonsense", "host=h nonsense", "postgresql://h:port/d"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="--server"):
        parse_url(text)


def test_a_password_is_not_shown() -> None:
    server = Server(parse_url("postgresql://u:secret@h/d"), new_owner())
    assert "secret" not in server.origin
    assert "secret" in server.conninfo("d")
