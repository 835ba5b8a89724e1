"""The isolation level that a revision asks for: PostgreSQL takes it only before the first query of a transaction.

Whoever looks at the database within the same transaction has to ask for that level first; asked for again, it changes nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_safety.errors import SourceError
from alembic_safety.revisions.sql_text import read_sql

if TYPE_CHECKING:
    from alembic_safety.revisions.chain import Revision

_ASKED = re.compile(
    r"\b(?:SET\s+(?:LOCAL\s+)?TRANSACTION|START\s+TRANSACTION|BEGIN(?:\s+(?:WORK|TRANSACTION))?)"
    r"\s+ISOLATION\s+LEVEL\s+(SERIALIZABLE|REPEATABLE\s+READ)\b",
    re.IGNORECASE,
)


def isolation_of(revision: Revision | None) -> str:
    """SQL that sets the level which a revision's sources ask for; '' where they ask for none."""
    if revision is None:
        return ""
    texts = [revision.source]
    for file in revision.sql_files:
        try:
            texts.append(read_sql(file))
        except SourceError:
            continue  # whoever runs it says so
    found = {" ".join(match[1].upper().split()) for text in texts for match in _ASKED.finditer(text)}
    return f"SET TRANSACTION ISOLATION LEVEL {max(found)}" if found else ""
