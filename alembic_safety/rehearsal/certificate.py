"""The certificate of a revision: what was proven, for exactly which sources. ``versions/safety/<revision>.json``.

No times and no dates in it, and one file a revision: it changes only when what it says changes, and branches don't conflict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import SourceError
from alembic_safety.model.probe import Probe
from alembic_safety.rehearsal.activity import Activity
from alembic_safety.rehearsal.rows.records import NONE as NO_ROWS
from alembic_safety.revisions.files import replace_file

if TYPE_CHECKING:
    from alembic_safety.revisions.chain import Chain, Revision

FORMAT = 2
FOLDER = "safety"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}")


class Grade(str, Enum):
    """What a downgrade gives back."""

    #: Schema and every row.
    EXACT = "exact"
    #: The schema; the rows that are lost are declared.
    SCHEMA_EXACT = "schema-exact"
    #: It runs and leaves a difference.
    INEXACT = "inexact"
    #: It refuses, or cannot be.
    IRREVERSIBLE = "irreversible"


class Status(str, Enum):
    """How a certificate stands to the sources that are there now."""

    VALID = "valid"
    MISSING = "missing"
    #: The revision, or one before it, changed since.
    STALE = "stale"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was seen on one major version of the server."""

    #: Fingerprints: {"structure": …, "privileges": …}.
    before: Mapping[str, str]
    after: Mapping[str, str]
    #: ``identical`` | ``identical up to column order`` | ``different`` | ``not tried``
    restored: str
    #: Whether the second upgrade gave what the first gave.
    again: bool
    #: What kind of rows it was rehearsed on: ``none``, ``generated``, …
    data: str = NO_ROWS
    #: What it touches and depends on, by ``rehearsal.closure``; None in certificates that don't know it.
    closure: Mapping[str, str] | None = None
    #: What its statements lock, rewrite and read in full; None in certificates that don't know it.
    activity: tuple[Activity, ...] | None = None
    #: The grade that this server gives; the certificate's is the worst of all.
    grade: str = Grade.IRREVERSIBLE.value


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The contents of one file."""

    revision: str
    #: Hash of the sources and of the parents' keys (``revisions.chain``).
    key: str
    grade: Grade
    #: Why the grade is not exact, or what rows are lost: a sentence each.
    reasons: tuple[str, ...] = ()
    #: LOW | MEDIUM | HIGH
    rating: str = "LOW"
    rating_reasons: tuple[str, ...] = ()
    #: ``synthesized`` | ``hand-written`` | ``none``
    downgrade: str = "none"
    #: By major version of the server: "15", "18".
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    #: What to ask of a database before the upgrade: rows that it would refuse.
    probes: tuple[Probe, ...] = ()
    #: What to ask before the downgrade.
    downgrade_probes: tuple[Probe, ...] = ()
    #: Columns that get other values each time the upgrade runs on the same rows: now(), random() and the like.
    volatile: tuple[str, ...] = ()
    #: Views that the upgrade leaves broken: a sentence each, beginning with kind and identity.
    breaks: tuple[str, ...] = ()
    #: "kind identity" of what earlier ones had broken, and that is right after it.
    mends: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The file's text."""
        data: dict[str, Any] = {
            "format": FORMAT,
            "revision": self.revision,
            "key": self.key,
            "grade": self.grade.value,
            "reasons": list(self.reasons),
            "rating": self.rating,
            "rating_reasons": list(self.rating_reasons),
            "downgrade": self.downgrade,
            "proofs": {
                major: {
                    "before": dict(sorted(proof.before.items())),
                    "after": dict(sorted(proof.after.items())),
                    "restored": proof.restored,
                    "again": proof.again,
                    "data": proof.data,
                    "closure": None if proof.closure is None else dict(sorted(proof.closure.items())),
                    "activity": None if proof.activity is None else [one.to_json() for one in proof.activity],
                    "grade": proof.grade,
                }
                for major, proof in sorted(self.proofs.items(), key=lambda item: int(item[0]))
            },
        }
        for name, probes in (("probes", self.probes), ("downgrade_probes", self.downgrade_probes)):
            if probes:
                data[name] = [probe.to_json() for probe in probes]
        for name, lines in (("volatile", self.volatile), ("breaks", self.breaks), ("mends", self.mends)):
            if lines:
                data[name] = list(lines)
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read a file's text. Raises ValueError where it isn't of this form."""
        try:
            data: dict[str, Any] = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r} is not known")
            return cls(
                revision=str(data["revision"]),
                key=str(data["key"]),
                grade=Grade(data["grade"]),
                reasons=tuple(data["reasons"]),
                rating=str(data["rating"]),
                rating_reasons=tuple(data["rating_reasons"]),
                downgrade=str(data["downgrade"]),
                proofs={str(int(major)): _proof(proof) for major, proof in data["proofs"].items()},
                probes=tuple(Probe.from_json(probe) for probe in data.get("probes", ())),
                downgrade_probes=tuple(Probe.from_json(probe) for probe in data.get("downgrade_probes", ())),
                volatile=tuple(str(name) for name in data.get("volatile", ())),
                breaks=tuple(str(line) for line in data.get("breaks", ())),
                mends=tuple(str(name) for name in data.get("mends", ())),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no certificate: {error}") from error


def _proof(data: dict[str, Any]) -> Proof:
    activity = data.pop("activity", None)
    return Proof(**data, activity=None if activity is None else tuple(map(Activity.from_json, activity)))


def certificate_path(revision: Revision) -> Path:
    """Where a revision's certificate lies.

    :raises SourceError: the revision's identifier can't be a file name.
    """
    if not _SAFE.fullmatch(revision.id) or ".." in revision.id:
        raise SourceError(
            f"revision identifier {revision.id!r} cannot be a file name: rename the revision", file=str(revision.path)
        )
    return revision.path.parent / FOLDER / f"{revision.id}.json"


def own_folder(revision: Revision, *names: str) -> Path:
    """Where what we write of a revision lies: the folder of certificates, or one in it.

    :raises SourceError: a symbolic link leads elsewhere.
    """
    folder = revision.path.parent.joinpath(FOLDER, *names)
    if revision.path.parent.resolve() not in folder.resolve().parents:
        raise SourceError("leads out of the folder of the revisions: remove the symbolic link", file=str(folder))
    return folder


def write_certificate(revision: Revision, certificate: Certificate) -> bool:
    """Write a certificate beside its revision, complete or not at all; says whether the file changed.

    Proofs on other major versions of the same sources are kept.

    :raises SourceError: the file cannot be written.
    """
    path = certificate_path(revision)
    status, old = read_certificate(revision)
    if old is not None and status is Status.VALID and old.downgrade == certificate.downgrade:
        certificate = _merged(old, certificate)
    text = certificate.to_json().encode()
    if path.is_file() and path.read_bytes() == text:
        return False
    own_folder(revision).mkdir(exist_ok=True)
    replace_file(path, text)
    return True


def _merged(old: Certificate, new: Certificate) -> Certificate:
    """Both sets of proofs; the worst grade counts, with its reasons. What only rows can tell is taken from the last one that had any."""
    if all(proof.data == NO_ROWS for proof in new.proofs.values()):
        new = replace(new, probes=old.probes, downgrade_probes=old.downgrade_probes, volatile=old.volatile)
    proofs = {**old.proofs, **new.proofs}
    grades = list(Grade)
    worst = max((Grade(proof.grade) for proof in proofs.values()), key=grades.index, default=new.grade)
    reasons = new.reasons if worst is new.grade else old.reasons
    return replace(new, proofs=proofs, grade=worst, reasons=reasons)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Certificate:
    """As ``Certificate.from_json``: a run asks several times for each of its revisions."""
    return Certificate.from_json(text)


def read_certificate(revision: Revision) -> tuple[Status, Certificate | None]:
    """A revision's certificate, and how it stands to the sources."""
    try:
        path = certificate_path(revision)
    except SourceError:
        return Status.MISSING, None  # it can have none; whoever asks for one is told so
    try:
        certificate = _parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Status.MISSING, None
    except (OSError, ValueError):
        return Status.UNREADABLE, None
    valid = certificate.key == revision.key and certificate.revision == revision.id
    return (Status.VALID if valid else Status.STALE), certificate


def orphans(chain: Chain) -> list[Path]:
    """Certificates of revisions that don't exist any more."""
    folders = {revision.path.parent / FOLDER for revision in chain.revisions}
    known = {certificate_path(revision) for revision in chain.revisions}
    return sorted(path for folder in folders if folder.is_dir() for path in folder.glob("*.json") if path not in known)
