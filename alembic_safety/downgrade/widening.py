"""Which types hold every value of another, so that it comes back unchanged when the type does (PostgreSQL's assignment casts)."""

from __future__ import annotations

import re

_TYPE = re.compile(r"(?P<name>[^(]+?)\s*(?:\((?P<size>\d+)(?:,(?P<scale>-?\d+))?\))?(?P<rest>[^()]*)\Z")
#: Decimal digits that hold every value.
_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_INTEGERS = tuple(_DIGITS)
#: What a binary floating-point number holds exactly: 24 and 53 bits.
_FLOATS = {"real": ("smallint",), "double precision": ("smallint", "integer", "real")}
_TEXTS = ("text", "character varying", "citext")
#: Types whose text is the same whatever the settings are, and is read back as the very same value.
_WRITTEN = (*_INTEGERS, "numeric", "uuid", "boolean", "json", "jsonb", "inet", "cidr", "macaddr", "character", *_TEXTS)
#: Fractions of a second have six digits where the type says nothing else.
_TIMES = (
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
)


def widens(was: str, now: str) -> bool:
    """Whether each value of the type ``was`` is still there in ``now``, as ``format_type()`` writes both."""
    if was == now:
        return True
    if was.endswith("[]") and now.endswith("[]"):
        return widens(was[:-2], now[:-2])
    old, size, scale = _parts(was)
    new, room, places = _parts(now)
    if new in _TEXTS and old in _WRITTEN:
        # The longest text of the others is not worth being known.
        return room is None or (old in ("character", "character varying") and size is not None and size <= room)
    if new == "character":
        return old == "character" and (size or 1) <= (room or 1)
    if new == "numeric" and (old in _DIGITS or old == "numeric"):
        return _holds_digits(_DIGITS.get(old), size, scale, room, places)
    if old in _INTEGERS and new in _INTEGERS:
        return _INTEGERS.index(old) <= _INTEGERS.index(new)
    if new in _FLOATS:
        return old in _FLOATS[new]
    if old == new and old in _TIMES:
        return (6 if size is None else size) <= (6 if room is None else room)
    if old == "date":
        return new == "timestamp without time zone"
    if new == "bit varying":
        return old in ("bit", "bit varying") and (room is None or (size or (1 if old == "bit" else room + 1)) <= room)
    return (old, new) == ("jsonb", "json")


def _holds_digits(whole: int | None, size: int | None, scale: int | None, room: int | None, places: int | None) -> bool:
    """Whether numeric(room, places) holds integers of ``whole`` digits, or numeric(size, scale)."""
    if room is None:
        return True
    after = places or 0
    if whole is not None:
        return after >= 0 and room - after >= whole
    return size is not None and after >= (scale or 0) and room - after >= size - (scale or 0)


def _parts(written: str) -> tuple[str, int | None, int | None]:
    """Name without schema, and the numbers in brackets: ``timestamp(3) without time zone`` has its in the middle."""
    match = _TYPE.match(written)
    if match is None:
        return written, None, None
    name = (match["name"] + match["rest"]).strip()
    if name.endswith(".citext"):
        name = "citext"
    size, scale = match["size"], match["scale"]
    return name, None if size is None else int(size), None if scale is None else int(scale)
