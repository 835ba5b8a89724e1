"""The text of a revision file that wraps a SQL file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from alembic_safety.revisions.anatomy import NOT_YET
from alembic_safety.revisions.layouts.collect import Source
from alembic_safety.revisions.source import digest
from alembic_safety.revisions.transactions import Part

_TEMPLATE = '''"""{title}

Wrapped from {source}.
"""

from __future__ import annotations

from alembic import op

revision = {revision}
down_revision = {parent}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


@dataclass(frozen=True, slots=True)
class WrappedText:
    """What goes into a revision file."""

    revision: str
    parent: str | None
    title: str
    up: Source
    down: Source | None
    parts: Sequence[Part]
    transaction: bool
    encoding: str


def revision_text(text: WrappedText) -> str:
    """The revision file."""
    upgrade = [*_remarks(text.parts), *_call(text.up, text)]
    if text.down is not None:
        downgrade = _call(text.down, text)
    else:
        downgrade = [f"op.irreversible(\"{NOT_YET}: run 'alembic safety-downgrade {text.revision}'\")"]
    return _TEMPLATE.format(
        title=_in_docstring(text.title[:1].upper() + text.title[1:]),
        source=_in_docstring(
            text.up.path.name if text.up.path.name not in ("up.sql", "migration.sql") else text.up.copy_name
        ),
        revision=_literal(text.revision),
        parent=_literal(text.parent),
        upgrade="\n".join("    " + line for line in upgrade),
        downgrade="\n".join("    " + line for line in downgrade),
    )


def _remarks(parts: Sequence[Part]) -> list[str]:
    """A comment on what does not run in the revision's transaction."""
    return [f"# Outside of a transaction, {part.place}: {part.reason}." for part in parts if part.autocommit]


def _call(source: Source, text: WrappedText) -> list[str]:
    arguments = [_literal(source.copy_name)]
    if source.section is not None:
        arguments.append(f"section={_literal(source.section)}")
    if not text.transaction:
        arguments.append("transaction=False")
    if text.encoding.lower().replace("-", "") != "utf8":
        arguments.append(f"encoding={_literal(text.encoding)}")
    arguments.append(f"sha256={_literal(digest(source.data))}")
    return ["op.run_sql_file(", *(f"    {argument}," for argument in arguments), ")"]


def _literal(value: str | None) -> str:
    return "None" if value is None else json.dumps(value, ensure_ascii=False)


def _in_docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'")
