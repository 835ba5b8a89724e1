"""Sequences: free ones, those that a column owns, and those of identity columns."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.relations import side_of
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.identifiers import quote_literal

_LIMITS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def sequence_options(sequence: CatalogObject, *, plain_type: str = "bigint") -> list[str]:
    """The options of CREATE SEQUENCE that differ from what the server would choose.

    :param plain_type: the type that goes without saying (an identity column's own).
    """
    props = sequence.props
    kind, step = str(props["data_type"]), int(props["increment"])
    limit = _LIMITS.get(kind, _LIMITS["bigint"])
    low, high = (1, limit) if step > 0 else (-limit - 1, -1)
    usual_start = props["minimum"] if step > 0 else props["maximum"]
    parts = []
    if kind != plain_type:
        parts.append(f"AS {kind}")
    if step != 1:
        parts.append(f"INCREMENT BY {step}")
    if props["minimum"] != low:
        parts.append(f"MINVALUE {props['minimum']}")
    if props["maximum"] != high:
        parts.append(f"MAXVALUE {props['maximum']}")
    if props["start"] != usual_start:
        parts.append(f"START WITH {props['start']}")
    if props["cache"] != 1:
        parts.append(f"CACHE {props['cache']}")
    if props["cycle"]:
        parts.append("CYCLE")
    return parts


class SequenceRules(Rules):
    """Sequences."""

    rank: ClassVar[int] = 35
    replaceable: ClassVar[bool] = False
    rides_on_alter: ClassVar[bool] = True

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """The identity column."""
        return _identity_column(want, ctx) if want.props["identity"] else None

    def dropped_with(self, now: CatalogObject, ctx: Context) -> Address | None:
        """The identity column."""
        return _identity_column(now, ctx) if now.props["identity"] else None

    def is_late(self, obj: CatalogObject, referenced: CatalogObject, deptype: str) -> bool:
        """OWNED BY is said at the end."""
        return deptype == "a"

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """A sequence that a column owns follows its table."""
        return [] if now.props["owned_by"] else super().move(now, schema, ctx)

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE SEQUENCE, and its owner when that exists."""
        if want.props["identity"]:
            return []
        words = f"CREATE {'UNLOGGED ' if want.props['persistence'] == 'unlogged' else ''}SEQUENCE"
        steps = [Step(" ".join([words, want.identity, *sequence_options(want)]))]
        if want.props["owned_by"]:
            steps.append(Step(f"ALTER SEQUENCE {want.identity} OWNED BY {want.props['owned_by']}", late=True))
        return steps

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """DROP SEQUENCE; the one of an identity column goes with that."""
        return [] if now.props["identity"] else super().drop(now, ctx)

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """ALTER SEQUENCE."""
        steps: list[Step] = []
        have, wish = now.props, want.props
        words = []
        if _follows_column(now, want, ctx):
            changed -= {"data_type", "minimum", "maximum"}
        if "data_type" in changed:
            words.append(f"AS {wish['data_type']}")
        if "increment" in changed:
            words.append(f"INCREMENT BY {wish['increment']}")
        if changed & {"minimum", "maximum", "data_type"}:
            words += [f"MINVALUE {wish['minimum']}", f"MAXVALUE {wish['maximum']}"]
        if "start" in changed:
            words.append(f"START WITH {wish['start']}")
        if "cache" in changed:
            words.append(f"CACHE {wish['cache']}")
        if "cycle" in changed:
            words.append("CYCLE" if wish["cycle"] else "NO CYCLE")
        if _may_be_outside(now, want):
            steps += _into_bounds(now, want)
        if words:
            steps.append(Step(f"ALTER SEQUENCE {want.identity} {' '.join(words)}"))
        if "persistence" in changed and not have["owned_by"]:
            steps.append(
                Step(
                    f"ALTER SEQUENCE {want.identity} SET {'UNLOGGED' if wish['persistence'] == 'unlogged' else 'LOGGED'}"
                )
            )
        if "owned_by" in changed and not wish["identity"] and not have["identity"]:
            steps.append(Step(f"ALTER SEQUENCE {want.identity} OWNED BY {wish['owned_by'] or 'NONE'}"))
        return steps


def _may_be_outside(now: CatalogObject, want: CatalogObject) -> bool:
    """Whether it started outside the wanted bounds, or was given wider ones without a wider type."""
    have, wish = now.props, want.props
    low, high = int(wish["minimum"]), int(wish["maximum"])
    is_wider = int(have["minimum"]) < low or int(have["maximum"]) > high
    return not low <= int(have["start"]) <= high or (is_wider and have["data_type"] == wish["data_type"])


def _into_bounds(now: CatalogObject, want: CatalogObject) -> list[Step]:
    """Bring a sequence into the wanted bounds: the server refuses them before."""
    have, wish = now.props, want.props
    steps = []
    if not int(have["minimum"]) <= int(wish["start"]) <= int(have["maximum"]):
        low, high = (f(int(have[key]), int(wish[key])) for f, key in ((min, "minimum"), (max, "maximum")))
        steps.append(Step(f"ALTER SEQUENCE {want.identity} MINVALUE {low} MAXVALUE {high}"))
    low, high = wish["minimum"], wish["maximum"]
    value = f"LEAST(GREATEST(last_value, {low}), {high})"
    if not int(low) <= int(have["start"]) <= int(high):
        value = (
            f"CASE WHEN last_value BETWEEN {low} AND {high} THEN last_value "
            f"WHEN is_called THEN {value} ELSE {wish['start']} END"
        )
    sql = f"SELECT pg_catalog.setval({quote_literal(want.identity)}, {value}, is_called) FROM {want.identity}"
    return [*steps, Step(sql, reason="its value must lie within the bounds that come back")]


def _follows_column(now: CatalogObject, want: CatalogObject, ctx: Context) -> bool:
    """Whether the type of an identity column changes, and its sequence's type and bounds with that."""
    here, there = _identity_column(now, ctx), _identity_column(want, ctx)
    if not (now.props["identity"] and want.props["identity"]) or here is None or there is None:
        return False
    return bool(ctx.now.objects[here].props["type"] != ctx.before.objects[there].props["type"])


def _identity_column(sequence: CatalogObject, ctx: Context) -> Address | None:
    side = side_of(sequence, ctx)
    found = [a for a in side.needs.get(sequence.address, ()) if a.sub and a in side.objects]
    return found[0] if found else None
