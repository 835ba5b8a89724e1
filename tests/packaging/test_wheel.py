"""The built wheel: what is in it, and what installing it does to Alembic, in processes of their own."""

from __future__ import annotations

import subprocess
import zipfile

import pytest

from alembic_safety.commands.registry import ENTRIES
from tests.support.wheel import ROOT, build

pytestmark = pytest.mark.wheel

NAMES = [entry.name for entry in ENTRIES]
HAS_ALL = f"""
from alembic import op
from alembic.config import CommandLine
missing = set({NAMES!r}) - set(CommandLine().subparsers.choices)
assert not missing, missing
assert callable(op.run_sql_file)
"""
#: Every way in which a program may meet the two packages.
IMPORT_ORDERS = [
    "import alembic\nimport alembic_safety",
    "import alembic_safety\nimport alembic",
    "import alembic.config\nimport alembic_safety",
    "import alembic.command",
    "from alembic import op, context",
    "import alembic_safety.plugin",
    "from alembic_safety.commands import registry",
    "import alembic_safety.errors",
    "import alembic.autogenerate",
    "import alembic.operations",
    "import alembic.ddl.postgresql",
]


def run(python, *arguments, cwd=None):
    # never in the checkout: Python would import the package from there
    return subprocess.run([python, *arguments], capture_output=True, text=True, cwd=cwd or python.parent, check=False)


class TestContents:
    def names(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            return set(archive.namelist())

    def test_every_source_and_data_file_of_the_package_is_in_it(self, wheel):
        wanted = {
            str(path.relative_to(ROOT))
            for path in (ROOT / "alembic_safety").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert wanted - self.names(wheel) == set()

    def test_nothing_else_is_in_it(self, wheel):
        tops = {name.split("/")[0] for name in self.names(wheel)}
        assert {top for top in tops if not top.endswith(".dist-info")} == {"alembic_safety"}

    def test_it_carries_its_licence_and_its_types(self, wheel):
        names = self.names(wheel)
        assert "alembic_safety/py.typed" in names
        assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_source_distribution_builds(tmp_path):
    assert build(tmp_path, "sdist").name.startswith("alembic_safety-")


@pytest.mark.parametrize("order", IMPORT_ORDERS)
def test_commands_and_operations_are_there_whatever_is_imported_first(with_wheel, order):
    result = run(with_wheel, "-W", "error", "-c", order + HAS_ALL)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_wheel_is_what_these_tests_look_at(with_wheel):
    result = run(with_wheel, "-c", "import alembic_safety; print(alembic_safety.__file__)")
    assert str(with_wheel.parents[1]) in result.stdout


def test_stock_alembic_lists_our_commands(with_wheel, tmp_path):
    result = run(with_wheel, "-m", "alembic", "--help", cwd=tmp_path)
    assert [name for name in NAMES if name not in result.stdout] == []


def test_every_command_shows_its_help(with_wheel):
    program = f"""
from alembic.config import CommandLine
for name in {NAMES!r}:
    assert "example:" in CommandLine().subparsers.choices[name].format_help(), name
"""
    result = run(with_wheel, "-c", program)
    assert (result.returncode, result.stderr) == (0, "")


def test_our_module_is_the_same_command_line(with_wheel, tmp_path):
    ours = run(with_wheel, "-m", "alembic_safety", "safety-config", cwd=tmp_path)
    stock = run(with_wheel, "-m", "alembic", "safety-config", cwd=tmp_path)
    assert ours.returncode == 0
    assert ours.stdout == stock.stdout


def test_our_module_works_without_the_hook(without_wheel, tmp_path):
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from alembic_safety.__main__ import main; main(['safety-config'])"
    result = run(without_wheel, "-c", program, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


MIGRATION = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "a1", None, None, None
def upgrade():
    op.execute("CREATE TABLE t (id integer)")
def downgrade():
    op.execute("DROP TABLE t")
"""


@pytest.fixture(scope="module")
def project(without_wheel, tmp_path_factory):
    """A project as ``alembic init`` makes it, on a database that needs no server and is empty in each process."""
    tmp_path = tmp_path_factory.mktemp("project")
    assert run(without_wheel, "-m", "alembic", "init", "migrations", cwd=tmp_path).returncode == 0
    ini = (tmp_path / "alembic.ini").read_text()
    url = next(line for line in ini.splitlines() if line.startswith("sqlalchemy.url"))
    (tmp_path / "alembic.ini").write_text(ini.replace(url, "sqlalchemy.url = sqlite://"))
    (tmp_path / "migrations" / "versions" / "a1.py").write_text(MIGRATION)
    return tmp_path


STOCK = [
    ("list_templates",),
    ("heads", "--verbose"),
    ("history",),
    ("upgrade", "head"),
    ("upgrade", "head", "--sql"),
    ("downgrade", "a1:base", "--sql"),
    ("upgrade", "nowhere"),
    ("upgrade",),
    ("revision", "--help"),
    ("check",),
]


@pytest.mark.parametrize("arguments", STOCK, ids=" ".join)
def test_stock_commands_behave_as_without_the_package(with_wheel, without_wheel, project, arguments):
    outcomes = []
    for python in (with_wheel, without_wheel):
        result = run(python, "-m", "alembic", *arguments, cwd=project)
        # the only difference there may be: the usage line names our commands as well
        error = result.stderr.replace("," + ",".join(NAMES), "")
        outcomes.append((result.returncode, result.stdout.replace(str(with_wheel), str(without_wheel)), error))
    with_it, without_it = outcomes
    assert with_it == without_it
