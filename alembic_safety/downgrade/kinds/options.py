"""Storage options (``fillfactor=70``) as DDL writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alembic_safety.postgres.identifiers import quote_ident, quote_literal

_PLAIN = re.compile(r"[0-9.]+\Z|true\Z|false\Z|on\Z|off\Z|auto\Z")


def listed(options: Iterable[str]) -> str:
    """``["fillfactor=70", "toast.x=1"]`` as ``fillfactor=70, toast.x=1``, quoted where needed."""
    return ", ".join(_one(option) for option in options)


def with_clause(options: Iterable[str]) -> str:
    """`` WITH (…)``, or nothing."""
    text = listed(options)
    return f" WITH ({text})" if text else ""


def change(target: str, now: Iterable[str], want: Iterable[str]) -> list[str]:
    """``ALTER … SET (…)`` and ``RESET (…)`` that turn one list of options into the other."""
    have, wish = dict(_split(o) for o in now), dict(_split(o) for o in want)
    result = []
    gone = [name for name in have if name not in wish]
    if gone:
        result.append(f"ALTER {target} RESET ({', '.join(_name(n) for n in gone)})")
    new = [f"{name}={value}" for name, value in wish.items() if have.get(name) != value]
    if new:
        result.append(f"ALTER {target} SET ({listed(new)})")
    return result


def _split(option: str) -> tuple[str, str]:
    name, _, value = option.partition("=")
    return name, value


def _name(name: str) -> str:
    return ".".join(quote_ident(part) for part in name.split("."))


def _one(option: str) -> str:
    name, value = _split(option)
    return f"{_name(name)}={value if _PLAIN.match(value) else quote_literal(value)}"
