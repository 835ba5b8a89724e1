"""A project on disk for tests without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config

INI = """[alembic]
script_location = alembic_safety:environment
path_separator = os
version_locations = %(here)s/versions
"""


@pytest.fixture
def project(tmp_path: Path) -> Config:
    """An empty project that uses the packaged environment; its folder is the test's ``tmp_path``."""
    (tmp_path / "versions").mkdir()
    ini = tmp_path / "alembic.ini"
    ini.write_text(INI)
    return Config(str(ini))
