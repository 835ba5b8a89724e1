"""Whether each revision of a downgrade can be taken back: one that can't would stop it with those above already committed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.kept_rows import why_not_given_back
from alembic_safety.guard.preflight.records import Line
from alembic_safety.rehearsal.certificate import Grade
from alembic_safety.revisions.anatomy import EMPTY, MISSING, Anatomy, refusal_of, says_nothing

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Pending, Target
    from alembic_safety.rehearsal.certificate import Certificate


def look(target: Target) -> Iterator[Line]:
    """What would stop a downgrade, or leave something behind; of an upgrade, where a way back would end."""
    for number, pending in enumerate(target.pending):
        above = f"'alembic downgrade {pending.id}' ends above it" if number else "a new revision can undo what it did"
        above += f", and 'alembic safety-downgrade {pending.id} --broken' may derive a downgrade"
        for line in _of(target, pending):
            if target.is_upgrade:
                if line.sure:
                    yield Line(text=line.text, note=True)
            else:
                yield Line(text=line.text, remedy=line.remedy or above, sure=line.sure, note=line.note)


def _of(target: Target, pending: Pending) -> Iterator[Line]:
    # An upgrade, which nothing of this concerns yet, is not to wait for what its certificates say already.
    anatomy = None if target.is_upgrade else _anatomy(pending)
    why = _refuses(anatomy) if anatomy is not None else ""
    grade, is_seen = _grade(pending)
    reason = pending.certificate.reasons[0] if pending.certificate is not None and pending.certificate.reasons else ""
    cannot = f"revision {pending.id} can't be taken back"
    if why:
        yield Line(text=f"{cannot}: {why}", sure=True)
    elif grade is Grade.IRREVERSIBLE:
        yield Line(text=f"{cannot}: {_first(reason) or 'its downgrade() failed when it was rehearsed'}", sure=is_seen)
    elif grade is Grade.INEXACT:
        yield Line(text=f"the downgrade of revision {pending.id} leaves a difference: {_first(reason)}")
    elif grade is None and anatomy is not None and _does_nothing(anatomy):
        yield Line(text=f"downgrade() of revision {pending.id} is empty: what its upgrade() did stays")
    if not target.is_upgrade and pending.revision is not None and "begin_restore(" in pending.revision.source:
        yield from _rows(target, pending.id)


def _rows(target: Target, revision: str) -> Iterator[Line]:
    """Rows that its downgrade gives back were not kept."""
    if target.settings.accept_loss:
        return
    why = why_not_given_back(target.session, target.version_table, revision)
    if why:
        yield Line(
            text=why,
            remedy="accept the loss by -x safety.accept_loss=on, or restore a backup (alembic safety-backups)",
            sure=True,
        )


def _grade(pending: Pending) -> tuple[Grade | None, bool]:
    """What is proven of it, and whether that was seen on this major version of the server; None where nothing is."""
    certificate: Certificate | None = pending.certificate
    if certificate is None:
        return None, False
    if pending.proof is not None:
        # The certificate's is the worst of all servers.
        return min(certificate.grade, Grade(pending.proof.grade), key=list(Grade).index), True
    return certificate.grade, not certificate.proofs


def _anatomy(pending: Pending) -> Anatomy | None:
    if pending.revision is None:
        return None
    try:
        return Anatomy(pending.revision.source)
    except (SyntaxError, ValueError):
        return None


def _refuses(anatomy: Anatomy) -> str:
    """Why ``downgrade()`` can't but fail; '' where it may do something."""
    if anatomy.downgrade_state == MISSING:
        return "it has no downgrade()"
    return refusal_of(anatomy.downgrade) if anatomy.downgrade is not None else ""


def _does_nothing(anatomy: Anatomy) -> bool:
    return anatomy.downgrade_state == EMPTY and anatomy.upgrade is not None and _says_something(anatomy.upgrade)


def _says_something(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return not all(says_nothing(statement) for statement in function.body)


def _first(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
