"""Sending catalog queries: as they are, or as statements that the server keeps planned for the session."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from alembic_safety.postgres.catalog.queries import oid_array, query
from alembic_safety.postgres.session import Session

_PREFIX = "alembic_safety_"


class Statements:
    """The catalog queries of one session.

    Planning a catalog query costs more than running it on a few objects, so ``prepared`` ones are kept by the server under names
    of ours. Others may deallocate them at any time (drivers do), so each reading asks once which ones there are.
    """

    def __init__(self, session: Session, major: int, *, prepared: bool) -> None:
        self.session = session
        self.major = major
        self.prepared = prepared
        self._known: set[str] | None = None

    def everything(self, name: str, *, members: bool = True) -> list[tuple[Any, ...]]:
        """Rows about all objects (never kept planned: the best plan changes as the database grows)."""
        return self.session.fetch(query(name, self.major).sql(filtered=False, members=members))

    def only(self, name: str, oids: Collection[int], *, members: bool = True) -> list[tuple[Any, ...]]:
        """Rows about the objects with these OIDs."""
        text = query(name, self.major).sql(filtered=True, members=members)
        return self._run(f"{name}_{'own' if members else 'all'}", "oid[]", text, oid_array(sorted(oids)))

    def since(self, name: str, age: int) -> list[tuple[Any, ...]]:
        """Rows of a query whose parameter is the greatest age of what counts as recent."""
        return self._run(name, "integer", query(name, self.major).sql(filtered=False), f"({int(age)})")

    def plain(self, name: str) -> list[tuple[Any, ...]]:
        """Rows of a query without parameters that is worth keeping planned."""
        return self._run(name, "", query(name, self.major).sql(filtered=False), "")

    def _run(self, name: str, types: str, text: str, argument: str) -> list[tuple[Any, ...]]:
        if not self.prepared:
            return self.session.fetch(text.replace("$1", argument) if argument else text)
        if self._known is None:
            rows = self.session.fetch(
                f"SELECT name FROM pg_catalog.pg_prepared_statements WHERE pg_catalog.starts_with(name, '{_PREFIX}')"
            )
            self._known = {row[0] for row in rows}
        full = _PREFIX + name
        if full not in self._known:
            self.session.execute(f"PREPARE {full}{f'({types})' if types else ''} AS {text}")
            self._known.add(full)
        return self.session.fetch(f"EXECUTE {full}{f'({argument})' if argument else ''}")
