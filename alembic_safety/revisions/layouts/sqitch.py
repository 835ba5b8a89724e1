"""The order in which sqitch deploys: ``sqitch.plan``, and which scripts belong to its lines.

See sqitchplan(5) for the form of the plan, and App::Sqitch::Plan::Change for the names of the scripts of reworked changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alembic_safety.errors import SourceError, UsageError

PLAN = "sqitch.plan"
_LINE = re.compile(r"^\s*(?P<sign>[+-])?\s*(?P<tag>@)?(?P<name>[^\s\[\]@#%]\S*)")


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the plan."""

    #: ``0007_widgets``: its place and its name.
    title: str
    deploy: Path
    revert: Path | None


@dataclass(slots=True)
class _Planned:
    name: str
    tags: list[str] = field(default_factory=list)


def read_plan(folder: Path) -> list[Change]:
    """The changes in the order of the plan, with their scripts in ``deploy`` and ``revert`` beside it.

    :raises SourceError: the plan can't be read, or holds what can't be followed.
    :raises UsageError: a change has no deploy script.
    """
    planned = list(_lines(folder / PLAN))
    found = []
    for number, one in enumerate(planned):
        again = next((n for n in range(number + 1, len(planned)) if planned[n].name == one.name), None)
        names = [one.name]
        if again is not None:  # reworked later: its own scripts have the name of a tag in between
            names = [f"{one.name}@{tag}" for each in planned[number:again] for tag in each.tags]
        deploy = next((p for n in names if (p := folder / "deploy" / f"{n}.sql").is_file()), None)
        if deploy is None:
            raise UsageError(f"{folder / PLAN} names {one.name}, which has no script in {folder / 'deploy'}")
        revert = folder / "revert" / deploy.relative_to(folder / "deploy")
        title = f"{number + 1:04d}_{one.name.replace('/', '_')}"
        found.append(Change(title, deploy, revert if revert.is_file() else None))
    return found


def _lines(plan: Path) -> Iterator[_Planned]:
    try:
        text = plan.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot be read: {error}", file=str(plan)) from error
    last = None
    for number, line in enumerate(text.splitlines(), 1):
        mark = _LINE.match(line)
        if mark is None:
            continue  # a pragma, a comment, nothing
        if mark["sign"] == "-":
            raise SourceError(
                "reverts a change, which is not followed: leave both lines out", file=str(plan), line=number
            )
        if not mark["tag"]:
            if last is not None:
                yield last
            last = _Planned(mark["name"])
        elif last is not None:
            last.tags.append(mark["name"])
    if last is not None:
        yield last
