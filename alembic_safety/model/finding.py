"""The one shape in which every layer reports something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """How much a finding weighs: only ERROR makes a run fail by itself."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something a user should know, about one object or place in a source."""

    #: Stable kebab-case name of the check or rule: ``orphan-rows``, ``downgrade-left-behind``.
    code: str
    severity: Severity
    #: One sentence in plain words, without a full stop, naming the object.
    message: str
    #: Kind and identity of the object: ``("index", "public.orders_total_idx")``.
    kind: str | None = None
    subject: str | None = None
    #: The table that the subject belongs to, where its name does not say.
    table: str | None = None
    revision: str | None = None
    file: str | None = None
    line: int | None = None
    #: How many rows or objects are concerned, where that is known.
    count: int | None = None
    #: Up to five example keys, as text.
    examples: tuple[str, ...] = ()
    #: SQL that shows the problem.
    query: str | None = None
    #: What to do about it.
    remedy: str | None = None
