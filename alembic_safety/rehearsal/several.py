"""Projects that migrate several places: each engine of env.py gets a scratch database of its own, schemas of one database are
rehearsed one after the other in it, and a revision has one verdict for all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import RehearsalError
from alembic_safety.postgres.session import SqlalchemySession
from alembic_safety.rehearsal.verdict import Again, Down, Restored, Up, Verdict

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import URL

    from alembic_safety.rehearsal.activity import Activity

#: Where a pooled connection notes which scratch database it was led to.
DATABASE = "alembic_safety_database"
#: What names the database that an engine connects to, in the drivers' arguments.
_IDENTITY = ("host", "hostaddr", "port", "dbname", "database", "dsn", "service")
#: Each step's results, the best first: of several databases the worst counts.
_ORDER: Sequence[Sequence[Any]] = (
    (Up.RAN, Up.NOT_REACHED, Up.UNAVAILABLE, Up.TIMED_OUT, Up.FAILED),
    (Down.RAN, Down.EMPTY, Down.NOT_TRIED, Down.REFUSES, Down.MISSING, Down.TIMED_OUT, Down.FAILED),
    (Restored.IDENTICAL, Restored.COLUMN_ORDER, Restored.NOT_TRIED, Restored.DIFFERENT),
    (Again.SAME, Again.NOT_TRIED, Again.DIFFERENT, Again.TIMED_OUT, Again.FAILED),
)
# The steps share words, so their types belong to the key.
_BADNESS: Mapping[Any, int] = {(type(value), value): place for order in _ORDER for place, value in enumerate(order)}
#: Facts of a revision itself, the same for each database.
_SAME = frozenset({"revision", "title", "file"})


class SeveralDatabases(Exception):  # noqa: N818 - a signal between our own modules, never shown
    """env.py runs migrations more than once, and all its engines were led to one database."""


class Places:
    """Which scratch database stands for what env.py connects to."""

    def __init__(
        self, first: URL, another: Callable[[], URL] | None = None, *, search_path: Sequence[str] = ()
    ) -> None:
        """``another`` makes one more; without it everything is led to the first. Sessions begin with ``search_path``."""
        self.search_path = search_path
        self.first = first
        self._another = another
        self._known: dict[tuple[str, ...], URL] = {}

    @property
    def are_several(self) -> bool:
        """Whether each database that env.py connects to gets one of its own."""
        return self._another is not None

    @property
    def names(self) -> set[str | None]:
        """The names of the scratch databases."""
        return {self.first.database, *(url.database for url in self._known.values())}

    def of(self, args: Sequence[Any], parameters: Mapping[str, Any]) -> URL:
        """The scratch database for a driver's arguments."""
        if self._another is None:
            return self.first
        key = (*map(str, args), *(f"{name}={parameters.get(name)}" for name in _IDENTITY))
        if key not in self._known:
            self._known[key] = self._another() if self._known else self.first
        return self._known[key]


def label_of(arguments: Mapping[str, Any], schema: str | None, known: Collection[str]) -> str:
    """What to call one of the places that env.py migrates: the name that it hands to the migrations, else the schema of the
    version table, else a number; other than those that are ``known``.
    """
    names = [value for value in arguments.values() if isinstance(value, str)]
    label = names[0] if len(names) == 1 else schema
    return label if label and label not in known else f"database {len(known) + 1}"


def check_place(config: Config, context: MigrationContext, number: int, *, holds_one: bool, derives: bool) -> None:
    """Refuse what can be done for one place only.

    :param number: how many env.py has come to, this one included.
    :param holds_one: the rows to rehearse on are those of one database.
    :param derives: the rehearsal is to derive downgrades, which name their schema.
    :raises RehearsalError: this one can't be rehearsed so.
    """
    if number > 1 and holds_one:
        raise RehearsalError(
            "--baseline, --from-backup and --sample hold one database, and env.py migrates several, or several schemas: leave them out"
        )
    if number > 1 and derives:
        raise RehearsalError(
            "env.py runs migrations in several databases or schemas: safety-test rehearses them, but a downgrade names its schema "
            "and can be derived for one only; name one in the configuration"
        )
    told = [x for x in getattr(config.cmd_opts, "x", None) or () if not x.startswith(("url=", "sql=", "safety."))]
    if derives and told and (schema := _current_schema(context)) != "public":
        raise RehearsalError(
            f"env.py works in schema {schema} because of -x {told[0]}: a downgrade that is derived there names that schema, and "
            "would be wrong in another; derive it without -x, or write it by hand ('safety-test' rehearses it)"
        )


def _current_schema(context: MigrationContext) -> str:
    """Where unqualified names lead."""
    connection = context.connection
    assert connection is not None
    was_open = connection.in_transaction()
    found = str(SqlalchemySession(connection).fetch("SELECT pg_catalog.current_schema()::text")[0][0])
    if not was_open:
        connection.rollback()
    return found


def merged(parts: Mapping[str, Sequence[Verdict]]) -> list[Verdict]:
    """One verdict a revision, of the verdicts on each database, by its label."""
    if len(parts) == 1:
        return list(*parts.values())
    by_revision: dict[str, dict[str, Verdict]] = {}
    for label, verdicts in parts.items():
        for verdict in verdicts:
            by_revision.setdefault(verdict.revision, {})[label] = verdict
    return [_of_one(found) for found in by_revision.values()]


def _of_one(found: Mapping[str, Verdict]) -> Verdict:
    first = next(iter(found.values()))
    values = {f.name: _joined(f.name, {k: getattr(v, f.name) for k, v in found.items()}) for f in fields(Verdict)}
    return replace(first, **values)


def _unlike(activities: Iterable[tuple[Activity, ...]]) -> tuple[Activity, ...]:
    """Those of each place that had other statements: what one transaction locks is locked in one place."""
    by_statements = {tuple(one.sql for one in activity): activity for activity in reversed(list(activities))}
    return tuple(one for activity in reversed(by_statements.values()) for one in activity)


def _joined(name: str, values: Mapping[str, Any]) -> Any:
    """One value for those of all databases; text says which one it is about."""
    first = next(iter(values.values()))
    if name in _SAME:
        return first
    if isinstance(first, (Up, Down, Restored, Again)):
        return max(values.values(), key=lambda value: _BADNESS[type(value), value])
    if name == "seconds":
        return sum(values.values())
    if isinstance(first, bool):
        return all(values.values()) if name in ("cached", "applied_only") else any(values.values())
    if name == "activity":
        return _unlike(values.values())
    if isinstance(first, tuple):
        return tuple(
            f"{label}: {item}" if isinstance(item, str) else item for label, items in values.items() for item in items
        )
    if name == "data":
        return next((value for value in values.values() if value != "none"), "none")
    if name == "culprit":
        return next((value for value in values.values() if value is not None), None)
    return "\n".join(f"{label}: {value}" for label, value in values.items() if value) or first
