"""Settings from every place, and what wins."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest
from alembic.config import Config

from alembic_safety.errors import SettingsError
from alembic_safety.settings import SETTINGS, Settings, load_settings


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write alembic.ini and pyproject.toml with our sections, and give what the command line would make of them."""

    def make(ini="", toml="", x=(), name="alembic"):
        (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = x\n{ini}")
        (tmp_path / "pyproject.toml").write_text(toml)
        return Config(
            tmp_path / "alembic.ini",
            toml_file=tmp_path / "pyproject.toml",
            ini_section=name,
            cmd_opts=Namespace(x=list(x)),
        )

    monkeypatch.chdir(tmp_path)
    return make


def load(config, environ=None, **options):
    return load_settings(config, environ=environ or {}, **options)


def test_a_project_without_settings_gets_the_defaults(project):
    settings = load(project())
    assert settings.lock_timeout == 3.0
    assert settings.verify == "touched"
    assert settings.origins == {}


def test_each_place_wins_over_the_one_before(project, tmp_path):
    toml, ini = "[tool.alembic_safety]\nretries = 1\n", "[alembic:safety]\nretries = 2\n"
    environ = {"ALEMBIC_SAFETY_RETRIES": "3"}
    steps = [
        (load(project(toml=toml)), 1, f"{tmp_path}/pyproject.toml [tool.alembic_safety]"),
        (load(project(ini, toml)), 2, f"{tmp_path}/alembic.ini [alembic:safety]"),
        (load(project(ini, toml), environ), 3, "ALEMBIC_SAFETY_RETRIES"),
        (load(project(ini, toml, ["safety.retries=4"]), environ), 4, "-x safety.retries"),
        (load(project(ini, toml, ["safety.retries=4"]), environ, retries=5), 5, "--retries"),
    ]
    for settings, value, place in steps:
        assert (settings.retries, settings.origins["retries"].place) == (value, place)


def test_an_option_that_was_not_given_changes_nothing(project):
    assert load(project("[alembic:safety]\ntimeout = 7\n"), timeout=None).timeout == 7.0


def test_a_named_section_is_read_over_the_common_one(project):
    ini = "[alembic:safety]\nretries = 1\nverify = off\n[billing]\n[billing:safety]\nretries = 2\n"
    settings = load(project(ini, name="billing"))
    assert (settings.retries, settings.verify) == (2, "off")


def test_hyphens_are_underscores(project):
    assert load(project("[alembic:safety]\nlock-timeout = 1\n", x=["safety.lock-wait=7"])).lock_wait == 7.0


def test_other_x_arguments_are_somebody_elses(project):
    assert load(project(x=["url=postgresql://", "tenant=safety"])).origins == {}


def test_relative_paths_start_from_the_file_that_names_them(project, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    settings = load(project("[alembic:safety]\ncache_dir = saved\njournal = %(here)s/j.jsonl\n"))
    assert settings.cache_dir == tmp_path / "saved"
    assert settings.journal == tmp_path / "j.jsonl"


def test_toml_values_keep_their_type(project):
    settings = load(
        project(toml='[tool.alembic_safety]\nenabled = false\ntimeout = 1.5\nexclude = ["audit", "public.x"]\n')
    )
    assert (settings.enabled, settings.timeout, settings.exclude) == (False, 1.5, ("audit", "public.x"))


def test_here_is_replaced_in_toml_and_other_percent_signs_are_not(project, tmp_path):
    toml = "[tool.alembic_safety]\nserver = \"%(here)s/save --at '%F %T'\"\n"
    assert load(project(toml=toml)).server == f"{tmp_path}/save --at '%F %T'"


def test_the_default_section_of_an_ini_is_no_setting_of_ours(project):
    config = project("[DEFAULT]\ncompany = Example\n[alembic:safety]\nretries = 2\n")
    assert load(config).retries == 2


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("500ms", 0.5), ("3s", 3.0), ("3", 3.0), ("1.5 s", 1.5), ("5min", 300.0), ("2h", 7200.0), ("30d", 2592000.0)]
    + [(nothing, None) for nothing in ("none", "off", "")],
)
def test_durations(project, written, seconds):
    assert load(project(), timeout=written).timeout == seconds


@pytest.mark.parametrize(("written", "value"), [("yes", True), ("ON", True), ("0", False), ("false", False)])
def test_flags(project, written, value):
    assert load(project(), enabled=written).enabled is value


@pytest.mark.parametrize(
    ("key", "written", "complaint"),
    [
        ("timeout", "soon", "but takes a duration like 500ms"),
        ("timeout", "-1", "but takes a duration"),
        ("retries", "many", "but takes a whole number from 0"),
        ("retries", "-1", "but takes a whole number from 0"),
        ("enabled", "maybe", "but takes true or false"),
        ("certificates", "demand", "but takes one of off, warn, require"),
    ],
)
def test_a_value_that_is_not_understood_says_where_and_what_is(project, key, written, complaint):
    config = project(f"[alembic:safety]\n{key} = {written}\n")
    with pytest.raises(SettingsError, match=complaint) as caught:
        load(config)
    assert "alembic.ini [alembic:safety]" in str(caught.value)
    assert repr(key) in str(caught.value)


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda p: load(p("[alembic:safety]\nverfy = off\n")), "alembic.ini [alembic:safety]"),
        (lambda p: load(p(toml="[tool.alembic_safety]\nverfy = 'off'\n")), "pyproject.toml [tool.alembic_safety]"),
        (lambda p: load(p(), {"ALEMBIC_SAFETY_VERFY": "off"}), "ALEMBIC_SAFETY_VERFY"),
        (lambda p: load(p(x=["safety.verfy=off"])), "-x safety.verfy"),
    ],
)
def test_an_unknown_key_names_the_nearest_and_the_place(project, make, place):
    with pytest.raises(SettingsError, match="did you mean 'verify'") as caught:
        make(project)
    assert place in str(caught.value)


def test_a_key_like_nothing_points_to_the_list(project):
    with pytest.raises(SettingsError, match="safety-config"):
        load(project(x=["safety.qqqq=1"]))


def test_an_x_argument_without_a_value_is_refused(project):
    with pytest.raises(SettingsError, match="-x safety.verify=…"):
        load(project(x=["safety.verify"]))


def test_a_table_spelled_with_a_hyphen_is_pointed_out(project):
    with pytest.raises(SettingsError, match=r"spelled \[tool.alembic_safety\]"):
        load(project(toml="[tool.alembic-safety]\nretries = 1\n"))


def test_toml_that_cannot_be_read_is_one_clear_error(project):
    with pytest.raises(SettingsError, match="pyproject.toml is not readable as TOML"):
        load(project(toml="[tool\n"))


def test_a_single_percent_sign_in_an_ini_is_one_clear_error(project):
    with pytest.raises(SettingsError, match="write a percent sign twice"):
        load(project("[alembic:safety]\nserver = curl -w %{http_code} x\n"))


def test_a_setting_that_cannot_be_nothing_refuses_to_be(project):
    with pytest.raises(SettingsError, match="'retries' is empty"):
        load(project("[alembic:safety]\nretries = none\n"))


def test_a_configuration_made_by_a_program_needs_no_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load(Config()).origins == {}


def test_every_setting_is_documented_and_its_default_reads_back(tmp_path):
    from alembic_safety.settings.values import shown

    assert list(SETTINGS) == [name for name in Settings.__annotations__ if name != "origins"]
    for setting in SETTINGS.values():
        assert setting.doc
        assert not setting.doc.endswith(".")
        assert setting.reader.accepts
        if not isinstance(setting.default, Path):
            assert setting.reader.read(
                shown(setting.default) if setting.default or setting.default is False else "", tmp_path
            ) == setting.default or (setting.default in (None, False, True))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("checks = disk=off, rows = WARN", (("disk", "off"), ("rows", "warn"))),
        ("checks =", ()),
        ("checks =\n    locks=refuse\n    disk=off", (("locks", "refuse"), ("disk", "off"))),
    ],
)
def test_levels_by_name(project, written, read):
    assert load(project(ini=f"[alembic:safety]\n{written}\n")).checks == read


def test_levels_in_toml_are_a_table(project):
    toml = "[tool.alembic_safety.checks]\ndisk = false\nrows = 'refuse'\n"
    assert load(project(toml=toml)).checks == (("disk", "off"), ("rows", "refuse"))


@pytest.mark.parametrize("written", ["disc=off", "disk", "disk=maybe"])
def test_levels_of_what_there_is_not(project, written):
    with pytest.raises(SettingsError, match="the names are writable"):
        load(project(x=[f"safety.checks={written}"]))
