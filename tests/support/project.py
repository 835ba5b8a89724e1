"""Small Alembic projects, written for one test."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.config import Config

from alembic_safety.rehearsal.options import Options
from alembic_safety.rehearsal.runner import rehearse
from alembic_safety.rehearsal.verdict import Rehearsal, Verdict

INI = """\
[alembic]
script_location = alembic_safety:environment
version_locations = %(here)s/versions
path_separator = os
"""
#: One transaction for all revisions, as Alembic's generic template has it.
_ONE_TRANSACTION = """\
from alembic import context
from sqlalchemy import create_engine, make_url, pool
from alembic_safety import hooks

url = context.get_x_argument(as_dictionary=True).get("url", "postgresql+psycopg://nowhere")
engine = create_engine(make_url(url), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, **hooks.options())
    hooks.run(context)
"""


@dataclass
class Project:
    """A project folder; revisions are added one after the other."""

    folder: Path
    heads: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, folder: Path) -> Project:
        """An empty project with the packaged environment."""
        (folder / "versions").mkdir(parents=True)
        (folder / "alembic.ini").write_text(INI)
        return cls(folder)

    @property
    def config(self) -> Config:
        """A fresh configuration."""
        return Config(str(self.folder / "alembic.ini"))

    def add(
        self,
        revision: str,
        up: str,
        down: str | None = "pass",
        *,
        after: str | tuple[str, ...] | None = "",
        imports: str = "",
        extra: str = "",
    ) -> Path:
        """Add a revision whose bodies are Python; ``down=None`` leaves the function out."""
        if after == "":
            after = self.heads[-1] if self.heads else None
        text = f'"""{revision} title"""\nfrom alembic import op\nimport sqlalchemy as sa\n{imports}\n'
        text += f"revision = {revision!r}\ndown_revision = {after!r}\n{extra}\n\n"
        text += "def upgrade():\n" + textwrap.indent(textwrap.dedent(up).strip("\n"), "    ") + "\n"
        if down is not None:
            text += "\n\ndef downgrade():\n" + textwrap.indent(textwrap.dedent(down).strip("\n"), "    ") + "\n"
        path = self.folder / "versions" / f"{revision}.py"
        path.write_text(text, encoding="utf-8")
        self.heads.append(revision)
        return path

    def sql(self, revision: str, up: str, down: str | None = "", **options: Any) -> Path:
        """Add a revision of SQL texts."""
        body = None if down is None else f"op.run_sql({down!r})" if down else "pass"
        return self.add(revision, f"op.run_sql({up!r})", body, **options)

    def rehearse(self, **options: Any) -> Rehearsal:
        """Rehearse it without the cache."""
        return rehearse(self.config, Options(**{"cache": False, **options}))


def verdict_of(rehearsal: Rehearsal, revision: str) -> Verdict:
    """The verdict of one revision."""
    return next(v for v in rehearsal.verdicts if v.revision == revision)


def in_one_transaction(project: Project) -> None:
    """Give a project an env.py of its own, which runs all revisions in one transaction."""
    (project.folder / "env.py").write_text(_ONE_TRANSACTION)
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("alembic_safety:environment", "%(here)s"))
