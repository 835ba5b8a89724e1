"""A role's name is found in the server's message in whatever language that server speaks."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from alembic_safety.postgres.roles import missing_role_in


@dataclass
class Diagnostics:
    message_primary: str
    source_function: str = "get_role_oid"


class DriverError(Exception):
    sqlstate = "42704"

    def __init__(self, diag: Diagnostics) -> None:
        super().__init__(diag.message_primary)
        self.diag = diag


@pytest.mark.parametrize(
    "message",
    [
        'role "app rw" does not exist',
        "le rôle «\u00a0app rw\u00a0» n'existe pas",
        "Rolle »app rw« existiert nicht",
        'роль "app rw" не существует',
        'ロール"app rw"は存在しません',
        'rola "app rw" nie istnieje',
        '角色 "app rw" 不存在',
    ],
)
def test_any_language(message: str) -> None:
    assert missing_role_in(DriverError(Diagnostics(message))) == "app rw"


def test_the_same_sqlstate_for_other_objects() -> None:
    assert missing_role_in(DriverError(Diagnostics("Typ »app rw« existiert nicht", "typenameType"))) is None
    assert missing_role_in(DriverError(Diagnostics('type "app rw" does not exist', "typenameType"))) is None
