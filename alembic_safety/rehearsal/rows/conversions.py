"""What a change of a column's type demands of its values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.model.catalog import CatalogObject
from alembic_safety.model.labels import missing_labels
from alembic_safety.postgres.identifiers import quote_literal

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot

_WHOLE = {"smallint": 15, "integer": 31, "bigint": 63}
_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_NUMBERS = frozenset({*_WHOLE, "real", "double precision"})
_SIZED = re.compile(r"(character varying|character|bit varying|bit)\((\d+)\)\Z")
_NUMERIC = re.compile(r"numeric(?:\((\d+),(-?\d+)\))?\Z")
_TEXTS = re.compile(r"(text|character varying|character|citext|public\.citext|name)(\(\d+\))?\Z")
#: Texts that the input of a type takes, where every server knows the expression.
_FORMS = {
    "uuid": r"^\s*\{?([0-9a-fA-F]{4}-?){8}\}?\s*$",
    "boolean": r"^\s*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0)\s*$",
}
_WHOLE_FORM = r"^\s*[-+]?[0-9]+\s*$"
_NUMBER_FORM = r"^\s*([-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?inf(inity)?|nan)\s*$"
#: From here on the server tells by itself whether it takes a text.
_TELLS = 160000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A demand on the values of one column."""

    code: str
    demand: str
    #: True for values that don't meet it.
    condition: str
    #: Values, as SQL, that may not meet it.
    values: tuple[str, ...] = ()
    server: int = 140000


def conversions(
    rows: Snapshot, new: Snapshot, old_column: CatalogObject, new_column: CatalogObject, name: str
) -> Iterator[Wanted]:
    """What the new type of a column demands of values of the old one.

    :param name: the column as SQL writes it now.
    """
    old, target = str(old_column.props["type"]), str(new_column.props["type"])
    identity = new_column.identity
    domain = new.by_identity.get(("domain", target))
    if domain is not None:
        yield from _domain(rows, new, domain, old, identity, name)
        base = str(domain.props["base_type"])
        if old != target:
            yield from _type(rows, new, old, base, identity, name)
    else:
        yield from _type(rows, new, old, target, identity, name)


def _domain(
    rows: Snapshot, new: Snapshot, domain: CatalogObject, old: str, identity: str, name: str
) -> Iterator[Wanted]:
    was = rows.by_identity.get(("domain", domain.identity)) if old == domain.identity else None
    held = {str(c.props["definition"]) for c in rows.children.get(was.address, ())} if was is not None else set()
    if domain.props["not_null"] and not (was is not None and was.props["not_null"]):
        demand = f"{identity} is of domain {domain.identity}, which takes no NULL"
        yield Wanted(code="null", demand=demand, condition=f"{name} IS NULL", values=("NULL",))
    for check in new.children.get(domain.address, ()):
        definition = str(check.props.get("definition", ""))
        if check.kind != "domain_constraint" or definition in held or not definition.startswith("CHECK "):
            continue
        if not check.props["validated"]:
            continue
        expression = definition.removeprefix("CHECK ").removesuffix(" NOT VALID")
        value = name if old == domain.identity else f"{name}::{domain.props['base_type']}"
        # The word VALUE is a column's name to the parser.
        condition = f"(SELECT {expression} FROM (SELECT {value} AS value) AS v) IS FALSE"
        demand = f"{identity} is of domain {domain.identity}, which demands {expression}"
        yield Wanted(code="domain", demand=demand, condition=condition)


def _type(rows: Snapshot, new: Snapshot, old: str, target: str, identity: str, name: str) -> Iterator[Wanted]:
    enum = new.by_identity.get(("enum", target.removesuffix("[]")))
    if enum is not None:
        yield from _labels(rows, enum, old, target, identity, name)
    if old == target or (old.endswith("[]") or target.endswith("[]")):
        return
    becomes = f"{identity} becomes {target}"
    sized, numeric = _SIZED.match(target), _NUMERIC.match(target)
    if sized and sized[1].startswith("character"):
        yield from _length(old, int(sized[2]), becomes, name)
    elif target in _WHOLE and (old in _NUMBERS or _NUMERIC.match(old)):
        yield from _range(old, target, becomes, name)
    elif numeric and numeric[1] and (old in _NUMBERS or _NUMERIC.match(old)):
        yield from _digits(old, int(numeric[1]), int(numeric[2]), becomes, name)
    elif _TEXTS.match(old) and enum is None and not _TEXTS.match(target):
        yield _text(target, becomes, name)


def _length(old: str, size: int, becomes: str, name: str) -> Iterator[Wanted]:
    was = _SIZED.match(old)
    if was and was[1].startswith("character") and int(was[2]) <= size:
        return
    # Blanks beyond the end are cut off without a word.
    condition = f"pg_catalog.rtrim(pg_catalog.substr({name}::pg_catalog.text, {size + 1}), ' ') <> ''"
    values = (f"pg_catalog.repeat('x', {size + 1})", quote_literal("9" * min(size + 1, 18)))
    yield Wanted(code="too-long", demand=becomes, condition=condition, values=values)


def _range(old: str, target: str, becomes: str, name: str) -> Iterator[Wanted]:
    bits = _WHOLE[target]
    if _WHOLE.get(old, 1000) <= bits:
        return
    low, high = -(2**bits), 2**bits - 1
    value = name if old in _WHOLE else f"pg_catalog.round({name}::pg_catalog.numeric)"
    condition = f"{value} < {low} OR {value} > {high}"
    yield Wanted(code="out-of-range", demand=becomes, condition=condition, values=(str(high + 1), str(low - 1)))


def _digits(old: str, precision: int, scale: int, becomes: str, name: str) -> Iterator[Wanted]:
    was = _NUMERIC.match(old)
    if _DIGITS.get(old, 1000) <= precision - scale:
        return
    if was and was[1] and int(was[1]) - int(was[2]) <= precision - scale and int(was[2]) <= scale:
        return
    value = f"{name}::pg_catalog.numeric"
    most = f"1e{precision - scale}::pg_catalog.numeric"
    condition = f"{value} <> 'NaN' AND pg_catalog.abs(pg_catalog.round({value}, {scale})) >= {most}"
    yield Wanted(
        code="out-of-range",
        demand=becomes,
        condition=condition,
        values=(f"1e{precision - scale}", f"-1e{precision - scale}"),
    )


def _text(target: str, becomes: str, name: str) -> Wanted:
    text = f"{name}::pg_catalog.text"
    values = ("'no ' || chr(233)", "''", "'99999999999999999999'")
    if target in _WHOLE:
        low, high = -(2 ** _WHOLE[target]), 2 ** _WHOLE[target] - 1
        inside = f"{text}::pg_catalog.numeric NOT BETWEEN {low} AND {high}"
        condition = f"CASE WHEN {text} ~ '{_WHOLE_FORM}' THEN {inside} ELSE {name} IS NOT NULL END"
        return Wanted(code="not-convertible", demand=becomes, condition=condition, values=values)
    if target == "numeric" or target in _NUMBERS:
        condition = f"{text} !~* '{_NUMBER_FORM}'"
        return Wanted(code="not-convertible", demand=becomes, condition=condition, values=values)
    if target in _FORMS:
        condition = f"{text} !~* '{_FORMS[target]}'"
        return Wanted(code="not-convertible", demand=becomes, condition=condition, values=values)
    condition = f"NOT pg_catalog.pg_input_is_valid({text}, {quote_literal(target)})"
    return Wanted(code="not-convertible", demand=becomes, condition=condition, values=values, server=_TELLS)


def _labels(rows: Snapshot, enum: CatalogObject, old: str, target: str, identity: str, name: str) -> Iterator[Wanted]:
    """Values that the enum does not have; the same enum with a label renamed takes its values along."""
    labels = [str(label) for label in enum.props["labels"]]
    was = rows.by_identity.get(("enum", old.removesuffix("[]")))
    listed = ", ".join(quote_literal(label) for label in labels)
    array = f"ARRAY[{listed}]::pg_catalog.text[]"
    demand = f"{identity} becomes {target} ({listed})"
    if was is not None:
        gone = missing_labels(was, enum)
        if not gone:
            return
        demand = f"{target} of {identity} has no {', '.join(map(quote_literal, gone))}"
        values = tuple(quote_literal("{" + f'"{g}"' + "}" if target.endswith("[]") else g) for g in gone)
    else:
        values = ("'no such label'",)
    if target.endswith("[]"):
        if was is None:
            return
        condition = f"EXISTS (SELECT FROM pg_catalog.unnest({name}::pg_catalog.text[]) AS e WHERE e <> ALL ({array}))"
    else:
        condition = f"{name}::pg_catalog.text <> ALL ({array})"
    yield Wanted(code="label", demand=demand, condition=condition, values=values)
