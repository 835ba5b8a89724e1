"""Reading without leaving a trace in the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic_safety.postgres.session import Session

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
def canonical_names(session: Session) -> Iterator[None]:
    """Let the server write every name qualified (search_path is empty), and put the settings back exactly afterwards.

    Needs an open transaction. A failure inside undoes everything since the start of the block, so that the
    transaction stays usable, and is raised again.
    """
    session.execute(f"SAVEPOINT {_SAVEPOINT}")
    try:
        reads = ", ".join(f"pg_catalog.current_setting('{name}')" for name in _SETTINGS)
        before = dict(zip(_SETTINGS, session.fetch(f"SELECT {reads}")[0], strict=True))
        changed = {name: value for name, value in _SETTINGS.items() if before[name] != value}
        if changed:
            session.execute("SELECT " + ", ".join(_set(name, value) for name, value in changed.items()))
        yield
    except BaseException:
        session.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; RELEASE SAVEPOINT {_SAVEPOINT}")
        raise
    # A local setting laid over the session's own ends with the transaction like every other, so the old value is as before.
    back = "SELECT " + ", ".join(_set(name, before[name]) for name in changed) + "; " if changed else ""
    session.execute(f"{back}RELEASE SAVEPOINT {_SAVEPOINT}")


def _set(name: str, value: str) -> str:
    # Dollar quotes: they mean the same whatever standard_conforming_strings says.
    return f"pg_catalog.set_config('{name}', $alembic_safety${value}$alembic_safety$, true)"
