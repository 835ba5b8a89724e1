"""What a revision touches and depends on, as short hashes: enough to tell whether another database has the same there.

Only structure counts: no owners, no grants, no comments, no physical order, and nothing that an administrator tunes on a live
database (storage parameters, statistics targets, tablespaces, replica identity, versions of extensions).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from alembic_safety.downgrade.compare import differing
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.labels import missing_labels, renamed_labels
from alembic_safety.postgres.catalog import without_storage_parameters

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot

ABSENT = "-"
#: Before a hash that covers the columns of a new object too.
WHOLE = "+"
#: What an administrator tunes on a live database.
TUNED: frozenset[str] = frozenset({
    "access_method", "cache", "clustered_on", "columns_order", "compression", "enabled", "force_row_security", "options",
    "persistence", "populated", "relocatable", "replica_identity", "replica_identity_index", "roles", "row_security",
    "statistics_target", "statistics_targets", "storage", "tablespace", "version",
})  # fmt: skip
#: Kinds whose ``options`` are a part of what they are.
_OPTIONS_COUNT = frozenset({"view", "foreign_table", "server", "foreign_data_wrapper", "user_mapping", "ts_dictionary"})
#: Kinds that are privileges, or named by a role.
PERSONAL = frozenset({"default_acl", "user_mapping"})
#: What is folded into the hash of a new object.
_FOLDED = frozenset({"column", "attribute", "default"})
#: Kinds of which a database can have another one than was rehearsed, and gets it back: they hold no rows.
CARRIED = frozenset({
    "constraint", "default", "event_trigger", "function", "index", "policy", "procedure", "rule", "sequence", "statistics",
    "trigger", "view",
})  # fmt: skip
_DIGITS = 12
#: Before what becomes of the labels of an enum.
_LABELS = "labels:"

#: DEFAULT 'now()' is the moment at which it was written: another in each database. Nobody writes such a one by hand.
_MOMENT = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+(?:[+-]\d\d(?::\d\d)*)?'::")
#: DEFAULT 'today', 'tomorrow' and 'yesterday' are the day at which they were written, midnight of it in some time zone.
_DAY = re.compile(r"'(\d{4}-\d\d-\d\d)(?: \d\d:(?:00|15|30|45):00(?:[+-]\d\d(?::\d\d)*)?)?'::(?=date|timestamp)")
#: Days between what is written and the day on which it is looked at.
_NEAR = 2


def key_of(obj: CatalogObject) -> str:
    """``kind identity``."""
    return f"{obj.kind} {obj.identity}"


def digest(obj: CatalogObject, *, any_day: bool = False) -> str:
    """The structure of one object.

    :param any_day: every date in it counts as the day on which it was written: what was rehearsed on such a day may have one.
    """
    return _hash(_facts(obj), any_day=any_day)


def whole_digest(obj: CatalogObject, snapshot: Snapshot, *, any_day: bool = False) -> str:
    """The structure of an object with its own columns, defaults or attributes; ``any_day`` as for ``digest``."""
    children = snapshot.children.get(obj.address, ())
    folded = sorted(json.dumps([c.name, *_facts(c)], sort_keys=True) for c in children if is_folded(c))
    return WHOLE + _hash([*_facts(obj), *folded], any_day=any_day)


def is_carried(obj: CatalogObject) -> bool:
    """Whether an object can be given back as it was found, whatever was rehearsed."""
    return obj.kind in CARRIED


def is_folded(obj: CatalogObject) -> bool:
    """Whether an object goes with its parent where that is new (what it inherits does not: that is its parent's)."""
    return obj.kind in _FOLDED and obj.props.get("is_local", True) is not False


def closure(before: Snapshot, after: Snapshot, written: Iterable[str] = ()) -> dict[str, str]:
    """For each object that a revision changes ``before after`` (for a column ``before after key=value,…``, for an enum with what becomes of its labels), for each one that it only depends on its hash; sorted.

    :param written: identities of tables whose rows it writes.
    """
    old, new = before.by_identity, after.by_identity
    result: dict[str, str] = {}
    addresses: tuple[set[Address], set[Address]] = (set(), set())
    for name in old.keys() | new.keys():
        was, is_ = old.get(name), new.get(name)
        if name[0] in PERSONAL or was is is_ or (was is not None and is_ is not None and digest(was) == digest(is_)):
            continue
        if was is not None:
            addresses[0].add(was.address)
        if is_ is not None:
            addresses[1].add(is_.address)
        pair = _pair(before, after, was, is_)
        if pair is not None:
            result[" ".join(name)] = pair
    for obj in _around(before, after, addresses, frozenset(written)):
        result.setdefault(key_of(obj), digest(obj))
    return dict(sorted(result.items()))


def _pair(before: Snapshot, after: Snapshot, was: CatalogObject | None, is_: CatalogObject | None) -> str | None:
    if was is None and is_ is not None and is_.address not in before.objects:
        parent = after.objects.get(is_.parent) if is_.parent is not None else None
        if parent is not None and is_folded(is_) and _is_new(before, parent):
            return None
        return f"{ABSENT} {whole_digest(is_, after)}"
    ends = f"{ABSENT if was is None else digest(was)} {ABSENT if is_ is None else digest(is_)}"
    if was is not None and is_ is not None and is_.kind == "column" and was.address == is_.address:
        keys = [key for key in differing(was.props, is_.props) if key not in TUNED]
        named = ",".join(f"{key}={value_digest(is_.props.get(key))}" for key in keys)
        return f"{ends} {named}" if named else ends
    if was is not None and was.kind == "enum":
        return f"{ends} {_LABELS}{','.join(_label_steps(was, is_))}"
    return ends


def _label_steps(was: CatalogObject, is_: CatalogObject | None) -> list[str]:
    """``label``, ``label=new``, ``-label`` and ``+label`` for those that stay, are renamed, go and come, each as a hash."""
    before = [str(label) for label in was.props["labels"]]
    if is_ is None:
        return [f"-{value_digest(label)}" for label in before]
    renamed, lost = renamed_labels(was, is_) if was.address == is_.address else {}, missing_labels(was, is_)
    steps = []
    for label in before:
        new = f"={value_digest(renamed[label])}" if label in renamed else ""
        steps.append(f"{'-' if label in lost else ''}{value_digest(label)}{new}")
    return steps + [f"+{value_digest(label)}" for label in missing_labels(is_, was)]


def value_digest(value: object) -> str:
    """One fact of an object."""
    return _hash([value])[: _DIGITS // 2]


def _is_new(before: Snapshot, obj: CatalogObject) -> bool:
    return obj.address not in before.objects and (obj.kind, obj.identity) not in before.by_identity


def _around(
    before: Snapshot, after: Snapshot, changed: tuple[set[Address], set[Address]], written: frozenset[str]
) -> list[CatalogObject]:
    """What was there before and is needed by what changed: its tables, what it depends on, what rows are written to."""
    wanted: set[Address] = set()
    for snapshot, addresses in ((before, changed[0]), (after, changed[1])):
        for address in addresses:
            wanted |= snapshot.needs.get(address, set())
            parent = snapshot.objects[address].parent
            if parent is not None:
                wanted.add(parent)
    for table in (obj for obj in before.of_kind("table") if obj.identity in written):
        wanted.add(table.address)
        wanted.update(c.address for c in before.children.get(table.address, ()) if c.kind == "column")
    return [before.objects[a] for a in wanted if a in before.objects and before.objects[a].kind not in PERSONAL]


def _facts(obj: CatalogObject) -> list[object]:
    props = {k: v for k, v in obj.props.items() if k not in TUNED or (k == "options" and obj.kind in _OPTIONS_COUNT)}
    if "persistence" in obj.props:
        props["persistence"] = "permanent"
    if obj.kind == "index":
        props["definition"] = without_storage_parameters(str(props["definition"]))
    return [obj.kind, props]


def _today(literal: re.Match[str]) -> str:
    """What ``'today'`` and its neighbours have become; every other date is a constant."""
    try:
        days = abs((date.fromisoformat(literal[1]) - datetime.now(tz=timezone.utc).date()).days)
    except ValueError:  # beyond the years that Python has
        return literal[0]
    return "'day'::" if days <= _NEAR else literal[0]


def _hash(facts: list[object], *, any_day: bool = False) -> str:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str)
    text = _DAY.sub(_today if not any_day else "'day'::", _MOMENT.sub("'moment'::", text))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def split_pair(value: str) -> tuple[str, str]:
    """What an object has to be before, and after."""
    before, _, rest = value.partition(" ")
    return before, rest.partition(" ")[0] or before


def altered_keys(value: Mapping[str, str]) -> dict[tuple[str, str], dict[str, str]]:
    """By (kind, identity) of each column that is altered in place the facts that change, and what each becomes, as hashes."""
    found = {}
    for key, pair in value.items():
        parts = pair.split(" ")
        kind, _, identity = key.partition(" ")
        if len(parts) == 3 and kind == "column":
            found[kind, identity] = dict(one.split("=", 1) for one in parts[2].split(","))
    return found


@dataclass(frozen=True, slots=True)
class Relabelling:
    """What a revision does to the labels of an enum, as hashes."""

    steps: tuple[str, ...]

    def fits(self, labels: Collection[str]) -> bool:
        """Whether an enum has all labels that are renamed; those that it lacks of the others no row of it can hold."""
        return {step.lstrip("-").partition("=")[0] for step in self.steps if "=" in step} <= _hashed(labels)

    def result(self, hashes: Collection[str]) -> set[str]:
        """What it makes of labels, given as hashes: those that it doesn't know stay."""
        found = set(hashes)
        for step in self.steps:
            if step[0] == "-" or "=" in step:
                found.discard(step.lstrip("-").partition("=")[0])
        return found | {step.lstrip("+").rpartition("=")[2] for step in self.steps if step[0] == "+" or "=" in step}


def relabelled(value: Mapping[str, str]) -> dict[tuple[str, str], Relabelling]:
    """By (kind, identity) of each enum that is changed what becomes of its labels."""
    found = {}
    for key, pair in value.items():
        _, is_known, steps = pair.partition(f" {_LABELS}")
        if is_known:
            kind, _, identity = key.partition(" ")
            found[kind, identity] = Relabelling(tuple(steps.split(",")))
    return found


def is_relabelled_so(steps: Iterable[Relabelling], was: CatalogObject, is_: CatalogObject) -> bool:
    """Whether the labels of an enum became what these make of them, one after the other."""
    hashes = _hashed(was.props["labels"])
    for one in steps:
        hashes = one.result(hashes)
    return hashes == _hashed(is_.props["labels"])


def _hashed(labels: Iterable[object]) -> set[str]:
    return {value_digest(str(label)) for label in labels}


def entries(value: Mapping[str, str]) -> list[tuple[tuple[str, str], str, str]]:
    """((kind, identity), before, after) of each line."""
    found = []
    for key, pair in value.items():
        kind, _, identity = key.partition(" ")
        found.append(((kind, identity), *split_pair(pair)))
    return found
