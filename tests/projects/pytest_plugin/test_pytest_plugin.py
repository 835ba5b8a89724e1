"""The pytest plugin in a user's own suite, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.server

INI = """
[alembic]
script_location = alembic_safety:environment
version_locations = %(here)s/versions
path_separator = os
[alembic:safety]
cache_dir = cache
"""
REVISION = '''"""{title}"""
from alembic import op
revision, down_revision, branch_labels, depends_on = {id!r}, {down!r}, None, None
def upgrade():
    {up}
def downgrade():
    {downgrade}
'''
GOOD = ("a1", None, "users", 'op.execute("CREATE TABLE users (id integer)")', 'op.execute("DROP TABLE users")')
LEAVES = ("b2", "a1", "index", 'op.execute("CREATE INDEX users_idx ON users (id)")', "pass")
BREAKS = ("c3", "b2", "broken", 'op.execute("SELEC 1")', "pass")
AFTER = ("d4", "c3", "after", 'op.execute("SELECT 1")', "pass")


@pytest.fixture
def suite(tmp_path):
    """A project with these revisions and a test of its own; gives a function that runs pytest in it."""

    def make(*revisions, tests="def test_own():\n    pass\n", ini=INI, arguments=()):
        (tmp_path / "alembic.ini").write_text(ini)
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
        (tmp_path / "versions").mkdir()
        for identifier, down, title, up, downgrade in revisions:
            text = REVISION.format(id=identifier, down=down, title=title, up=up, downgrade=downgrade)
            (tmp_path / "versions" / f"{identifier}.py").write_text(text)
        (tmp_path / "test_own.py").write_text(tests)
        return run(*arguments)

    def run(*arguments):
        # Not those of our own suite, which take longer to start than all that is tested here.
        others = ["-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:xdist.looponfail"]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *others, "-rA", "--color=no", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    make.again = run
    return make


def test_each_revision_is_a_test(suite):
    result = suite(GOOD, LEAVES, BREAKS, AFTER, arguments=["--alembic-safety"])
    assert result.returncode == 1, result.stdout + result.stderr
    assert "2 failed, 2 passed, 1 skipped" in result.stdout
    assert "alembic-safety: a1 users" in result.stdout or "a1" in result.stdout
    assert "users_idx" in result.stdout
    assert "SELEC" in result.stdout
    assert "not reached: c3 could not be applied" in result.stdout
    assert "Traceback" not in result.stdout


def test_without_the_option_nothing_happens(suite):
    result = suite(BREAKS, arguments=[])
    assert (result.returncode, "1 passed" in result.stdout) == (0, True)


def test_they_can_be_chosen_by_name(suite):
    result = suite(GOOD, LEAVES, arguments=["--alembic-safety", "-k", "a1"])
    assert "1 passed, 2 deselected" in result.stdout, result.stdout + result.stderr


def test_the_fixture_gives_the_rehearsal(suite):
    tests = "def test_all(alembic_safety_rehearsal):\n    assert alembic_safety_rehearsal.holds\n"
    result = suite(GOOD, tests=tests)
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_stands_beside_pytest_alembic(suite):
    result = suite(GOOD, arguments=["--alembic-safety", "--collect-only", "-q"])
    assert "test_own.py::test_own" in result.stdout
    assert "a1" in result.stdout


def test_a_missing_configuration_is_one_clear_error(suite):
    result = suite(GOOD, ini="[alembic]\n", arguments=["--alembic-safety", "-o", "alembic_safety_config=other.ini"])
    assert result.returncode == 4
    assert "alembic_safety_config: there is no file" in result.stderr
    assert "Traceback" not in result.stderr
    result = suite.again("--alembic-safety")
    assert result.returncode == 4
    assert "No 'script_location' key" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_rehearsal_that_could_not_be_done_is_said_without_a_traceback(suite):
    result = suite(GOOD, ini=INI + "server = postgresql://127.0.0.1:1/x\n", arguments=["--alembic-safety"])
    assert "1 failed, 1 passed" in result.stdout
    assert "Traceback" not in result.stdout


ROWS = """
import pytest

@pytest.fixture
def alembic_config():
    return {{"file": "alembic.ini", "at_revision_data": {{"a1": {{"__tablename__": "users", "id": {fixture}}}}}}}

def pytest_alembic_safety_data(config):
    return {{"before_revision_data": {{"b2": [{{"__tablename__": "users", "id": {hook}}}]}}}}
"""


@pytest.mark.parametrize(("fixture", "hook", "passed"), [(1, 2, 3), (1, 1, 2)])
def test_rows_of_the_suite_are_there(suite, tmp_path, fixture, hook, passed):
    unique = ("b2", "a1", "unique", 'op.execute("CREATE UNIQUE INDEX u ON users (id)")', 'op.execute("DROP INDEX u")')
    (tmp_path / "conftest.py").write_text(ROWS.format(fixture=fixture, hook=hook))
    result = suite(GOOD, unique, arguments=["--alembic-safety"])
    assert f"{passed} passed" in result.stdout, result.stdout + result.stderr
    assert ("Key (id)=(1) is duplicated" in result.stdout) == (passed == 2)
