"""Approvals of revisions: a file for each beside the certificate, so that it is reviewed like any other change.

``versions/safety/approvals/REVISION--WHO.json``. It is bound to the hash of the sources, and to the grade and risk that were
known when it was given: a change of the revision voids it, and so does a worse result of a later rehearsal.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import UsageError
from alembic_safety.rehearsal.certificate import Certificate, Status, certificate_path, own_folder, read_certificate
from alembic_safety.revisions.files import replace_file
from alembic_safety.settings.approval import GRADES, RISKS, Rule

if TYPE_CHECKING:
    from alembic_safety.revisions.chain import Revision

FORMAT = 1
_FOLDER = "approvals"
_UNSAFE = re.compile(r"[^a-z0-9@._-]+")
_GIT_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Approval:
    """The contents of one file."""

    revision: str
    #: The revision's key when it was approved.
    key: str
    #: Who: an e-mail address where git knows one, else a login name.
    by: str
    reason: str
    #: What was known then; None without a certificate.
    grade: str | None
    risk: str
    #: Who wrote the revision, as far as git tells.
    authors: tuple[str, ...]
    #: Dates as YYYY-MM-DD; '' is without end.
    approved: str
    expires: str = ""

    def to_json(self) -> str:
        """The file's text."""
        data = {"format": FORMAT, **{name: getattr(self, name) for name in self.__dataclass_fields__}}
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Approval:
        """Read a file's text. Raises ValueError where it isn't of this form."""
        try:
            data: dict[str, Any] = json.loads(text)
            if data.pop("format") != FORMAT:
                raise ValueError("its format is not known")
            data["authors"] = tuple(data["authors"])
            found = cls(**data)
            if found.expires:
                dt.date.fromisoformat(found.expires)
            return found
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no approval: {error}") from error

    def why_void(self, revision: Revision, grade: str | None, risk: str, today: dt.date) -> str:
        """Why it does not count any more; '' where it does."""
        if self.revision != revision.id or self.key != revision.key:
            return "the revision, or one before it, changed since"
        if self.expires and dt.date.fromisoformat(self.expires) < today:
            return f"it ended on {self.expires}"
        if _worse(grade, self.grade, GRADES) or _worse(risk, self.risk, RISKS):
            return f"it was given for {self.grade or 'no certificate'} and risk {self.risk}, and that is worse now"
        return ""


def _worse(now: str | None, then: str | None, order: Sequence[str]) -> bool:
    if now is None or then is None:
        return now is None and then is not None
    return then not in order or order.index(now) > order.index(then)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a revision stands to the rules, without a database."""

    grade: str | None
    risk: str
    #: What is missing, a sentence each.
    missing: tuple[str, ...] = ()
    #: Approvals that count.
    approvals: tuple[Approval, ...] = ()


def standing(revision: Revision, rules: Sequence[Rule], target: str | None) -> Standing:
    """Hold a revision against the rules.

    :param target: the setting ``target``: what database this is for.
    """
    grade, risk = grade_and_risk(revision)
    concerned = [rule for rule in rules if rule.concerns(target, grade=grade, risk=risk)]
    if not concerned:
        return Standing(grade=grade, risk=risk)
    today = dt.datetime.now(dt.timezone.utc).date()
    valid: list[Approval] = []
    missing: list[str] = []
    for approval, problem in approvals_of(revision):
        void = problem or (approval.why_void(revision, grade, risk, today) if approval is not None else "")
        if void:
            missing.append(f"an approval{f' by {approval.by}' if approval is not None else ''} does not count: {void}")
        elif approval is not None:
            valid.append(approval)
    short = [sentence for rule in concerned if (sentence := _short(revision, rule, valid))]
    return Standing(grade=grade, risk=risk, missing=(*short, *missing) if short else (), approvals=tuple(valid))


def _short(revision: Revision, rule: Rule, valid: Sequence[Approval]) -> str:
    """What a rule misses; '' where it is met."""
    if not rule.count:
        return f"it has no valid certificate ({rule}): 'alembic safety-downgrade {revision.id}' writes one"
    authors = authors_of(revision.path) if rule.other and valid else ()  # git is asked only where it matters
    people = {a.by for a in valid if not rule.other or a.by not in {*authors, *a.authors}}
    lacking = rule.count - len(people)
    if lacking <= 0:
        return ""
    whose = " by somebody else than its author" if rule.other else ""
    return (
        f"it needs {lacking} approval{'' if lacking == 1 else 's'}{whose} ({rule}): "
        f"'alembic safety-approve {revision.id} --reason …'"
    )


def grade_and_risk(revision: Revision) -> tuple[str | None, str]:
    """The grade that its valid certificate gives (None without one), and its risk whatever the size of the tables."""
    status, certificate = read_certificate(revision)
    valid = certificate if status is Status.VALID else None
    return (valid.grade.value if valid is not None else None), _risk(revision, valid)


def _risk(revision: Revision, certificate: Certificate | None) -> str:
    # Imported where a policy asks for it: each upgrade looks whether one does.
    from alembic_safety.risk import assess, level_of
    from alembic_safety.risk.of_revision import subject_of

    proofs = list(certificate.proofs.values()) if certificate is not None else []
    subjects = [subject_of(revision, proof.activity, proof.closure) for proof in proofs] or [
        subject_of(revision, None, None)
    ]
    return max((level_of(assess(subject)) for subject in subjects), key=RISKS.index)


def approve(
    revision: Revision, *, reason: str, expires: dt.date | None, rules: Sequence[Rule], target: str | None
) -> Path:
    """Write an approval by whoever is at the keyboard.

    :raises UsageError: a rule asks for somebody else than the author, and that is who this is.
    :raises SourceError: the file cannot be written.
    """
    by = who(revision.path.parent)
    authors = authors_of(revision.path)
    grade, risk = grade_and_risk(revision)
    concerned = [rule for rule in rules if rule.concerns(target, grade=grade, risk=risk)]
    if by in authors and concerned and all(rule.other for rule in concerned if rule.count):
        raise UsageError(
            f"{by} is an author of revision {revision.id}, and the policy ({concerned[0]}) asks for somebody else's approval"
        )
    approval = Approval(
        revision=revision.id,
        key=revision.key,
        by=by,
        reason=reason,
        grade=grade,
        risk=risk,
        authors=authors,
        approved=dt.datetime.now(dt.timezone.utc).date().isoformat(),
        expires=expires.isoformat() if expires is not None else "",
    )
    path = approval_path(revision, by)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, approval.to_json().encode())
    return path


def withdraw(revision: Revision) -> Path | None:
    """Remove the approval by whoever is at the keyboard; None where there is none."""
    path = approval_path(revision, who(revision.path.parent))
    if not path.is_file():
        return None
    path.unlink()
    return path


def approvals_of(revision: Revision) -> Iterator[tuple[Approval | None, str]]:
    """Each approval that lies beside a revision, and why it cannot be used ('' where it can)."""
    folder = _folder(revision)
    for path in sorted(folder.glob(f"{revision.id}--*.json")) if folder.is_dir() else ():
        try:
            yield Approval.from_json(path.read_text(encoding="utf-8")), ""
        except (OSError, ValueError) as error:
            yield None, f"{path.name} cannot be read: {error}"


def approval_path(revision: Revision, by: str) -> Path:
    """Where somebody's approval lies. Raises SourceError where the revision's identifier can't be a file name."""
    plain = _UNSAFE.sub("-", by.lower()).strip("-.")[:80] or "somebody"
    if plain != by:
        plain += "-" + hashlib.sha256(by.encode()).hexdigest()[:8]
    return _folder(revision) / f"{revision.id}--{plain}.json"


def _folder(revision: Revision) -> Path:
    certificate_path(revision)  # raises where the revision's identifier can't be a file name
    return own_folder(revision, _FOLDER)


def who(folder: Path) -> str:
    """Who is at the keyboard: git's ``user.email``, else the login name."""
    return _git(folder, "config", "user.email").strip() or getpass.getuser()


def authors_of(path: Path) -> tuple[str, ...]:
    """E-mail addresses of all who committed to a file; whoever has it uncommitted where git knows nothing of it."""
    lines = _git(path.parent, "log", "--follow", "--format=%ae", "--", path.name).split()
    return tuple(sorted(set(lines))) or ((who(path.parent),) if _git(path.parent, "rev-parse", "--git-dir") else ())


def _git(folder: Path, *arguments: str) -> str:
    """What git says in a folder; '' where it says nothing, or isn't there."""
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, "-c", "core.fsmonitor=false", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
