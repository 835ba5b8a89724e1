"""What synthesis hands over: statements with their reasons, and what is to be said about the whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from alembic_safety.downgrade.compare import Difference


class Grade(str, Enum):
    """How much of the schema the statements give back, as seen on the workbench."""

    #: Everything, physical column order included.
    IDENTICAL = "identical"
    #: Everything but the physical order of columns.
    COLUMN_ORDER = "identical up to column order"
    #: A difference remains.
    DIFFERENT = "different"


class Rating(str, Enum):
    """How careful one should be when the downgrade runs."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a downgrade."""

    #: Without semicolon.
    sql: str
    #: What it is about.
    kind: str
    subject: str
    #: drop | alter | create | rename | facts (owner, grants, comment, labels) | rows (copying)
    action: str
    #: One line that says why, where it is not obvious; else ''.
    reason: str = ""
    #: What of the upgrade it undoes: ``view public.v changed``; statements in a row with the same group belong together.
    group: str = ""
    #: The operation of ours that says the same, without ``op.``; '' where the SQL is what is written.
    call: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNeed:
    """Rows that the upgrade destroyed (or the downgrade will), which the statements alone don't bring back."""

    #: ``table`` | ``column`` | ``type`` (values changed by a cast) | ``labels`` | ``attributes`` | ``sequence`` | ``position``
    #: (of a sequence that stays) | ``rows`` (in the way)
    what: str
    #: ``public.orders`` or ``public.orders.total``.
    subject: str
    #: One sentence in plain words.
    reason: str
    #: A restoring statement belongs before ``statements[at]``: the place exists, and no constraint checks it yet.
    at: int
    #: ``upgrade``: the upgrade destroys it; ``downgrade``: running the downgrade does.
    lost_by: str = "upgrade"


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """A downgrade and what is known of it from the workbench."""

    statements: tuple[Statement, ...]
    grade: Grade
    #: What differs from before when the statements have run; column order included.
    residue: tuple[Difference, ...] = ()
    #: (subject, true reason) of everything that cannot be given back.
    refusals: tuple[tuple[str, str], ...] = ()
    rating: Rating = Rating.LOW
    rating_reasons: tuple[str, ...] = ()
    data_needs: tuple[DataNeed, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the schema comes back, physical column order apart."""
        return self.grade is not Grade.DIFFERENT and not self.refusals

    @property
    def sql(self) -> str:
        """All statements as one script."""
        return "".join(f"{s.sql};\n" for s in self.statements)
