"""Which rows a schema-only downgrade does not bring back, and where restoring them belongs among its statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_safety.downgrade.compare import changes
from alembic_safety.downgrade.statement import DataNeed, Statement
from alembic_safety.downgrade.widening import widens
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.model.labels import missing_labels
from alembic_safety.model.snapshot import Snapshot


def data_needs(before: Snapshot, after: Snapshot, statements: Sequence[Statement]) -> tuple[DataNeed, ...]:
    """What rows the upgrade destroys and what rows the downgrade will, in the order of the catalog."""
    found = list(_needs(before, after))
    return tuple(
        DataNeed(what=what, subject=obj.identity, reason=reason, lost_by=by, at=_place(obj, statements, by))
        for what, obj, reason, by in found
    )


def rows_in_the_way(found: Sequence[tuple[str, str]], statements: Sequence[Statement]) -> tuple[DataNeed, ...]:
    """Rows that keep a statement from running, as (its text, what the server said)."""
    result = []
    for sql, error in found:
        for number, statement in enumerate(statements):
            if statement.sql == sql:
                reason = (
                    f"rows that are there after the upgrade do not fit {statement.kind} {statement.subject}: {error}"
                )
                result.append(
                    DataNeed(what="rows", subject=statement.subject, reason=reason, at=number, lost_by="downgrade")
                )
                break
    return tuple(result)


_NAMED_TYPES = ("enum", "domain", "composite", "range")


def _needs(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, CatalogObject, str, str]]:
    for change in changes(before, after):
        old, new = change.before, change.after
        if old is not None and new is None:
            yield from _gone(old, before, after, "upgrade")
        elif new is not None and old is None:
            yield from _gone(new, after, before, "downgrade")
        elif old is not None and new is not None:
            yield from _changed(old, new, change.keys, before, after)
    yield from _relabelled(before, after)


def _gone(
    obj: CatalogObject, side: Snapshot, other: Snapshot, by: str
) -> Iterator[tuple[str, CatalogObject, str, str]]:
    who = "the upgrade drops" if by == "upgrade" else "the downgrade drops"
    if obj.kind == "table" and not obj.props["partition_key"]:
        yield "table", obj, f"{who} table {obj.identity} with its rows", by
    elif obj.kind == "column" and obj.parent is not None and obj.parent in other.objects:
        if side.objects[obj.parent].kind == "table" and not obj.props["generated"] and not _inherited(obj):
            yield "column", obj, f"{who} column {obj.identity} with its values", by
    elif obj.kind == "attribute" and obj.parent is not None and (holder := _still_there(obj, side, other)) is not None:
        yield "attributes", holder, f"{who} attribute {obj.identity} with its values", by
    elif obj.kind == "sequence" and by == "upgrade" and not _goes_with_rows(obj, side, other):
        yield "sequence", obj, f"{who} sequence {obj.identity} with its position", by


def _still_there(attribute: CatalogObject, side: Snapshot, other: Snapshot) -> CatalogObject | None:
    """The composite type of an attribute, which is there at both times and of which something may be stored."""
    holder = side.objects.get(attribute.parent) if attribute.parent is not None else None
    return holder if holder is not None and holder.address in other.objects else None


def _goes_with_rows(sequence: CatalogObject, side: Snapshot, other: Snapshot) -> bool:
    """Whether its position is kept with what goes along: an identity column, or its table, and the rows of it."""
    if not sequence.props["identity"]:
        return False
    column = side.by_identity.get(("column", str(sequence.props["owned_by"])))
    if column is None or column.parent is None:
        return False
    # A partitioned table has no rows itself; a column that stays is not kept.
    return not side.objects[column.parent].props.get("partition_key") and column.address not in other.objects


def _inherited(column: CatalogObject) -> bool:
    return bool(column.props["inherit_count"]) and not column.props["is_local"]


def _changed(
    old: CatalogObject, new: CatalogObject, keys: Sequence[str], before: Snapshot, after: Snapshot
) -> Iterator[tuple[str, CatalogObject, str, str]]:
    if old.kind == "column" and "type" in keys and old.parent is not None and old.parent in before.objects:
        if before.objects[old.parent].kind == "table" and not old.props["generated"] and not _inherited(old):
            was, is_ = str(old.props["type"]), str(new.props["type"])
            if _is_same_type(was, is_, before, after):
                return
            if not widens(was, is_):
                yield "type", old, f"the upgrade turns {old.identity} from {was} into {is_}", "upgrade"
            if not widens(is_, was):
                yield "type", old, f"the downgrade turns {old.identity} from {is_} into {was}", "downgrade"
    elif old.kind == "attribute" and "type" in keys and (holder := _still_there(old, before, after)) is not None:
        was, is_ = str(old.props["type"]), str(new.props["type"])
        if not _is_same_type(was, is_, before, after):
            for by, one, other in (("upgrade", was, is_), ("downgrade", is_, was)):
                if not widens(one, other):
                    yield "attributes", holder, f"the {by} turns attribute {old.identity} from {one} into {other}", by
    elif old.kind == "enum" and "labels" in keys:
        lost, added = missing_labels(old, new), missing_labels(new, old)
        if lost:
            yield "labels", old, f"the upgrade takes {', '.join(lost)} away from type {old.identity}", "upgrade"
        if added:
            yield "labels", old, f"the downgrade takes {', '.join(added)} away from type {old.identity}", "downgrade"


def _is_same_type(was: str, now: str, before: Snapshot, after: Snapshot) -> bool:
    """Whether the type itself was renamed or moved to another schema, which touches no value."""
    array = "[]" if was.endswith("[]") else ""
    found = (before.by_identity.get((kind, was.removesuffix("[]"))) for kind in _NAMED_TYPES)
    renamed = (after.objects.get(obj.address) for obj in found if obj is not None)
    return any(obj is not None and obj.identity + array == now for obj in renamed)


def _relabelled(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, CatalogObject, str, str]]:
    """Columns of an enum that was made anew with fewer labels: they have the same type by name, and other values."""
    for address, column in before.objects.items():
        now = after.objects.get(address)
        if column.kind != "column" or now is None or column.props["type"] != now.props["type"] or _inherited(column):
            continue
        name = str(column.props["type"]).removesuffix("[]")
        was, is_ = before.by_identity.get(("enum", name)), after.by_identity.get(("enum", name))
        if was is None or is_ is None or was.address == is_.address:
            continue
        for one, other, by in ((was, is_, "upgrade"), (is_, was, "downgrade")):
            lost = [label for label in one.props["labels"] if label not in other.props["labels"]]
            if lost:
                yield "type", column, f"the {by} takes {', '.join(lost)} away from type {name} of {column.identity}", by


def _place(obj: CatalogObject, statements: Sequence[Statement], by: str) -> int:
    """After the statement that makes the place for the rows (before the one that destroys them, if the downgrade does)."""
    for number, statement in enumerate(statements):
        same = (statement.kind, statement.subject) == (obj.kind, obj.identity)
        if same and by == "downgrade" and statement.action in ("drop", "alter"):
            return number
        if same and by == "upgrade" and statement.action in ("create", "alter"):
            return number + 1
    return 0 if by == "downgrade" else len(statements)
