"""``alembic safety-config``."""

from __future__ import annotations

import json

import pytest

from alembic_safety.settings import SETTINGS
from tests.support.cli import alembic


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = x\n[alembic:safety]\nretries = 9\n")
    monkeypatch.chdir(tmp_path)


pytestmark = pytest.mark.usefixtures("project")


def test_it_lists_every_setting_with_its_value_and_origin():
    lines = alembic("safety-config").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(SETTINGS)
    retries = next(line for line in lines if line.startswith("retries"))
    assert retries.split() == ["retries", "9", "alembic.ini", "[alembic:safety]"]


def test_json_gives_one_object_a_setting():
    values = json.loads(alembic("-x", "safety.verify=off", "safety-config", "--json", "verify").out)
    assert values["verify"]["value"] == "off"
    assert values["verify"]["from"] == "-x safety.verify"


def test_describe_says_what_a_setting_means_and_takes():
    text = alembic("safety-config", "--describe", "lock-timeout").out
    assert "takes a duration like 500ms" in text
    assert "default 3s" in text


@pytest.mark.parametrize(
    "url", ["postgresql://me:s3cret@db/x", "host=db password=s3cret user=me", "host=db password='s3cret' user=me"]
)
def test_passwords_are_not_shown(url):
    for arguments in (["--json"], ["--describe"], []):
        result = alembic("-x", f"safety.server={url}", "safety-config", *arguments)
        assert "***" in result.out
        assert "s3cret" not in result.out + result.err


def test_an_unknown_name_is_an_error():
    result = alembic("safety-config", "nope")
    assert (result.status, result.out) == (2, "")
    assert "There is no setting 'nope'" in result.err


def test_a_mistake_in_a_file_is_one_line():
    result = alembic("-x", "safety.verfy=1", "safety-config")
    assert result.status == 2
    assert result.err == "FAILED: Unknown setting 'verfy' in -x safety.verfy; did you mean 'verify'?\n"
