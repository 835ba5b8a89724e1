"""What to ask of a database before it is changed: which rows would the change refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What rows are looked for, by code, in the words of a report: "3 rows of public.t hold NULL".
WORDS: Mapping[str, str] = {
    "null": "hold NULL",
    "too-long": "hold a value that is too long",
    "out-of-range": "hold a number that is out of range",
    "not-convertible": "hold a value that cannot be converted",
    "label": "hold a value that the new type does not have",
    "duplicate": "hold a key that is there more than once",
    "orphan": "refer to a row that does not exist",
    "check": "do not meet the condition",
    "domain": "do not meet the condition of the domain",
    "overlap": "exclude each other",
    "partition": "do not belong in the partition",
    "not-empty": "are there, where the table has to be empty",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """What to look for, in SQL that names only what exists before the change and holds no value of any row."""

    #: A key of ``WORDS``.
    code: str
    #: Kind and identity of what makes the demand, as it is called after the change: ``constraint``, ``public.t.t_a_key``.
    kind: str
    subject: str
    #: Identity of the table whose rows are asked for, as it is called before the change.
    table: str
    #: What the change demands, as a sentence without a full stop: ``public.t.a takes no NULL``.
    demand: str
    #: A SELECT of one text column: the key of each row that is in the way.
    query: str
    #: Whether a rehearsal saw such rows refused; else they follow from the schema alone, and nobody tried.
    seen: bool = False
    #: Least ``server_version_num`` that the query runs on.
    server: int = 140000
    #: A SELECT of the places (``tableoid`` and ``ctid``) of rows without which the others would fit; '' for none.
    places: str = ""
    #: A column whose values are in the way, so that such a row would fit with NULL in it; '' for none.
    column: str = ""

    @property
    def words(self) -> str:
        """What is wrong with the rows it finds."""
        return WORDS[self.code]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "code": self.code,
            "kind": self.kind,
            "subject": self.subject,
            "table": self.table,
            "demand": self.demand,
            "query": self.query,
            "seen": self.seen,
            "server": self.server,
            **({"places": self.places} if self.places else {}),
            **({"column": self.column} if self.column else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Probe:
        """The inverse of ``to_json``. Raises KeyError, TypeError or ValueError where the data is of another form."""
        probe = cls(**data)
        if probe.code not in WORDS:
            raise ValueError(f"a probe of kind {probe.code!r} is not known")
        return probe
