"""Sending catalog queries: as they are, or as statements that the server keeps planned for the session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.catalog.queries import oid_array, query, recent, recent_nearby, recent_sections
from alembic_safety.postgres.catalog.quiet import Quiet
from alembic_safety.postgres.session import Session

#: Of the names of the statements that we keep prepared.
PREFIX = "alembic_safety_"
#: SQLSTATE of an EXECUTE of a statement that somebody has deallocated.
NO_SUCH_STATEMENT = "26000"


@dataclass(frozen=True, slots=True)
class Call:
    """One query with its argument."""

    #: Under which the server keeps it planned; None: as text.
    name: str | None
    types: str
    text: str
    arguments: tuple[str, ...] = ()
    #: About a few objects, which indexes lead to.
    is_small: bool = False

    @property
    def kept_name(self) -> str:
        """Its name on the server."""
        return f"{PREFIX}{self.name}"

    @property
    def kept(self) -> str:
        """The statement that runs it where the server keeps it planned."""
        arguments = ", ".join(self.arguments)
        return f"EXECUTE {self.kept_name}({arguments})" if arguments else f"EXECUTE {self.kept_name}"

    @property
    def in_full(self) -> str:
        """The statement that runs it where the server keeps none."""
        text = self.text
        for number, argument in enumerate(self.arguments, 1):
            text = text.replace(f"${number}", f"({argument})")
        return text

    @property
    def preparation(self) -> str:
        """The statement that has the server keep it."""
        return f"PREPARE {self.kept_name}{f'({self.types})' if self.types else ''} AS {self.text}"


_KEPT = f"SELECT name FROM pg_catalog.pg_prepared_statements WHERE pg_catalog.starts_with(name, '{PREFIX}')"
#: For plans that suit many questions about a few objects each, however small the catalogs were when they were made.
_SMALL = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


@cache
def _sql(name: str, major: int, *, filtered: bool, members: bool) -> str:
    return query(name, major).sql(filtered=filtered, members=members)


class Statements:
    """The catalog queries of one session, within ``canonical_names``.

    Planning a catalog query costs more than running it on a few objects, so those of a delta are kept by the server under names
    of ours. Others may deallocate them at any time (drivers do).
    """

    def __init__(self, quiet: Quiet, major: int, kept: set[str] | None = None) -> None:
        """``kept``: the statements that the session keeps, and will keep, under names of ours; None: ask the server."""
        self.quiet = quiet
        self.major = major
        self._known = kept

    def all(self, name: str, *, members: bool = True) -> Call:
        """Rows about all objects (never kept planned: the best plan changes as the database grows)."""
        return Call(None, "", _sql(name, self.major, filtered=False, members=members))

    def only(self, name: str, oids: Collection[int], *, members: bool = True) -> Call:
        """Rows about the objects with these OIDs."""
        text = _sql(name, self.major, filtered=True, members=members)
        return Call(f"{name}_{'own' if members else 'all'}", "oid[]", text, (oid_array(sorted(oids)),), is_small=True)

    def committed(self, transactions: Collection[int]) -> Call:
        """A row if any of the transactions with these whole ids has committed."""
        array = "'{" + ",".join(str(int(xid)) for xid in transactions) + "}'::pg_catalog.int8[]"
        return Call("committed", "bigint[]", _sql("committed", self.major, filtered=False, members=True), (array,))

    def recent(self, catalog: str, age: str, after: int | None = None) -> Call:
        """What has recent rows in one catalog: of that age at most (an expression), and not written by this transaction's commands up to one."""
        return self._recent(f"recent_{catalog}", recent_sections()[catalog].text, age, after)

    def recent_depends(self, age: str) -> Call:
        """The recent rows of ``edges.sql``."""
        return self._recent(
            "recent_depends", _sql("recent_depends", self.major, filtered=False, members=True), age, None
        )

    @staticmethod
    def _recent(name: str, text: str, age: str, after: int | None) -> Call:
        if after is None:
            return Call(name, "integer", recent(text, after=False), (age,))
        return Call(f"{name}_after", "integer, bigint", recent(text, after=True), (age, str(after)))

    @staticmethod
    def nearby(catalog: str, age: str, after: int | None, relations: Collection[int], written: int) -> Call:
        """The same, looked for among the rows of some relations first; ``written`` of them were written, or nobody wants the others (0)."""
        types, arguments = ("integer", (age,)) if after is None else ("integer, bigint", (age, str(after)))
        return Call(
            f"near_{catalog}" if after is None else f"near_{catalog}_after",
            f"{types}, oid[], bigint",
            recent_nearby(catalog, after=after is not None),
            (*arguments, oid_array(sorted(relations)), str(written)),
            is_small=True,
        )

    def still_there(self, catalog: str, oids: Collection[int]) -> Call:
        """Which of these objects there are, as ``oids.sql`` gives them."""
        text = f"SELECT '{catalog}', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.{catalog} x WHERE x.oid = ANY ($1)"
        return Call(f"there_{catalog}", "oid[]", text, (oid_array(sorted(oids)),), is_small=True)

    def plain(self, name: str) -> Call:
        """Rows of a query without parameters that is worth keeping planned."""
        return plain(name, self.major)

    def once(self, calls: Sequence[Call]) -> list[list[tuple[Any, ...]]]:
        """The rows of each call, planned for this once: it will be long until the next time."""
        return self.run(calls, keep=False)

    def run(self, calls: Sequence[Call], *, keep: bool = True, closing: bool = False) -> list[list[tuple[Any, ...]]]:
        """The rows of each call. ``closing``: as far as is known, these are the last."""
        if keep:
            self._prepare([call for call in calls if call.name is not None])
        texts = []
        for call in calls:
            if call.name is None or not keep:
                texts.append(call.in_full)
            else:
                texts.append(call.kept)
        return self.quiet.fetch(texts, closing=closing) if texts else []

    def _prepare(self, calls: Sequence[Call]) -> None:
        if self._known is None:
            self._known = kept_statements(self.quiet.session)
        new = {call.name: call for call in calls if call.name is not None and call.kept_name not in self._known}
        if not new:
            return
        self.quiet.open()
        session = self.quiet.session
        # The plan is made with the first execution.
        for call in new.values():
            for setting in _SMALL:
                session.execute(f"SET LOCAL {setting} = {'off' if call.is_small else 'on'}")
            session.execute(call.preparation)
            fetch_all(session, [call.kept])
            self._known.add(call.kept_name)
        for setting in _SMALL:
            session.execute(f"SET LOCAL {setting} = on")

    def rows(self, call: Call) -> list[tuple[Any, ...]]:
        """The rows of one call."""
        return self.run([call])[0]


def plain(name: str, major: int) -> Call:
    """See ``Statements.plain``."""
    return Call(name, "", _sql(name, major, filtered=False, members=True))


def kept_rows(session: Session, call: Call, kept: set[str] | None) -> list[tuple[Any, ...]]:
    """The rows of a call under whatever settings the session has; ``kept`` as for ``Statements``, None: it is to keep nothing.

    Raises the driver's own error, that of a statement that is not kept any more among them.
    """
    if kept is None:
        return fetch_all(session, [call.in_full])[0]
    if call.kept_name in kept:
        return fetch_all(session, [call.kept])[0]
    rows = fetch_all(session, [call.preparation, call.kept])[1]
    kept.add(call.kept_name)
    return rows


def kept_statements(session: Session) -> set[str]:
    """The statements that a session keeps for us, as the server tells."""
    return {str(name) for (name,) in fetch_all(session, [_KEPT])[0]}
