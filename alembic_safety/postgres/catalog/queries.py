"""The catalog queries: one text a kind under ``sql/``, with variants for newer servers, and what their columns mean.

A file's output columns are its lines indented by four spaces (eight, at the end of a long expression) that end in ``AS name``. ``oid``, ``sub``, ``identity``, ``name``,
``schema``, ``parent``, ``owner``, ``acl`` and ``acl_default`` are facts of every kind; any other name is a property (``prop_x`` is the
property ``x`` where that name is one of the above, and ``x_json`` the property ``x`` given as JSON text). ``column.18.sql`` is
taken instead of ``column.sql`` from PostgreSQL 18 on.

Marks are filled in: ``{own:catalog, oid}`` (no member of an extension), ``{only:oid}`` (one of the wanted objects) and
``{user:oid}`` (no object of the system; of wanted objects that is known, and the planner would rather read all by it). In the files about what is recent ``{recent:x}`` (the row's age is at most ``$1``, and with
``after`` no command of this transaction up to ``$2`` wrote it) and ``{command:x}`` (the last command that wrote one of the rows, as far as it can be told).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_OUTPUT = re.compile(r" {4}(?: {4})?(?! )(?:.* )?AS (\w+),?$")
_OWN = re.compile(r"\{own:(\w+), ([\w.]+)\}")
_ONLY = re.compile(r"\{only:([\w.]+)\}")
_USER = re.compile(r"\{user:([\w.]+)\}")
_RECENT = re.compile(r"\{recent:(\w+)\}")
_COMMAND = re.compile(r"\{command:(\w+)\}")
_SECTION = re.compile(r"^-- == (\w+)\n", re.MULTILINE)
FACTS = frozenset({"oid", "sub", "identity", "name", "schema", "parent", "owner", "acl", "acl_default", "label_oids"})


@dataclass(frozen=True, slots=True)
class Query:
    """One query text and the names of its output columns."""

    name: str
    text: str
    columns: tuple[str, ...]

    def sql(self, *, filtered: bool, members: bool = True) -> str:
        """The statement: of all objects, or (``filtered``) of those whose OIDs are in the parameter ``$1``.

        ``members=False`` spares the look for members of extensions in a database that has none of that catalog.
        """
        own = (
            r"NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend x_"
            r" WHERE x_.classid = 'pg_catalog.\1'::pg_catalog.regclass AND x_.objid = \2 AND x_.deptype = 'e')"
        )
        text = _OWN.sub(own if members else "true", self.text)
        text = _USER.sub("true" if filtered else r"\1 >= 16384", text)
        return _ONLY.sub(r"\1 = ANY ($1)" if filtered else "true", text)


def _variant(name: str, major: int) -> str:
    folder = files(__package__).joinpath("sql")
    for version in range(major, 14, -1):
        candidate = folder.joinpath(f"{name}.{version}.sql")
        if candidate.is_file():
            return candidate.read_text("utf-8")
    return folder.joinpath(f"{name}.sql").read_text("utf-8")


def _output_columns(text: str) -> tuple[str, ...]:
    names = []
    for line in text.partition("\nFROM ")[0].splitlines():
        match = _OUTPUT.match(line)
        if match:
            names.append(match[1])
    return tuple(names)


@cache
def query(name: str, major: int) -> Query:
    """The query of that name for a server of that major version; raises FileNotFoundError for an unknown name."""
    text = _variant(name, major)
    return Query(name, text, _output_columns(text))


@cache
def sections(name: str) -> Mapping[str, str]:
    """The statements of a file that holds several, each under a line ``-- == title``, by title."""
    parts = _SECTION.split(files(__package__).joinpath("sql").joinpath(f"{name}.sql").read_text("utf-8"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@cache
def recent(text: str, *, after: bool) -> str:
    """A statement about what is recent: of ``$1``, the greatest age, or (``after``) of ``$2`` too, a command.

    A row's ``cmin`` is the number of the command that wrote it as long as nothing has tried to delete or lock the row since (PostgreSQL's
    ``combocid.c``: afterwards the same field can hold something else, and ``xmax`` tells that it may).
    """
    filters = r"pg_catalog.age(\1.xmin) <= $1" + (r" AND (\1.xmax <> 0 OR \1.cmin::text::bigint > $2)" if after else "")
    text = _COMMAND.sub(r"pg_catalog.max(\1.cmin::text::bigint) FILTER (WHERE \1.xmax = 0)", text)
    return _RECENT.sub(filters, text)


def oid_array(oids: Sequence[int]) -> str:
    """An ``oid[]`` literal."""
    return "'{" + ",".join(str(int(oid)) for oid in oids) + "}'::pg_catalog.oid[]"
