"""Settings: one frozen value, put together from every place where a user may have written something.

Later places win: defaults, ``pyproject.toml`` (``[tool.alembic_safety]``), ``alembic.ini`` (``[alembic:safety]``),
environment (``ALEMBIC_SAFETY_…``), ``-x safety.…=…``, options of the command.
"""

from alembic_safety.settings.load import load_settings
from alembic_safety.settings.table import SETTINGS, Origin, Setting, Settings

__all__ = ["SETTINGS", "Origin", "Setting", "Settings", "load_settings"]
