"""Sending catalog queries: as they are, or as statements that the server keeps planned for the session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.catalog.queries import oid_array, query
from alembic_safety.postgres.catalog.quiet import PREFIX
from alembic_safety.postgres.session import Session


@dataclass(frozen=True, slots=True)
class Call:
    """One query with its argument."""

    #: Under which the server keeps it planned; None: as text.
    name: str | None
    types: str
    text: str
    argument: str = ""


class Statements:
    """The catalog queries of one session.

    Planning a catalog query costs more than running it on a few objects, so those of a delta are kept by the server under names
    of ours. Others may deallocate them at any time (drivers do), so each reading is told which ones there are.
    """

    def __init__(self, session: Session, major: int, prepared: Collection[str]) -> None:
        """``prepared``: names of the statements that the session keeps."""
        self.session = session
        self.major = major
        self._known = set(prepared)

    def all(self, name: str, *, members: bool = True) -> Call:
        """Rows about all objects (never kept planned: the best plan changes as the database grows)."""
        return Call(None, "", query(name, self.major).sql(filtered=False, members=members))

    def only(self, name: str, oids: Collection[int], *, members: bool = True) -> Call:
        """Rows about the objects with these OIDs."""
        text = query(name, self.major).sql(filtered=True, members=members)
        return Call(f"{name}_{'own' if members else 'all'}", "oid[]", text, oid_array(sorted(oids)))

    def since(self, name: str, age: str) -> Call:
        """Rows of a query whose parameter is the greatest age of what counts as recent, as an expression."""
        return Call(name, "integer", query(name, self.major).sql(filtered=False), age)

    def plain(self, name: str) -> Call:
        """Rows of a query without parameters that is worth keeping planned."""
        return Call(name, "", query(name, self.major).sql(filtered=False))

    def run(self, calls: Sequence[Call], *, keep: bool = True) -> list[list[tuple[Any, ...]]]:
        """The rows of each call; ``keep=False`` sends even those that are worth keeping as they are."""
        texts = []
        for call in calls:
            if call.name is None or not keep:
                texts.append(call.text.replace("$1", f"({call.argument})") if call.argument else call.text)
                continue
            name = PREFIX + call.name
            if name not in self._known:
                self.session.execute(f"PREPARE {name}{f'({call.types})' if call.types else ''} AS {call.text}")
                self._known.add(name)
            texts.append(f"EXECUTE {name}{f'({call.argument})' if call.argument else ''}")
        return fetch_all(self.session, texts) if texts else []

    def rows(self, call: Call) -> list[tuple[Any, ...]]:
        """The rows of one call."""
        return self.run([call])[0]
