"""What the package promises to importers: a change here is a change of the interface."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import alembic_safety

PUBLIC = [
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


def test_the_public_names_are_these():
    assert alembic_safety.__all__ == PUBLIC == sorted(PUBLIC)
    assert set(alembic_safety._HOMES) == set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_each_can_be_imported_and_is_documented(name):
    value = getattr(alembic_safety, name)
    assert value.__doc__
    assert value.__name__ == name


def test_the_version_is_that_of_the_distribution():
    assert alembic_safety.__version__ == version("alembic-safety")


def test_dir_lists_them():
    assert set(PUBLIC) <= set(dir(alembic_safety))


def test_any_other_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'alembic_safety' has no attribute 'nope'"):
        _ = alembic_safety.nope


def test_importing_the_package_imports_none_of_them():
    program = (
        "import sys, alembic_safety;"
        "print(sorted(m for m in sys.modules if m.startswith('alembic_safety.') and m.count('.') == 1))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded == "['alembic_safety.plugin', 'alembic_safety.revisions']\n"
