"""The documentation says what the program does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from alembic_safety.commands.registry import ENTRIES
from alembic_safety.settings import SETTINGS

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands.md", "settings.md"])
def test_generated_pages_are_up_to_date(generate, name):
    written = (ROOT / "docs" / name).read_text("utf-8")
    assert written == generate.PAGES[name](), "run: python docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestEveryPage:
    def test_links_lead_somewhere(self, page):
        for target in LINK.findall(page.read_text("utf-8")):
            file = target.partition("#")[0]
            if file and "://" not in target:
                assert (page.parent / file).exists(), target

    def test_commands_it_names_exist(self, page):
        known = {entry.name for entry in ENTRIES}
        named = set(re.findall(r"alembic (safety-[a-z]+)", page.read_text("utf-8")))
        assert named <= known

    def test_settings_it_sets_exist(self, page):
        named = set(re.findall(r"-x safety\.([a-z_]+)=", page.read_text("utf-8")))
        assert named <= set(SETTINGS)

    def test_code_blocks_are_closed(self, page):
        assert page.read_text("utf-8").count("```") % 2 == 0


def test_the_readme_opens_with_what_it_is_and_the_two_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    first = text.split("```")[0]
    assert len(re.findall(r"[.!?](?:\s|$)", first.split("\n\n")[1])) == 3
    assert 'pip install -e ".[embedded]" && alembic safety-test' in text
    assert 'pip install -e ".[dev]" && pytest' in text
