"""The catalog queries: one text a kind under ``sql/``, with variants for newer servers, and what their columns mean.

A file's output columns are its lines indented by four spaces (eight, at the end of a long expression) that end in ``AS name``. ``oid``, ``sub``, ``identity``, ``name``,
``schema``, ``parent``, ``owner``, ``acl`` and ``acl_default`` are facts of every kind; any other name is a property (``prop_x`` is the
property ``x`` where that name is one of the above, and ``x_json`` the property ``x`` given as JSON text). ``column.18.sql`` is
taken instead of ``column.sql`` from PostgreSQL 18 on.

Marks are filled in: ``{own:catalog, oid}`` (no member of an extension), ``{only:oid}`` (one of the wanted objects) and
``{user:oid}`` (no object of the system; of wanted objects that is known, and the planner would rather read all by it). In the files about what is recent ``{recent:x}`` (the row's age is at most ``$1``, and with
``after`` no command of this transaction up to ``$2`` wrote it), ``{command:x}`` (the command that wrote the row, NULL where it can't be told), ``{relations}`` (OIDs of
relations, the next parameter) and ``{parts}`` (what belongs to them, for ``pg_depend``).
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
_SECTION = re.compile(r"^-- == (\w+)(?: near (.+))?\n", re.MULTILINE)
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


@dataclass(frozen=True, slots=True)
class Section:
    """What is recent in one catalog."""

    text: str
    #: Which of its rows belong to the relations given; '' where that can't be said.
    near: str


@cache
def recent_sections() -> Mapping[str, Section]:
    """The statements of ``recent.sql`` by catalog."""
    parts = _SECTION.split(files(__package__).joinpath("sql").joinpath("recent.sql").read_text("utf-8"))
    found = {
        name: Section(text, near or "") for name, near, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }
    belonging = found.pop("parts").text
    return {name: Section(one.text, one.near.replace("{parts}", belonging)) for name, one in found.items()}


@cache
def recent(text: str, *, after: bool, more: str = "") -> str:
    """A statement about what is recent: of ``$1``, the greatest age, or (``after``) of ``$2`` too, a command.

    A row's ``cmin`` is the number of the command that wrote it as long as nothing has tried to delete or lock the row since (PostgreSQL's
    ``combocid.c``: afterwards the same field can hold something else, and ``xmax`` tells that it may).

    :param more: one more condition on the rows.
    """
    filters = r"pg_catalog.age(\1.xmin) <= $1" + (r" AND (\1.xmax <> 0 OR \1.cmin::text::bigint > $2)" if after else "")
    text = _COMMAND.sub(r"CASE WHEN \1.xmax = 0 THEN \1.cmin::text::bigint END", text)
    return _RECENT.sub(filters, text.replace("{recent:x}", f"{{recent:x}} AND {more}") if more else text)


@cache
def recent_nearby(catalog: str, *, after: bool) -> str:
    """What is recent in a catalog among the rows that belong to some relations; where that is less than was written, among all rows.

    Parameters after those of ``recent``: the relations, and how many rows were written. A row version that is there was written once, so
    when as many are found as were ever written, there are no others.
    """
    section = recent_sections()[catalog]
    relations, written = ("$3", "$4") if after else ("$2", "$3")
    near = recent(section.text, after=after, more=recent(section.near, after=after)).replace("{relations}", relations)
    # Of a row whose command can't be told it is not known that it was written after that command.
    sure = " WHERE n_.command IS NOT NULL" if after else ""
    gate = f"(SELECT COALESCE(pg_catalog.sum(n_.count), 0) FROM near n_{sure}) < {written}"
    far = recent(section.text, after=after, more=gate)
    return f"WITH near AS MATERIALIZED (\n{near})\nSELECT * FROM near\nUNION ALL\nSELECT * FROM (\n{far}) far"


def oid_array(oids: Sequence[int]) -> str:
    """An ``oid[]`` literal."""
    return "'{" + ",".join(str(int(oid)) for oid in oids) + "}'::pg_catalog.oid[]"
