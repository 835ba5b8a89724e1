"""Moving the version table along, as Alembic does it, a good deal cheaper: it happens three times and more for each revision."""

# ruff: noqa: SLF001 - Alembic has no public way to move it without a run of its own

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.runtime.migration import HeadMaintainer

from alembic_safety.errors import RehearsalError
from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.identifiers import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.runtime.migration import MigrationContext, RevisionStep

    from alembic_safety.postgres.session import Session


class Heads(HeadMaintainer):
    """Alembic's own way to find out what changes, with statements that nobody has to compile first."""

    def __init__(self, context: MigrationContext, heads: Iterable[str], session: Session) -> None:
        super().__init__(context, heads)
        self._session = session
        preparer = context.dialect.identifier_preparer
        self._table = preparer.format_table(context._version)
        self._column = preparer.format_column(context._version.c.version_num)

    def move(self, step: RevisionStep) -> None:
        """What ``update_to_step`` does; where there is one head and one way, without looking through all its ancestors."""
        old, new = step.from_revisions, step.to_revisions
        if self.heads == set(old) and len(old) == len(new) == 1:
            self._update_version(old[0], new[0])
        else:
            self.update_to_step(step)

    def _insert_version(self, version: str) -> None:
        self.heads.add(version)
        self._session.execute(f"INSERT INTO {self._table} ({self._column}) VALUES ({quote_literal(version)})")

    def _delete_version(self, version: str) -> None:
        self.heads.remove(version)
        self._one(f"DELETE FROM {self._table} WHERE {self._column} = {quote_literal(version)}", version)

    def _update_version(self, from_: str, to_: str) -> None:
        self.heads.remove(from_)
        self.heads.add(to_)
        new, old = quote_literal(to_), quote_literal(from_)
        self._one(f"UPDATE {self._table} SET {self._column} = {new} WHERE {self._column} = {old}", from_)

    def _one(self, sql: str, version: str) -> None:
        """Raises RehearsalError where the version table doesn't hold the version once."""
        found = len(fetch_all(self._session, [f"{sql} RETURNING 1"])[0])
        if found != 1:
            raise RehearsalError(f"the version table {self._table} holds {version!r} {found} times instead of once")
