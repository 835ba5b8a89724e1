"""Which kinds of objects a database has at all: most have no operators, casts or text search parsers of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alembic_safety.model.kinds import KINDS

#: Letters of relkind, typtype, prokind … that a kind's rows carry (of constraints and rules: our own, see ``census.sql``).
LETTERS: Mapping[str, str] = {
    "schema": "n",
    "table": "rp",
    "foreign_table": "f",
    "view": "v",
    "materialized_view": "m",
    "column": "rpvmf",
    "attribute": "c",
    "index": "iI",
    "sequence": "S",
    "enum": "e",
    "domain": "d",
    "composite": "c",
    "range": "r",
    "base_type": "b",
    "shell_type": "p",
    "function": "fw",
    "procedure": "p",
    "aggregate": "a",
    "domain_constraint": "d",
    "constraint": "t",
    "rule": "r",
}
#: Kinds that exist only where another catalog has rows.
_THROUGH: Mapping[str, str] = {
    "publication_table": "pg_publication",
    "publication_schema": "pg_publication",
    "server": "pg_foreign_data_wrapper",
    "user_mapping": "pg_foreign_data_wrapper",
    "default": "pg_attrdef",
}
#: Every database has one.
_ALWAYS = frozenset({"schema"})


@dataclass(frozen=True, slots=True)
class Census:
    """What is there: catalog → letters of the kinds of rows; and the catalogs that hold members of extensions."""

    letters: Mapping[str, frozenset[str]]
    members: frozenset[str]

    @classmethod
    def of(cls, rows: list[tuple[str, list[str] | None]]) -> Census:
        """From the rows of ``census.sql``."""
        found = {catalog: frozenset(letters) for catalog, letters in rows if letters}
        if "c" not in found.get("pg_class", ()) and "pg_type" in found:
            found["pg_type"] -= {"c"}  # row types of tables
        return cls(found, found.pop("members", frozenset()))

    def has(self, kind: str) -> bool:
        """Whether any object of the kind can be there."""
        if kind in _ALWAYS:
            return True
        letters = self.letters.get(_THROUGH.get(kind, KINDS[kind].catalog))
        wanted = LETTERS.get(kind)
        return letters is not None and (wanted is None or not letters.isdisjoint(wanted))
