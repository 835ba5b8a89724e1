"""Plain data at the top of revision files, which a migration may use up: each run finds it as a process of its own would."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

_VALUES = (str, bytes, int, float, complex, Decimal, date, time, timedelta, UUID, Enum, type(None))
#: What each module held when it was first asked for, before any of its functions ran.
_loaded: WeakKeyDictionary[ModuleType, Mapping[str, tuple[Any, Any]]] = WeakKeyDictionary()


def renew_data(module: ModuleType) -> None:
    """Give lists, sets and dictionaries of plain values back what they held when this was first called; others are left alone."""
    kept = _loaded.get(module)
    if kept is None:
        _loaded[module] = {
            name: (value, deepcopy(value))
            for name, value in vars(module).items()
            if type(value) in (list, dict, set) and not name.startswith("__") and _is_plain(value)
        }
        return
    for name, (value, was) in kept.items():
        if value != was:
            value.clear()
            value.extend(deepcopy(was)) if type(value) is list else value.update(deepcopy(was))
        vars(module)[name] = value


def _is_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(map(_is_plain, value)) and all(map(_is_plain, value.values()))
    if type(value) in (list, tuple, set, frozenset):
        return all(map(_is_plain, value))
    return isinstance(value, _VALUES)
