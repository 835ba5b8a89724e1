"""Reading without leaving a trace in the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.session import Session

#: Of the names of the statements that we keep prepared.
PREFIX = "alembic_safety_"
_SAVEPOINT = "alembic_safety_read"
# Whatever changes how the server writes names and expressions; and plans that suit many small questions.
_SETTINGS = {
    "search_path": "",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}


@contextmanager
def canonical_names(session: Session) -> Iterator[frozenset[str]]:
    """Let the server write every name qualified (search_path is empty), and put the settings back exactly afterwards.

    Gives the names of the statements that the session keeps prepared for us. Needs an open transaction. A failure inside
    undoes everything since the start of the block, so that the transaction stays usable, and is raised again.
    """
    answer = fetch_all(session, [f"SAVEPOINT {_SAVEPOINT}", _BEGIN])[1][0]
    before = dict(zip(_SETTINGS, answer, strict=False))
    changed = {name: before[name] for name, value in _SETTINGS.items() if before[name] != value}
    try:
        yield frozenset(answer[len(_SETTINGS)] or ())
    except BaseException:
        session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; RELEASE SAVEPOINT {_SAVEPOINT}")
        raise
    # A local setting laid over the session's own ends with the transaction like every other, so the old value is as before.
    back = "SELECT " + ", ".join(_set(name, value) for name, value in changed.items()) + "; " if changed else ""
    session.execute(f"{back}RELEASE SAVEPOINT {_SAVEPOINT}")


def _set(name: str, value: str) -> str:
    # Dollar quotes: they mean the same whatever standard_conforming_strings says.
    return f"pg_catalog.set_config('{name}', $alembic_safety${value}$alembic_safety$, true)"


def _begin() -> str:
    # The inner query is evaluated first: OFFSET keeps it apart.
    reads = ", ".join(f"pg_catalog.current_setting('{name}') AS v{i}" for i, name in enumerate(_SETTINGS))
    writes = ", ".join(_set(name, value) for name, value in _SETTINGS.items())
    return (
        f"SELECT x.*, {writes} FROM (SELECT {reads}, ARRAY(SELECT p.name::text FROM pg_catalog.pg_prepared_statements p"
        f" WHERE pg_catalog.starts_with(p.name, '{PREFIX}')) AS prepared OFFSET 0) x"
    )


_BEGIN = _begin()
