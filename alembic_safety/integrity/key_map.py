"""Foreign keys of whole numbers, checked within the pass over their table: the parent's keys as a bitmap, one bit a number.

Asking a bitmap costs about a tenth of a probe into a hash table, and all keys of a table share one scan. That needs keys that lie
close enough together; others (and those of other types) are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.foreign_key import ForeignKey
from alembic_safety.postgres.session import Session

#: A bitmap has at most this many bits (8 MB), and those of one statement together four times as many.
MOST_BITS = 2**26
_MOST_BITS_OF_A_TABLE = 4 * MOST_BITS

#: Parents for each row of the child above which a map costs more than a join; their count alone is cheap to have.
_MOST_PARENTS = 2
_WHOLE_NUMBERS = frozenset({"pg_catalog.int2", "pg_catalog.int4", "pg_catalog.int8"})

#: SQL over ``con`` (pg_constraint), ``child`` (scope) and ``parent`` (pg_class): whether a key is of this kind, and worth it.
FUSABLE = """(child.relkind = 'r' AND con.conparentid = 0 AND cardinality(con.conkey) = 1
    AND child.reltuples >= 20000 AND parent.reltuples <= 10 * child.reltuples
    AND (SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = con.conrelid AND a.attnum = con.conkey[1]) = ANY ({types})
    AND (SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = con.confrelid AND a.attnum = con.confkey[1]) = ANY ({types})
    AND (SELECT o.oprname = '=' AND o.oprnamespace = 'pg_catalog'::regnamespace FROM pg_catalog.pg_operator o
         WHERE o.oid = con.conpfeqop[1]))""".format(types="ARRAY['int2', 'int4', 'int8']::regtype[]")


@dataclass(frozen=True, slots=True)
class KeyMap:
    """A foreign key that the pass over its table can check."""

    key: ForeignKey
    #: The common table expression that holds the bitmap, and its definition; None where there is none, or another key's.
    name: str
    definition: str | None
    #: SQL over the child without an alias: true for a row that refers to nothing.
    violated: str


def key_maps(session: Session, keys: Sequence[ForeignKey]) -> tuple[list[KeyMap], list[ForeignKey]]:
    """The keys that can be checked so, and the others."""
    others = [key for key in keys if key.element_type not in _WHOLE_NUMBERS]
    keys = [key for key in keys if key.element_type in _WHOLE_NUMBERS]
    if not keys:
        return [], others
    bounds = ", ".join(
        f"(SELECT {side}({key.referenced[0]})::int8 FROM {key.parent.source})"
        for key in keys
        for side in ("min", "max")
    )
    outcome = attempt(session, lambda: session.fetch(f"SELECT {bounds}")[0])
    if isinstance(outcome, Failure):
        return [], [*keys, *others]
    maps: list[KeyMap] = []
    dense = _dense(session, keys, outcome.value)
    bits = 0
    named: dict[tuple[int, str], str] = {}
    for number, key in enumerate(keys):
        low, high = outcome.value[2 * number : 2 * number + 2]
        if low is None or number in dense:
            maps.append(KeyMap(key, "", None, _outside(key.columns[0], low, high)))
            continue
        needed = high - low + 1
        if key.parent_side.rows > _MOST_PARENTS * key.child_side.rows:
            others.append(key)
            continue
        same = (key.parent.oid, key.referenced[0])
        if needed > _worth(key) or bits + needed > _MOST_BITS_OF_A_TABLE:
            others.append(key)
            continue
        known = named.setdefault(same, f"keys_{key.oid}")
        first = known == f"keys_{key.oid}"
        bits += needed if first else 0
        maps.append(_key_map(key, known, low, high, define=first))
    return maps, others


def _worth(key: ForeignKey) -> float:
    """How many bits a map of the parent may have: empty words cost time, too."""
    return min(MOST_BITS, 64 * (key.parent_side.rows + key.child_side.rows / 4))


def _dense(session: Session, keys: Sequence[ForeignKey], bounds: Sequence[int | None]) -> set[int]:
    """Positions of the keys whose parent has every number between its least and its largest: then these two say it all.

    As many numbers as places, with the sum that they must have, leave no gap: the parent's index keeps them apart.
    """
    likely = {}
    for number, key in enumerate(keys):
        low, high = bounds[2 * number : 2 * number + 2]
        # A look at every key of the parent must be worth it.
        if low is not None and high is not None and (high - low + 1) <= key.parent_side.rows * 1.05 + 100:
            likely[number] = (low, high)
    if not likely:
        return set()
    sums = ", ".join(
        f"(SELECT ARRAY[count({c}), sum({c})] FROM {keys[n].parent.source})"
        for n, c in ((n, keys[n].referenced[0]) for n in likely)
    )
    outcome = attempt(session, lambda: session.fetch(f"SELECT {sums}")[0])
    if isinstance(outcome, Failure):
        return set()
    found = set()
    for (number, (low, high)), sums_found in zip(likely.items(), outcome.value, strict=True):
        count, total = (int(value) for value in sums_found)  # whole: a Decimal would round what is large
        if count == high - low + 1 and 2 * total == (low + high) * count:
            found.add(number)
    return found


def _outside(column: str, low: int | None, high: int | None) -> str:
    if low is None or high is None:  # the parent is empty
        return f"pg_catalog.num_nulls({column}) = 0"
    return f"{column} < {low} OR {column} > {high}"


def _key_map(key: ForeignKey, name: str, low: int, high: int, *, define: bool) -> KeyMap:
    column = key.columns[0]
    violated = (
        f"CASE WHEN {column} BETWEEN {low} AND {high} "
        f"THEN pg_catalog.get_bit((SELECT map FROM {name}), {column}::int8 - ({low})) = 0 ELSE {column} IS NOT NULL END"
    )
    return KeyMap(key, name, _definition(key, name, low, high) if define else None, violated)


def _definition(key: ForeignKey, name: str, low: int, high: int) -> str:
    # get_bit() counts from the low end of each byte, int8send() puts the high byte first.
    at = f"({key.referenced[0]}::int8 - ({low}))"
    shift = f"(56 - 8 * (({at} % 64) / 8) + {at} % 8)::int"
    words = f"""SELECT {at} / 64 AS word, pg_catalog.int8send(bit_or(1::int8 << {shift})) AS bits
        FROM {key.parent.source} WHERE {key.referenced[0]} IS NOT NULL GROUP BY 1"""
    return f"""{name} AS MATERIALIZED (SELECT string_agg(coalesce(w.bits, '\\x0000000000000000'::bytea), ''::bytea ORDER BY g.g) AS map
        FROM generate_series(0, {(high - low) // 64}::int8) AS g(g) LEFT JOIN ({words}) w ON w.word = g.g)"""
