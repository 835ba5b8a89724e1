"""Rules that say which revisions need whose approval: the setting ``approval``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic_safety.settings.values import Reader

#: The better first: a rule means what it names, and what is worse.
GRADES = ("exact", "schema-exact", "inexact", "irreversible")
RISKS = ("LOW", "MEDIUM", "HIGH")
ANY = "any"
UNCERTIFIED = "uncertified"
_NOT_EXACT = "not-exact"
_RULE = re.compile(
    r"(?:(?P<target>[\w.-]+)\s*:\s*)?(?P<what>[\w-]+)\s+needs\s+(?:(?P<count>\d+)(?P<other>\s+others?)?|(?P<certificate>a\s+certificate|certificate))",
    re.IGNORECASE,
)
_OFF = frozenset({"", "off", "none", "false"})
ACCEPTS = (
    "off, or rules separated by commas: [TARGET:] WHAT needs N [other], where WHAT is any, uncertified, a risk (MEDIUM, HIGH) or a "
    "grade (schema-exact or not-exact, inexact, irreversible), that or worse; 'needs certificate' for uncertified"
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule."""

    #: The setting ``target`` that it is for; '' for all.
    target: str
    #: ``any``, ``uncertified``, a risk or a grade.
    what: str
    #: Approvals; 0 where a certificate is what is needed.
    count: int
    #: Whether they must be by somebody else than the authors.
    other: bool

    def __str__(self) -> str:
        needs = "certificate" if not self.count else f"{self.count}{' other' if self.other else ''}"
        return f"{self.target + ': ' if self.target else ''}{self.what} needs {needs}"

    def concerns(self, target: str | None, *, grade: str | None, risk: str) -> bool:
        """Whether it is for a revision of this grade (None: without a certificate) and risk."""
        if self.target and self.target != (target or "").lower():
            return False
        if self.what == ANY:
            return True
        if self.what == UNCERTIFIED or grade is None:
            # Nothing is known of what has no certificate: it is the worst.
            return grade is None
        if self.what in RISKS:
            return RISKS.index(risk) >= RISKS.index(self.what)
        return GRADES.index(grade) >= GRADES.index(self.what)


def approval_rules() -> Reader:
    """Rules: ``production: HIGH needs 1 other, production: uncertified needs certificate``."""

    def read(value: Any, _: Path) -> tuple[Rule, ...]:
        parts = value if isinstance(value, list) else re.split(r"[,;\n]", "off" if value is False else str(value))
        return tuple(_rule(str(part).strip()) for part in parts if str(part).strip().lower() not in _OFF)

    return Reader(read, ACCEPTS)


def _rule(text: str) -> Rule:
    found = _RULE.fullmatch(text)
    what = found["what"].lower() if found else ""
    what = what.upper() if what.upper() in RISKS else "schema-exact" if what == _NOT_EXACT else what
    if found is None or what not in {ANY, UNCERTIFIED, *RISKS, *GRADES}:
        raise ValueError(ACCEPTS)
    if found["certificate"] and what != UNCERTIFIED:
        raise ValueError(ACCEPTS)
    count = int(found["count"] or 0)
    if not count and not found["certificate"]:
        raise ValueError(ACCEPTS)
    return Rule(target=(found["target"] or "").lower(), what=what, count=count, other=bool(found["other"]))
