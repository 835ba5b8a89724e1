"""Rehearse a revision that is just being made: written to a folder of its own, behind the project's chain."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.rehearsal.derive import Derived, Deriver
from alembic_safety.rehearsal.options import options_of
from alembic_safety.rehearsal.runner import rehearse
from alembic_safety.revisions.chain import chain_of

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.operations.ops import MigrationScript

    from alembic_safety.downgrade.statement import Statement
    from alembic_safety.rehearsal.verdict import Verdict
    from alembic_safety.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A revision as it was rehearsed before its own file was there."""

    verdict: Verdict
    derived: Derived | None
    server_major: int
    #: Of the file that was rehearsed.
    text: str


def rehearse_candidate(
    config: Config,
    script: MigrationScript,
    template: Mapping[str, Any],
    settings: Settings,
    render: Callable[[Sequence[Statement]], Sequence[str]],
) -> Candidate:
    """Rehearse a generated script on top of everything before it, and derive its downgrade.

    :param template: what the project's script.py.mako is filled with: ``upgrades``, ``downgrades``, ``imports``, …
    :param render: how statements become lines of the body.
    Raises as ``rehearse``.
    """
    from alembic.script import ScriptDirectory

    with tempfile.TemporaryDirectory(prefix="alembic_safety_candidate_") as folder:
        copy = _with_location(config, folder)
        directory = ScriptDirectory.from_config(copy)
        directory.hooks = []  # formatters are for the file that stays
        directory.messaging_opts = {"quiet": True}
        made = directory.generate_revision(
            script.rev_id or "candidate",
            script.message,
            head=script.head or "head",
            splice=script.splice,
            branch_labels=script.branch_label,
            depends_on=script.depends_on,
            version_path=folder,
            config=copy,
            **template,
        )
        assert made is not None
        text = Path(made.path).read_text(encoding="utf-8")
        chain = chain_of(ScriptDirectory.from_config(copy))
        deriver = Deriver(render=render, preserve=settings.preserve)
        rehearsal = rehearse(copy, options_of(settings, only=script.rev_id), chain=chain, visitor=deriver)
    verdict = rehearsal.verdicts[-1]
    return Candidate(
        verdict=verdict,
        derived=deriver.derived.get(verdict.revision),
        server_major=rehearsal.server_major,
        text=text,
    )


def _with_location(config: Config, folder: str) -> Config:
    """The configuration with one more folder of revisions."""
    from alembic.config import Config as AlembicConfig

    own = config.get_version_locations_list()
    if own is None:
        from alembic.script import ScriptDirectory

        own = [ScriptDirectory.from_config(config).versions]
    copy = AlembicConfig(
        config.config_file_name,
        toml_file=getattr(config, "toml_file_name", None),
        ini_section=config.config_ini_section,
        cmd_opts=config.cmd_opts,
        attributes=dict(config.attributes),
    )
    section = config.config_ini_section
    if config.file_config.has_section(section):
        for name, value in config.file_config.items(section, raw=True):
            copy.set_main_option(name, value)
    copy.set_main_option("path_separator", "os")
    copy.set_main_option("version_locations", os.pathsep.join([*map(str, own), folder]).replace("%", "%%"))
    return copy
