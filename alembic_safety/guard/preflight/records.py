"""What a check before an upgrade found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class State(str, Enum):
    """How a check ended, after the settings had their say."""

    OK = "ok"
    #: Nothing is wrong, and something is worth knowing.
    NOTE = "note"
    WARN = "warn"
    REFUSE = "refuse"
    #: It could not be looked at.
    UNKNOWN = "unknown"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that a check found."""

    #: A sentence in plain words, without a full stop.
    text: str
    #: What to do about it.
    remedy: str = ""
    #: Whether the upgrade would surely fail, or lose something.
    sure: bool = False
    #: Only worth knowing.
    note: bool = False
    #: No setting gets past it.
    final: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one check."""

    check: str
    state: State
    lines: tuple[Line, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        lines = [
            {"text": line.text, **({"remedy": line.remedy} if line.remedy else {}), "sure": line.sure}
            for line in self.lines
        ]
        return {"check": self.check, "state": self.state.value, "lines": lines}


def state_of(lines: tuple[Line, ...], level: str) -> State:
    """What a level of the settings makes of what was found.

    :param level: ``off``, ``warn``, ``auto`` (refuse only what is sure) or ``refuse``.
    """
    serious = [line for line in lines if not line.note]
    if not serious:
        return State.NOTE if lines else State.OK
    if level == "refuse" or (level == "auto" and any(line.sure for line in serious)):
        return State.REFUSE
    return State.WARN
