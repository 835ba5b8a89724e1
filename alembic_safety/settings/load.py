"""From the places where settings are written to one ``Settings``."""

from __future__ import annotations

import configparser
import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic_safety.errors import SettingsError
from alembic_safety.settings.table import SETTINGS, Origin, Settings

if TYPE_CHECKING:
    from alembic.config import Config

ENVIRONMENT_PREFIX = "ALEMBIC_SAFETY_"
X_PREFIX = "safety."
TOML_TABLE = "alembic_safety"


class Written(NamedTuple):
    """A setting as somebody wrote it, with where, and the folder that a relative path in it starts from."""

    key: str
    value: Any
    origin: Origin
    base: Path


def load_settings(config: Config, *, environ: Mapping[str, str] | None = None, **options: Any) -> Settings:
    """All settings of a project.

    :param config: Alembic's configuration: its files, and the ``-x`` of its command line.
    :param environ: the environment, ``os.environ`` by default.
    :param options: values of a command's options by setting name; None is "not given".
    :raises SettingsError: for an unknown key or a value that is not understood, with the place where it is written.
    """
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for written in (
        *_from_pyproject(config),
        *_from_ini(config),
        *_from_environment(os.environ if environ is None else environ),
        *_from_x(config),
        *_from_options(options),
    ):
        name = _known(written)
        try:
            value = SETTINGS[name].reader.read(written.value, written.base)
        except ValueError as error:
            raise SettingsError(
                f"Setting {name!r} is {written.value!r} in {written.origin.place}, but takes {error}"
            ) from error
        if value is None and SETTINGS[name].default is not None and not _may_be_none(name):
            raise SettingsError(f"Setting {name!r} is empty in {written.origin.place}; leave it out for the default")
        values[name], origins[name] = value, written.origin
    return replace(Settings(), **values, origins=origins)


def _may_be_none(name: str) -> bool:
    annotation = str(Settings.__annotations__[name])
    return annotation.endswith("| None")


def _known(written: Written) -> str:
    name = written.key.replace("-", "_").lower()
    if name in SETTINGS:
        return name
    nearest = difflib.get_close_matches(name, SETTINGS, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else "'alembic safety-config' lists all"
    raise SettingsError(f"Unknown setting {written.key!r} in {written.origin.place}; {hint}")


def _folder(config: Config) -> Path:
    """The folder of the configuration file that exists, else the current one."""
    for file in (config.config_file_name, config.toml_file_name):
        if file and Path(file).exists():
            return Path(file).absolute().parent
    return Path.cwd()


def _from_pyproject(config: Config) -> Iterator[Written]:
    file = Path(config.toml_file_name) if config.toml_file_name else None
    if file is None or not file.exists():
        return
    from alembic.util.compat import tomllib  # the library that Alembic itself reads this file with

    try:
        tools = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not readable as TOML: {error}") from error
    if TOML_TABLE.replace("_", "-") in tools:
        raise SettingsError(f"{file} has a table [tool.alembic-safety]; it is spelled [tool.{TOML_TABLE}]")
    base = file.absolute().parent
    for key, value in tools.get(TOML_TABLE, {}).items():
        expanded = value.replace("%(here)s", base.as_posix()) if isinstance(value, str) else value
        yield Written(key, expanded, Origin(f"{file} [tool.{TOML_TABLE}]"), base)


def _from_ini(config: Config) -> Iterator[Written]:
    """``[alembic:safety]``, and over it ``[NAME:safety]`` where ``alembic -n NAME`` was called."""
    file = config.config_file_name
    if not file or not Path(file).exists():
        return
    parser = config.file_config
    for section in dict.fromkeys(("alembic:safety", f"{config.config_ini_section}:safety")):
        if not parser.has_section(section):
            continue
        origin = Origin(f"{file} [{section}]")
        inherited = parser.defaults()  # "here", and what a [DEFAULT] section gives to every section
        for key in parser.options(section):
            if key in inherited and key not in SETTINGS:
                continue
            try:
                value = parser.get(section, key)
            except configparser.InterpolationError as error:
                raise SettingsError(
                    f"Setting {key!r} in {origin.place} cannot be read; write a percent sign twice"
                ) from error
            yield Written(key, value, origin, Path(file).absolute().parent)


def _from_environment(environ: Mapping[str, str]) -> Iterator[Written]:
    for variable in sorted(environ):
        if variable.startswith(ENVIRONMENT_PREFIX):
            key = variable[len(ENVIRONMENT_PREFIX) :].lower()
            yield Written(key, environ[variable], Origin(variable), Path.cwd())


def _from_x(config: Config) -> Iterator[Written]:
    for argument in getattr(config.cmd_opts, "x", None) or ():
        if argument.startswith(X_PREFIX):
            key, equals, value = argument[len(X_PREFIX) :].partition("=")
            if not equals:
                raise SettingsError(f"'-x {argument}' has no value; write '-x {argument}=…'")
            yield Written(key, value, Origin(f"-x {X_PREFIX}{key}"), Path.cwd())


def _from_options(options: Mapping[str, Any]) -> Iterator[Written]:
    for key, value in options.items():
        if value is not None:
            yield Written(key, value, Origin(f"--{key.replace('_', '-')}"), Path.cwd())
