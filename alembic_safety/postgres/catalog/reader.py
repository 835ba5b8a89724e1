"""The whole catalog in one pass."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.kinds import KINDS
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog.census import Census
from alembic_safety.postgres.catalog.edges import EdgeSet
from alembic_safety.postgres.catalog.finish import finish
from alembic_safety.postgres.catalog.queries import query
from alembic_safety.postgres.catalog.quiet import canonical_names
from alembic_safety.postgres.catalog.rows import PARENTS, RELATIVE, build
from alembic_safety.postgres.catalog.statements import Statements
from alembic_safety.postgres.catalog.survey import Survey, SurveyedSnapshot, units_of
from alembic_safety.postgres.catalog.unread import unmodelled
from alembic_safety.postgres.session import Session


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What a snapshot leaves out: our own schemas, and tables by bare name (in any schema) or by qualified identity."""

    schemas: frozenset[str] = frozenset({"alembic_safety"})
    tables: frozenset[str] = frozenset({"alembic_version"})

    def apply(self, obj: CatalogObject) -> bool:
        """Whether an object by itself is left out (what lives inside an excluded table goes with its parent)."""
        if obj.kind == "schema":
            return obj.name in self.schemas
        if obj.schema is not None and obj.schema in self.schemas:
            return True
        return obj.kind == "table" and (obj.name in self.tables or obj.identity in self.tables)


#: Parents before what lives inside them.
READING_ORDER: Sequence[str] = [kind for kind in KINDS if kind not in PARENTS] + [
    kind for kind in KINDS if kind in PARENTS
]
NOTHING_MORE = Exclusions()


def read_snapshot(session: Session, exclude: Exclusions = NOTHING_MORE, *, follow: bool = True) -> Snapshot:
    """Read everything that ``pg_dump --schema-only`` would show.

    Needs an open transaction (anyone's: a superuser, an owner, or a role without privileges), sees its uncommitted changes, and
    leaves search_path as found, also when it fails. ``follow`` adds the facts by which ``read_delta`` can start from the
    result (a tenth of the cost). Raises the driver's own error.
    """
    with canonical_names(session) as prepared, no_collection():
        version = int(session.fetch("SHOW server_version_num")[0][0])
        return full(Statements(session, version // 10000, prepared), version, exclude, follow=follow)


def full(statements: Statements, version: int, exclude: Exclusions, *, follow: bool) -> SurveyedSnapshot:
    """A full reading within ``canonical_names``."""
    survey = Survey.take(statements) if follow else None
    census = Census.of([(row[0], row[1]) for row in statements.rows(statements.all("census"))])
    comments, labels = read_comments(statements)
    objects: dict[Address, CatalogObject] = {}
    for kind in READING_ORDER:
        if not census.has(kind):
            continue
        source = query(kind, statements.major)
        rows = statements.rows(statements.all(kind, members=KINDS[kind].catalog in census.members))
        for obj in build(source, rows, objects, comments, labels):
            if kind in RELATIVE or not exclude.apply(obj):
                objects[obj.address] = obj
    depends, aliases_found, classes_found = statements.run(
        [statements.all(name) for name in ("edges", "aliases", "classes")]
    )
    aliases = aliases_found[0][0] or ""
    classes = {int(oid): name for oid, name in classes_found}
    members = {
        Address(catalog, oid): Address("pg_extension", extension)
        for catalog, oid, extension in (statements.rows(statements.all("members")) if census.members else ())
    }
    missing = unmodelled(statements.session, statements.major, members=bool(census.members))
    finish(objects)
    all_depends = depends[0][0] or ""
    return SurveyedSnapshot(
        server_version=version,
        objects=objects,
        edges=EdgeSet(all_depends, aliases, classes, objects, members),
        unmodelled=missing,
        extension_members={m: objects[e].name for m, e in members.items() if e in objects},
        survey=survey,
        depend_texts=without(all_depends, survey.depends.text if survey else ""),
        alias_text=aliases,
        members=members,
        member_catalogs=census.members,
        classes=classes,
        units=units_of(objects) if follow else {},
    )


def without(text: str, recent: str) -> tuple[str, str]:
    """The text of the rows that are not recent, and of all rows."""
    if not recent:
        return text, text
    gone = set(recent.splitlines())
    return "\n".join(line for line in text.splitlines() if line not in gone), text


def read_comments(statements: Statements) -> tuple[dict[Address, str], dict[Address, tuple[tuple[str, str], ...]]]:
    """All comments and security labels of user objects."""
    comments: dict[Address, str] = {}
    labels: dict[Address, tuple[tuple[str, str], ...]] = {}
    for catalog, oid, sub, provider, text in statements.rows(statements.all("comments")):
        address = Address(catalog, oid, sub)
        if provider is None:
            comments[address] = text
        else:
            labels[address] = (*labels.get(address, ()), (provider, text))
    return comments, labels


def with_comments(objects: dict[Address, CatalogObject], comments: dict[Address, str]) -> None:
    """Give each object its comment, in place."""
    for address, obj in list(objects.items()):
        if obj.comment != comments.get(address):
            objects[address] = replace(obj, comment=comments.get(address))


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
