"""The labels of an enum at two times, told from each other by their OIDs where it is the same enum."""

from __future__ import annotations

from alembic_safety.model.catalog import CatalogObject


def renamed_labels(now: CatalogObject, other: CatalogObject) -> dict[str, str]:
    """Labels of ``now`` that are called otherwise in ``other``, which is the same enum at another time.

    Where nothing is known of OIDs, each label counts as the one in the same place, if there are as many.
    """
    have, wish = _labels(now), _labels(other)
    if now.label_oids and other.label_oids:
        names = dict(zip(other.label_oids, wish, strict=True))
        pairs = [(label, names.get(oid, label)) for label, oid in zip(have, now.label_oids, strict=True)]
    else:
        pairs = list(zip(have, wish, strict=True)) if len(have) == len(wish) else []
        if any(old != new and (new in have or old in wish) for old, new in pairs):
            return {}
    return {old: new for old, new in pairs if old != new}


def missing_labels(enum: CatalogObject, other: CatalogObject) -> list[str]:
    """Labels of an enum that ``other`` doesn't have, under that name or, where it is the same enum, under another."""
    labels = _labels(enum)
    is_same = enum.address == other.address
    if is_same and enum.label_oids and other.label_oids:
        there = set(other.label_oids)
        return [label for label, oid in zip(labels, enum.label_oids, strict=True) if oid not in there]
    known = {*_labels(other), *(renamed_labels(enum, other) if is_same else ())}
    return [label for label in labels if label not in known]


def _labels(enum: CatalogObject) -> list[str]:
    return [str(label) for label in enum.props["labels"]]
