"""Changed grants on what is not ours: members of extensions, and objects of the system itself.

A snapshot names them among what it does not model, each with the list that it has and the list that it had at first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alembic_safety.downgrade.kinds.grants import RELATION_LETTERS, Grant, Target, full_letters, statements
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.model.snapshot import Snapshot

#: Words of GRANT … ON -> (all letters, kind of object).
_WORDS = {
    "COLUMN": ("arwx", "column"),
    "FOREIGN DATA WRAPPER": ("U", "foreign_data_wrapper"),
    "FUNCTION": ("X", "function"),
    "LANGUAGE": ("U", "language"),
    "PROCEDURE": ("X", "procedure"),
    "SCHEMA": ("UC", "schema"),
    "SEQUENCE": ("rwU", "sequence"),
    "TABLE": (RELATION_LETTERS, "table"),
    "TYPE": ("U", "base_type"),
}
_ENTRY = re.compile(
    rf"(?P<words>{'|'.join(_WORDS)}) (?P<name>.+?) (?P<now>{{.*}}) instead of (?P<first>{{.*}}) of (?P<owner>.+)\Z",
    re.DOTALL,
)
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}]+)')


@dataclass(frozen=True, slots=True)
class MemberGrants:
    """The statements that give one object of somebody else its grants back."""

    kind: str
    identity: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    words: str
    name: str
    now: list[Grant]
    first: list[Grant]
    owner: str


def changes_extensions(objects: Iterable[CatalogObject]) -> bool:
    """Whether members come or go with these objects: then their grants can be told only afterwards."""
    return any(obj.kind == "extension" for obj in objects)


def member_grants(before: Snapshot, now: Snapshot, role: str | None = None) -> list[MemberGrants]:
    """Statements from the grants of ``now`` to those of ``before``; both must hold the same extensions.

    :param role: whoever runs them.
    """
    have, wish = _entries(now.unmodelled), _entries(before.unmodelled)
    result = []
    for key in sorted(have.keys() | wish.keys()):
        present, wanted = have.get(key), wish.get(key)
        entry = wanted or present
        if entry is None or (present and wanted and present.now == wanted.now):
            continue
        letters, kind = _WORDS[entry.words]
        words, column = f"{entry.words} {entry.name}", None
        if kind == "column":
            column, _, words = entry.name.rpartition(" ON ")
        target = Target(words, full_letters(letters, before.server_version), column=column, me=role)
        source = present.now if present else entry.first
        goal = wanted.now if wanted else entry.first
        sql = statements(source, goal, entry.owner, target)
        if sql:
            result.append(MemberGrants(kind, entry.name, tuple(sql)))
    return result


def _entries(unmodelled: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], _Entry]:
    result = {}
    for kind, text in unmodelled:
        match = _ENTRY.match(text) if kind.endswith(" grants") else None
        if match is not None:
            owner = match["owner"]
            owner = owner[1:-1].replace('""', '"') if owner.startswith('"') else owner
            entry = _Entry(match["words"], match["name"], _items(match["now"]), _items(match["first"]), owner)
            result[entry.words, entry.name] = entry
    return result


def _items(array: str) -> list[Grant]:
    """The items of an array of aclitem as text."""
    found = _ELEMENT.findall(array[1:-1])
    return [Grant.parse(re.sub(r"\\(.)", r"\1", quoted) if quoted else plain) for quoted, plain in found]
