"""Columns and enums that a database had otherwise than they were rehearsed: the statements of a downgrade make them as they were found.

That has to be so before rows come back into them; what else is to be given back can wait for the end (``guard.live_restore``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_safety.downgrade.kinds import rules_of
from alembic_safety.downgrade.kinds.base import Context
from alembic_safety.guard.live_restore import columns_as_found
from alembic_safety.postgres.identifiers import qualified, quote_ident, quote_literal
from alembic_safety.postgres.parser import created_enum, table_command

if TYPE_CHECKING:
    from alembic_safety.guard.live_state import Found, State
    from alembic_safety.model.snapshot import Snapshot

_FACTS = frozenset({"type", "collation"})


class OwnColumns:
    """The columns (and the enums that they are made of) that one upgrade found to be others than rehearsed."""

    def __init__(self, state: State | None) -> None:
        self._found: dict[str, Found] = {}
        self._enums: dict[str, Found] = {}
        #: Columns that were as the upgrade makes them: there is nothing to take back.
        self._already: frozenset[str] = frozenset()
        if state is not None:
            others = [found for found in state.found if found.is_other]
            self._found = {found.identity: found for found in others if found.kind == "column"}
            self._enums = {found.identity: found for found in others if found.kind == "enum"}
            self._already = frozenset(identity for kind, identity in state.already if kind == "column")

    def __bool__(self) -> bool:
        return bool(self._found or self._enums or self._already)

    @property
    def has_enums(self) -> bool:
        """Whether enums are among them."""
        return bool(self._enums)

    def instead(self, statement: str, look: Callable[[], Snapshot]) -> list[str] | None:
        """What is to be run in the place of a statement of the downgrade; None: itself.

        :param look: the catalog as it is.
        """
        if (
            self._enums
            and (made := created_enum(statement)) is not None
            and (enum := self._enums.get(qualified(*made)))
        ):
            labels = ", ".join(quote_literal(str(label)) for label in enum.props["labels"])
            return [f"CREATE TYPE {enum.identity} AS ENUM ({labels})"]
        command = table_command(statement)
        if command is None or command.kind not in ("AT_AlterColumnType", "AT_SetNotNull"):
            return None
        identity = f"{qualified(command.schema, command.table)}.{quote_ident(command.column)}"
        if identity in self._already:
            return []
        found = self._found.get(identity)
        if found is None:
            return None
        if command.kind == "AT_SetNotNull":
            return None if found.props["not_null"] else []
        now = look()
        column = now.by_identity.get(("column", identity))
        if column is None or all(column.props[key] == found.props[key] for key in _FACTS):
            return None if column is None else []
        want = replace(column, props={**column.props, **{key: found.props[key] for key in _FACTS}})
        steps = rules_of("column").alter(column, want, _FACTS, Context(before=now, now=now, role=""))
        return None if steps is None else [step.sql for step in steps]

    def afterwards(self, statement: str, look: Callable[[], Snapshot]) -> list[str]:
        """What is to be run once a statement of the downgrade has made columns again."""
        command = table_command(statement)
        if command is None or command.kind not in ("create", "AT_AddColumn"):
            return []
        table = ("table", qualified(command.schema, command.table))
        made = [
            found
            for found in self._found.values()
            if found.parent == table and (command.kind == "create" or found.name == command.column)
        ]
        return columns_as_found(made, look()) if made else []
