"""How the text of a setting becomes its value; every reader raises ``ValueError`` saying what it would accept."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

#: Unit of a duration in seconds.
UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)?")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
#: Unit of a size in bytes.
SIZES = {"kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_SIZE = re.compile(r"(\d+)\s*(kB|MB|GB|TB)", re.IGNORECASE)
_NOTHING = frozenset({"", "none", "off"})


class Reader(NamedTuple):
    """How one type of setting is read and described."""

    #: From what was written (text, or a TOML value) and the folder that relative paths start from.
    read: Callable[[Any, Path], Any]
    #: What may be written: ``off | warn | require``, ``a duration``.
    accepts: str


def text() -> Reader:
    """Any text; nothing at all is None."""
    return Reader(lambda value, _: str(value).strip() or None, "text")


def path() -> Reader:
    """A file or folder; relative to where it was written, ``~`` is the home folder."""

    def read(value: Any, base: Path) -> Path | None:
        written = str(value).strip()
        return base / Path(written).expanduser() if written else None

    return Reader(read, "a path")


def path_at() -> Reader:
    """``FILE@REVISION``; the file is relative to where it was written, ``~`` is the home folder."""

    def read(value: Any, base: Path) -> str | None:
        file, at, revision = str(value).strip().rpartition("@")
        if not at:
            return revision or None  # what uses it says what is missing
        return f"{base / Path(file).expanduser()}@{revision}"

    return Reader(read, "FILE@REVISION")


def flag() -> Reader:
    """Yes or no."""

    def read(value: Any, _: Path) -> bool:
        if isinstance(value, bool):
            return value
        written = str(value).strip().lower()
        if written not in _TRUE | _FALSE:
            raise ValueError("true or false")
        return written in _TRUE

    return Reader(read, "true | false")


def whole(minimum: int = 0) -> Reader:
    """A whole number; ``none`` is None."""
    accepts = f"a whole number from {minimum}, or none"

    def read(value: Any, _: Path) -> int | None:
        written = str(value).strip().lower()
        if written in _NOTHING:
            return None
        if not re.fullmatch(r"\d+", written) or int(written) < minimum:
            raise ValueError(accepts)
        return int(written)

    return Reader(read, accepts)


def duration() -> Reader:
    """Seconds, or with a unit: ``500ms``, ``3s``, ``5min``, ``2h``, ``30d``; ``none`` is None."""
    accepts = "a duration like 500ms, 3s, 5min, 2h or 30d, or none"

    def read(value: Any, _: Path) -> float | None:
        written = str(value).strip().lower()
        if written in _NOTHING:
            return None
        match = _DURATION.fullmatch(written)
        if isinstance(value, bool) or match is None:
            raise ValueError(accepts)
        return float(match[1]) * UNITS[match[2] or "s"]

    return Reader(read, accepts)


def size() -> Reader:
    """Bytes, as PostgreSQL writes sizes: ``64MB``, ``1GB``; ``none`` is None."""
    accepts = "a size like 64MB or 1GB, or none"
    units = {name.lower(): value for name, value in SIZES.items()}

    def read(value: Any, _: Path) -> int | None:
        written = str(value).strip()
        if written.lower() in _NOTHING:
            return None
        match = _SIZE.fullmatch(written)
        if match is None:
            raise ValueError(accepts)
        return int(match[1]) * units[match[2].lower()]

    return Reader(read, accepts)


def choice(*allowed: str) -> Reader:
    """One of some words."""
    accepts = " | ".join(allowed)

    def read(value: Any, _: Path) -> str:
        written = _word(value)
        if written not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return written

    return Reader(read, accepts)


def names() -> Reader:
    """A list: separated by commas or line ends, or a TOML array."""

    def read(value: Any, _: Path) -> tuple[str, ...]:
        items = value if isinstance(value, list) else re.split(r"[,\n]", str(value))
        return tuple(stripped for item in items if (stripped := str(item).strip()))

    return Reader(read, "names separated by commas")


def levels(names: Collection[str], allowed: Collection[str]) -> Reader:
    """Words by name: ``disk=off, rows=warn``, or a TOML table."""
    accepts = f"NAME={'|'.join(allowed)}, …; the names are {', '.join(names)}"

    def read(value: Any, _: Path) -> tuple[tuple[str, str], ...]:
        items = value.items() if isinstance(value, Mapping) else _pairs(str(value))
        found = {}
        for name, word in items:
            key, level = str(name).strip().lower(), _word(word)
            if key not in names or level not in allowed:
                raise ValueError(accepts)
            found[key] = level
        return tuple(found.items())

    return Reader(read, accepts)


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(p.partition("=")[0], p.partition("=")[2]) for p in re.split(r"[,\n]", text) if p.strip()]


def _word(value: Any) -> str:
    # TOML's and YAML's habit: off is false
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value).strip().lower()


def shown(value: Any) -> str:
    """A value as a user would write it: the inverse of reading, for ``safety-config``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join("=".join(item) if isinstance(item, tuple) else str(item) for item in value)
    if isinstance(value, float):
        return _shown_duration(value)
    if isinstance(value, int) and value >= SIZES["MB"]:
        return shown_size(value)
    return str(value)


def shown_size(number: int) -> str:
    """Bytes as people read them: ``12 kB``, ``1.5 GB``; exact where a unit fits, as a setting is written."""
    fitting = [(name, unit) for name, unit in SIZES.items() if number >= unit]
    if not fitting:
        return f"{number} bytes"
    name, unit = fitting[-1]
    return f"{number // unit}{name}" if number % unit == 0 else f"{number / unit:.1f} {name}"


def _shown_duration(seconds: float) -> str:
    if seconds and seconds < 1:
        return f"{seconds * 1000:g}ms"
    for unit in ("d", "h", "min"):
        if seconds and seconds % UNITS[unit] == 0:
            return f"{seconds / UNITS[unit]:g}{unit}"
    return f"{seconds:g}s"
