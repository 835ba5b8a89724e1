"""The whole catalog in one pass."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.kinds import KINDS
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog.census import Census
from alembic_safety.postgres.catalog.edges import EdgeSet
from alembic_safety.postgres.catalog.finish import finish
from alembic_safety.postgres.catalog.followed import FollowedSnapshot, UnreadEdges, units_of
from alembic_safety.postgres.catalog.moment import Moment
from alembic_safety.postgres.catalog.queries import query, recent_sections
from alembic_safety.postgres.catalog.quiet import canonical_names
from alembic_safety.postgres.catalog.rows import PARENTS, RELATIVE, build
from alembic_safety.postgres.catalog.statements import Statements
from alembic_safety.postgres.session import Session


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What a snapshot leaves out: our own schemas, and tables by bare name (in any schema) or by qualified identity."""

    schemas: frozenset[str] = frozenset({"alembic_safety"})
    tables: frozenset[str] = frozenset({"alembic_version"})

    def leaves_out(self, schema: str, table: str) -> bool:
        """Whether a table with these names is left out."""
        return schema in self.schemas or table in self.tables or f"{schema}.{table}" in self.tables

    def apply(self, obj: CatalogObject) -> bool:
        """Whether an object by itself is left out (what lives inside an excluded table goes with its parent)."""
        if obj.kind == "schema":
            return obj.name in self.schemas
        if obj.schema is not None and obj.schema in self.schemas:
            return True
        return obj.kind == "table" and (obj.name in self.tables or obj.identity in self.tables)


#: A unit is read again as a whole: a relation with all that hangs on it, a type with its attributes or constraints, a routine, a schema
#: by itself.
UNITS = ("pg_class", "pg_type", "pg_proc", "pg_namespace")
#: Parents before what lives inside them.
READING_ORDER: Sequence[str] = [kind for kind in KINDS if kind not in PARENTS] + [
    kind for kind in KINDS if kind in PARENTS
]
NOTHING_MORE = Exclusions()
#: Queries for the dependencies, and for what extensions have brought. ``unmodelled`` tells what a snapshot cannot model, by kind and name
#: (reported, never skipped in silence): objects of other kinds, changed grants on objects of the system, and what this role may not read.
_ABOUT_EDGES = ("edges", "aliases", "classes")
_ABOUT_MEMBERS = ("members", "unmodelled_members")


def read_snapshot(session: Session, exclude: Exclusions = NOTHING_MORE, *, edges: bool = True) -> Snapshot:
    """Read everything that ``pg_dump --schema-only`` would show.

    Needs an open transaction (anyone's: a superuser, an owner, or a role without privileges), sees its uncommitted changes, and
    leaves search_path as found, also when it fails. ``read_delta`` can start from the result. Raises the driver's own error.

    :param edges: False spares the dependencies; the result's ``edges`` can't be asked then.
    """
    with canonical_names(session, ["SHOW server_version_num"]) as (quiet, first), no_collection():
        version = int(first[0][0][0])
        return full(Statements(quiet, version // 10000), version, exclude, edges=edges)


def full(statements: Statements, version: int, exclude: Exclusions, *, edges: bool) -> FollowedSnapshot:
    """A full reading within ``canonical_names``."""
    moment, rare, counted, commented = statements.once(
        [
            statements.plain("moment"),
            statements.plain("fingerprint"),
            statements.all("census"),
            statements.all("comments"),
        ]
    )
    now = Moment.of(moment[0])
    census = Census.of([(row[0], row[1]) for row in counted])
    comments, labels = comments_of(commented)
    kinds = [kind for kind in READING_ORDER if census.has(kind)]
    # Their dependencies and all else that is asked about all objects goes along.
    others = [*(_ABOUT_EDGES if edges else ()), *(_ABOUT_MEMBERS if census.members else ()), "unmodelled"]
    calls = [statements.all(kind, members=KINDS[kind].catalog in census.members) for kind in kinds]
    by_kind = statements.run([*calls, *(statements.all(name) for name in others)])
    more = dict(zip(others, by_kind[len(kinds) :], strict=True))
    objects: dict[Address, CatalogObject] = {}
    for kind, rows in zip(kinds, by_kind, strict=False):
        for obj in build(query(kind, statements.major), rows, objects, comments, labels):
            if kind in RELATIVE or not exclude.apply(obj):
                objects[obj.address] = obj
    classes = {int(oid): name for oid, name in more.get("classes", ())}
    members = {
        Address(catalog, oid): Address("pg_extension", extension) for catalog, oid, extension in more.get("members", ())
    }
    missing = more["unmodelled"]
    if census.members:
        missing = sorted(missing + more["unmodelled_members"])
    finish(objects)
    _let_grow_old()
    depends, aliases = (more[name][0][0] or "" if edges else "" for name in ("edges", "aliases"))
    units = units_of(objects)
    return FollowedSnapshot(
        server_version=version,
        objects=objects,
        edges=EdgeSet(depends, aliases, classes, objects, members) if edges else UnreadEdges(),
        unmodelled=tuple((kind, identity) for kind, identity in missing),
        extension_members={m: objects[e].name for m, e in members.items() if e in objects},
        moment=now,
        rare=rare[0][0] or "",
        depend_texts=(depends, depends) if edges else None,
        alias_text=aliases,
        members=members,
        member_catalogs=census.members,
        classes=classes,
        units=units,
        **(_unsettled(statements, objects) if now.transaction is not None else {}),
    )


def _unsettled(statements: Statements, objects: Mapping[Address, CatalogObject]) -> dict[str, Any]:
    """What may yet be rolled back of what a reading in the middle of a transaction saw."""
    locks, *recent = statements.once(
        [statements.plain("strong_locks"), *(statements.recent(name, "0") for name in recent_sections())]
    )
    touched = {Address(row[0], row[1]) for rows in recent for row in rows if row[0] is not None}
    owners = {address: objects[address].parent or address for address in touched if address in objects}
    return {
        "unsettled": frozenset(owners.get(address, address) for address in touched if address.catalog in UNITS),
        "held": frozenset(locks_of(locks)),
    }


def locks_of(rows: Iterable[tuple[Any, ...]]) -> set[tuple[str, int]]:
    """From the rows of ``strong_locks.sql``: catalog and OID of each object."""
    return {(catalog.removeprefix("pg_catalog."), int(oid)) for catalog, oid in rows}


def member_tally(members: Iterable[Address]) -> tuple[int, int]:
    """By which two readings of the members of extensions are told apart."""
    oids = [address.oid for address in members]
    return len(oids), sum(oids)


def without(text: str, recent: str) -> tuple[str, str]:
    """The text of the rows that are not recent, and of all rows."""
    if not recent:
        return text, text
    gone = set(recent.splitlines())
    return "\n".join(line for line in text.splitlines() if line not in gone), text


def comments_of(
    rows: Iterable[tuple[Any, ...]],
) -> tuple[dict[Address, str], dict[Address, tuple[tuple[str, str], ...]]]:
    """All comments and security labels of user objects, from the rows of ``comments.sql``."""
    comments: dict[Address, str] = {}
    labels: dict[Address, tuple[tuple[str, str], ...]] = {}
    for catalog, oid, sub, provider, text in rows:
        address = Address(catalog, oid, sub)
        if provider is None:
            comments[address] = text
        else:
            labels[address] = (*labels.get(address, ()), (provider, text))
    return comments, labels


def with_comments(objects: dict[Address, CatalogObject], comments: dict[Address, str]) -> set[Address]:
    """Give each object its comment, in place; the result is those that had another."""
    changed = {address for address, obj in objects.items() if obj.comment != comments.get(address)}
    for address in changed:
        objects[address] = replace(objects[address], comment=comments.get(address))
    return changed


@contextmanager
def no_collection() -> Iterator[None]:
    """Thousands of objects are made and kept: looking for cycles among them in between is a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _let_grow_old() -> None:
    """Spare the collector a look at what was just made: it counts as old at once."""
    if not gc.get_freeze_count():  # else somebody has a use for what is frozen
        gc.freeze()
        gc.unfreeze()
