"""Which kinds of rows a unit may have: all that is read again together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from alembic_safety.model.catalog import Address
from alembic_safety.model.kinds import KINDS
from alembic_safety.postgres.catalog.census import LETTERS
from alembic_safety.postgres.catalog.followed import FollowedSnapshot
from alembic_safety.postgres.catalog.rows import PARENTS

#: Of the kinds with letters those that a unit may have or not, as ``units.sql`` tells.
_HANGING = frozenset({"constraint", "index", "rule", "domain_constraint"})
#: Of the kinds that a relation may have or not, the catalog to which a new one writes.
_WRITTEN_TO: Mapping[str, str] = {
    "constraint": "pg_constraint",
    "default": "pg_attrdef",
    "index": "pg_index",
    "policy": "pg_policy",
    "rule": "pg_rewrite",
    "statistics": "pg_statistic_ext",
    "trigger": "pg_trigger",
}
#: From here on the name of a NOT NULL is told where it is not the automatic one, which changes with that of the table or column.
_NOT_NULL_HAS_A_NAME = 180000


def _kinds_of() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for kind, letters in LETTERS.items():
        for letter in letters if kind not in _HANGING else "":
            found.setdefault((PARENTS.get(kind, KINDS[kind].catalog), letter), []).append(kind)
    return found


#: By catalog, the kinds of what a recent row in it may have changed in a relation, besides the relation and its columns. An index shows the
#: name of its constraint.
PARTS: Mapping[str, tuple[str, ...]] = {
    **{catalog: (kind,) for kind, catalog in _WRITTEN_TO.items()},
    "pg_constraint": ("constraint", "index"),
}
#: Kinds of rows that every unit of a catalog with that letter has.
KINDS_OF: Mapping[tuple[str, str], list[str]] = _kinds_of()


def known_kinds(
    units: Iterable[Address],
    base: FollowedSnapshot,
    written: Collection[str],
    letters: Mapping[Address, str],
    partly: Mapping[Address, Collection[str]],
) -> dict[str, set[int]] | None:
    """OIDs of the units by the kinds of rows that they may have, as far as a snapshot and their letters tell; None: they don't tell of all.

    ``written``: the catalogs that hold what they may have got since the snapshot. ``partly``: all kinds that are to be read of some units.
    """
    kinds: dict[str, set[int]] = {}
    got = [kind for kind, catalog in _WRITTEN_TO.items() if catalog in written]
    for unit in units:
        letter = letters.get(unit)
        if letter is None and unit not in base.units:
            return None
        has = set(partly.get(unit, ())) or {base.objects[address].kind for address in base.units.get(unit, ())}
        has.update(KINDS_OF.get((unit.catalog, letter), ()) if letter is not None else ())
        if unit in partly:
            pass
        elif unit.catalog == "pg_class" and "sequence" not in has:
            has.update(got, ("column",))
            if base.server_version >= _NOT_NULL_HAS_A_NAME:
                has.add("constraint")
        elif "domain" in has and "pg_constraint" in written:
            has.add("domain_constraint")
        for kind in has:
            kinds.setdefault(kind, set()).add(unit.oid)
    return kinds
