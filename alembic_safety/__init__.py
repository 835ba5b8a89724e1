"""Rehearse Alembic migrations on a throwaway PostgreSQL, synthesize exact downgrades, and prove them."""

# alembic first: our plugin is loaded in the middle of "import alembic", and would otherwise meet this package half built.
import alembic  # noqa: F401, I001

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic_safety.errors import SafetyError
    from alembic_safety.model.finding import Finding, Severity
    from alembic_safety.postgres.catalog import read_snapshot
    from alembic_safety.postgres.server import throwaway_server
    from alembic_safety.rehearsal.options import Options
    from alembic_safety.rehearsal.runner import rehearse
    from alembic_safety.rehearsal.verdict import Rehearsal, Verdict
    from alembic_safety.settings import Settings, load_settings

#: Where each public name lives. They are imported when somebody asks for them: every ``alembic`` call imports this module.
_HOMES = {
    "Finding": "model.finding",
    "Options": "rehearsal.options",
    "Rehearsal": "rehearsal.verdict",
    "SafetyError": "errors",
    "Settings": "settings",
    "Severity": "model.finding",
    "Verdict": "rehearsal.verdict",
    "load_settings": "settings",
    "read_snapshot": "postgres.catalog",
    "rehearse": "rehearsal.runner",
    "throwaway_server": "postgres.server",
}

__all__ = [
    "Finding",
    "Options",
    "Rehearsal",
    "SafetyError",
    "Settings",
    "Severity",
    "Verdict",
    "load_settings",
    "read_snapshot",
    "rehearse",
    "throwaway_server",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("alembic-safety")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__, "__version__"]
