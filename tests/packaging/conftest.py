"""The wheel and the environments with and without it, built once for all of these tests."""

from __future__ import annotations

import pytest

from tests.support.wheel import build, environment


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def with_wheel(tmp_path_factory, wheel):
    return environment(tmp_path_factory.mktemp("with") / "venv", wheel)


@pytest.fixture(scope="session")
def without_wheel(tmp_path_factory):
    return environment(tmp_path_factory.mktemp("without") / "venv")
