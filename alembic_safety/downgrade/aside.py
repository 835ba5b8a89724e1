"""How something is called that makes room for what is built anew under its name."""

from __future__ import annotations

_LONGEST = 63
#: How the name of something ends that is put aside to be built anew.
ASIDE = "__after"


def aside_name(name: str, suffix: str = ASIDE) -> str:
    """A name for something that makes room, within PostgreSQL's 63 bytes."""
    room = _LONGEST - len(suffix)
    return name.encode()[:room].decode(errors="ignore") + suffix
