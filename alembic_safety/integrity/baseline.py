"""Known findings that are accepted for a while, each with a reason and an end, so that only new ones fail.

The file is TOML::

    [[accept]]
    code = "orphan-rows"
    subject = "public.orders.orders_customer_id_fkey"   # "*" stands for anything
    count = 12                                          # more than this fails again; without it any number is accepted
    reason = "customers of the system before; sales decides until spring"
    expires = 2027-03-31
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from alembic_safety.errors import UsageError
from alembic_safety.model.finding import Finding, Severity

_KEYS = {"code", "subject", "count", "reason", "expires"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry: which finding is accepted, why, and until when (that day included)."""

    code: str
    subject: str | None
    count: int | None
    reason: str
    expires: date

    def covers(self, finding: Finding) -> bool:
        """Whether the entry names the finding, and accepts as many rows."""
        if finding.code != self.code or not _matches(self.subject, finding.subject):
            return False
        return self.count is None or finding.count is None or finding.count <= self.count


@dataclass(slots=True)
class Baseline:
    """What is accepted, and what of it was met."""

    entries: tuple[Accepted, ...] = ()
    file: str | None = None
    #: What was accepted in this run.
    met: list[tuple[Finding, Accepted]] = field(default_factory=list)
    _expired: set[Accepted] = field(default_factory=set)

    def judge(self, finding: Finding, today: date) -> Finding | None:
        """The finding, or None where it is accepted; one whose acceptance has ended stays as it is."""
        for entry in self.entries:
            if not entry.covers(finding):
                continue
            if entry.expires >= today:
                self.met.append((finding, entry))
                return None
            self._expired.add(entry)
        return finding

    def remarks(self) -> list[Finding]:
        """After a run: which entries have ended, and which met nothing and can go."""
        met = {entry for _, entry in self.met}
        remarks = [
            Finding(
                code="baseline-expired",
                severity=Severity.WARNING,
                message=f"{entry.code} of {entry.subject or 'anything'} was accepted until {entry.expires}: {entry.reason}",
                subject=entry.subject,
                file=self.file,
                remedy="Correct it, or accept it again with a new end",
            )
            for entry in self.entries
            if entry in self._expired
        ]
        remarks += [
            Finding(
                code="baseline-unused",
                severity=Severity.INFO,
                message=f"{entry.code} of {entry.subject or 'anything'} is accepted, but was not found",
                subject=entry.subject,
                file=self.file,
                remedy="Remove the entry",
            )
            for entry in self.entries
            if entry not in met and entry not in self._expired
        ]
        return remarks


def read_baseline(file: str) -> Baseline:
    """Read a baseline.

    :raises UsageError: for a file that cannot be read, and for an entry without code, reason or end.
    """
    from alembic.util.compat import tomllib  # the library that Alembic itself reads TOML with

    try:
        content = tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"Can't read the baseline {file!r}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The baseline {file!r} is not TOML: {error}") from error
    unknown = set(content) - {"accept"}
    if unknown:
        raise UsageError(f"The baseline {file!r} has {min(unknown)!r}; it holds nothing but [[accept]] entries")
    entries = content.get("accept", [])
    if not isinstance(entries, list):
        raise UsageError(f"accept is no table in the baseline {file!r}: write [[accept]]")
    return Baseline(tuple(_entry(file, number, item) for number, item in enumerate(entries, 1)), file)


def _entry(file: str, number: int, item: Any) -> Accepted:
    place = f"entry {number} of the baseline {file!r}"
    if not isinstance(item, dict):
        raise UsageError(f"{place} is no table: write [[accept]]")
    unknown = set(item) - _KEYS
    if unknown:
        raise UsageError(f"{place} has {min(unknown)!r}; it may have {', '.join(sorted(_KEYS))}")
    for key in ("code", "reason"):
        if not isinstance(item.get(key), str) or not item[key].strip():
            raise UsageError(f"{place} has no {key}: every accepted finding needs its {key}")
    if type(item.get("expires")) is not date:
        raise UsageError(f"{place} has no end: write expires = 2030-12-31 (a date without quotes)")
    if not isinstance(item.get("count"), (int, type(None))) or not isinstance(item.get("subject"), (str, type(None))):
        raise UsageError(f"{place}: count must be a whole number and subject a text")
    return Accepted(item["code"], item.get("subject"), item.get("count"), item["reason"], item["expires"])


def write_baseline(file: str, findings: Iterable[Finding], *, reason: str, expires: date) -> int:
    """Write a baseline that accepts these findings (not those that are mere information); gives how many.

    :raises UsageError: for an empty reason, and for a file that cannot be written.
    """
    if not reason.strip():
        raise UsageError("A baseline needs a reason: say --reason 'why these findings are acceptable'")
    kept = sorted(
        {(f.code, f.subject, f.count) for f in findings if f.severity is not Severity.INFO},
        key=lambda item: (item[0], item[1] or ""),
    )
    lines = ["# Findings of alembic safety-verify that are accepted for a while. Remove what is corrected."]
    for code, subject, count in kept:
        lines += ["", "[[accept]]", f"code = {_text(code)}"]
        if subject is not None:
            lines.append(f"subject = {_text(subject)}")
        if count is not None:
            lines.append(f"count = {count}")
        lines += [f"reason = {_text(reason)}", f"expires = {expires.isoformat()}"]
    try:
        Path(file).write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"Can't write the baseline {file!r}: {error.strerror or error}") from error
    return len(kept)


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's but for the delete character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _matches(pattern: str | None, subject: str | None) -> bool:
    if pattern is None:
        return True
    return subject is not None and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), subject) is not None
