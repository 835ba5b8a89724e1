"""The whole catalog in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.kinds import KINDS
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog.edges import EdgeSet
from alembic_safety.postgres.catalog.finish import finish
from alembic_safety.postgres.catalog.queries import query
from alembic_safety.postgres.catalog.quiet import canonical_names
from alembic_safety.postgres.catalog.rows import PARENTS, build
from alembic_safety.postgres.session import Session


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What a snapshot leaves out: our own schemas, and tables by bare name (in any schema) or by qualified identity."""

    schemas: frozenset[str] = frozenset({"alembic_safety"})
    tables: frozenset[str] = frozenset({"alembic_version"})


#: Parents before what lives inside them.
READING_ORDER: Sequence[str] = [kind for kind in KINDS if kind not in PARENTS] + [kind for kind in KINDS if kind in PARENTS]


def read_snapshot(session: Session, exclude: Exclusions = Exclusions()) -> Snapshot:
    """Read everything that ``pg_dump --schema-only`` would show.

    Needs an open transaction (anyone's: a superuser, an owner, or a role without privileges), sees its uncommitted changes, and
    leaves search_path as found, also when it fails. Raises the driver's own error.
    """
    with canonical_names(session):
        version = int(session.fetch("SHOW server_version_num")[0][0])
        major = version // 10000
        comments: dict[Address, str] = {}
        labels: dict[Address, tuple[tuple[str, str], ...]] = {}
        for catalog, oid, sub, provider, text in session.fetch(query_text("comments", major)):
            address = Address(catalog, oid, sub)
            if provider is None:
                comments[address] = text
            else:
                labels[address] = (*labels.get(address, ()), (provider, text))
        objects: dict[Address, CatalogObject] = {}
        for kind in READING_ORDER:
            source = query(kind, major)
            for obj in build(source, session.fetch(source.sql(filtered=False)), objects, comments, labels):
                if not excluded(obj, exclude):
                    objects[obj.address] = obj
        depends = session.fetch(query_text("edges", major))
        aliases = session.fetch(query_text("aliases", major))
    finish(objects)
    members = {Address(r[0], r[1]): Address(r[3], r[4]) for r in depends if r[6] == "e" and r[3] == "pg_extension"}
    return Snapshot(
        server_version=version,
        objects=objects,
        edges=EdgeSet(depends, aliases, objects, members),
        extension_members={m: objects[e].name for m, e in members.items() if e in objects},
    )


def query_text(name: str, major: int) -> str:
    """A helper query's statement for the whole database."""
    return query(name, major).sql(filtered=False)


def excluded(obj: CatalogObject, exclude: Exclusions) -> bool:
    """Whether an object by itself is to be left out (what lives inside an excluded table goes with its parent)."""
    if obj.kind == "schema":
        return obj.name in exclude.schemas
    if obj.schema is not None and obj.schema in exclude.schemas:
        return True
    return obj.kind == "table" and (obj.name in exclude.tables or obj.identity in exclude.tables)
