"""A table before and after an upgrade: which columns both schemas have, and how rows are told from each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from alembic_safety.rehearsal.rows.images import Image, image, key_columns

if TYPE_CHECKING:
    from alembic_safety.model.catalog import CatalogObject
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.session import Session


class Shared(NamedTuple):
    """A column that both schemas have."""

    old: str
    new: str
    old_type: str
    new_type: str

    @property
    def is_same(self) -> bool:
        """Whether its type is the same in both (an enum with other labels counts as the same)."""
        return self.old_type == self.new_type


@dataclass(frozen=True)
class Pair:
    """One table."""

    old: CatalogObject
    new: CatalogObject
    columns: tuple[Shared, ...]
    #: Names of the key's columns in the old schema; () where rows have no key in both.
    key: tuple[str, ...]

    def old_image(self, session: Session) -> Image | None:
        """The rows as the old schema shows them, all shared columns."""
        return image(session, self.old.identity, [c.old for c in self.columns], self.key)

    def new_image(self, session: Session) -> Image | None:
        """The rows as the new schema shows them, under the old names."""
        found = image(session, self.new.identity, [c.new for c in self.columns], self.new_key)
        if found is None:
            return None
        return Image(columns=tuple(c.old for c in self.columns), key=self.key, rows=found.rows)

    @property
    def new_key(self) -> tuple[str, ...]:
        """The key's columns in the new schema."""
        names = {c.old: c.new for c in self.columns}
        return tuple(names[name] for name in self.key)


def pairs(before: Snapshot, after: Snapshot, tables: Collection[str]) -> list[Pair]:
    """The tables among ``tables`` (identities before) that hold rows themselves and still are there after."""
    found = []
    for identity in sorted(tables):
        old = before.by_identity.get(("table", identity))
        if old is None or old.props["partition_key"]:
            continue
        new = after.objects.get(old.address) or after.by_identity.get(("table", identity))
        if new is not None and new.kind == "table" and not new.props["partition_key"]:
            found.append(_pair(before, after, old, new))
    return found


def _pair(before: Snapshot, after: Snapshot, old: CatalogObject, new: CatalogObject) -> Pair:
    rebuilt = old.address != new.address
    news = [c for c in after.children.get(new.address, ()) if c.kind == "column"]
    by = {c.name if rebuilt else c.address: c for c in news}
    shared = []
    for column in before.children.get(old.address, ()):
        other = by.get(column.name if rebuilt else column.address) if column.kind == "column" else None
        if other is not None and not column.props["generated"] and not other.props["generated"]:
            shared.append(Shared(column.name, other.name, str(column.props["type"]), str(other.props["type"])))
    names = {column.old for column in shared}
    key = key_columns(before, old)
    return Pair(old, new, tuple(shared), key if key and names.issuperset(key) else ())
