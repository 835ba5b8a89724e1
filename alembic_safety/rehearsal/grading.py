"""From what a rehearsal saw to a grade, and to the certificate that says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_safety.downgrade.statement import Rating
from alembic_safety.rehearsal.certificate import Certificate, Grade, Proof
from alembic_safety.rehearsal.rows.records import FAILS, rows_lost, since_lost
from alembic_safety.rehearsal.rows.records import NONE as NO_ROWS
from alembic_safety.rehearsal.verdict import Down, Restored, Up, Verdict
from alembic_safety.revisions.markers import PRESERVE, blocks
from alembic_safety.revisions.sql_text import read_sql

if TYPE_CHECKING:
    from alembic_safety.rehearsal.derive import Derived
    from alembic_safety.revisions.chain import Revision

SYNTHESIZED = "synthesized"
HAND_WRITTEN = "hand-written"
NONE = "none"

#: What makes, changes or removes large objects; ``lo_get`` only reads them.
_LARGE_OBJECTS = re.compile(
    r"\blo_(?:create?|from_bytea|import|put|truncate(?:64)?|unlink)\b(?=\s*\()|\blowrite\b(?=\s*\()|\bLARGE\s+OBJECT\b",
    re.IGNORECASE,
)
#: The body of a downgrade, up to what stands at the begin of a line again.
_BACK = re.compile(r"^def downgrade\b.*?(?=^[^\s#)]|\Z)", re.MULTILINE | re.DOTALL)
#: What is lost by what an upgrade does to rows that were there.
_WRITES = {
    "delete": "the upgrade deletes rows",
    "insert": "the upgrade inserts rows, which stay",
    "truncate": "the upgrade removes all rows",
    "update": "the upgrade changes rows, and their old values are not kept",
    "write": "the upgrade may write rows",
}


def losses(derived: Derived, way: str = "derived") -> tuple[str, ...]:
    """The rows that were there before, that the upgrade destroys and that nothing gives back, a sentence each.

    Rows that only exist since the upgrade (in a table that it created) are not meant: their place goes with them.

    :param way: which way down: ``derived``, or the revision's ``own``.
    """
    if (way == "derived" and derived.block) or (way == "own" and _keeps_rows(derived)):
        return since_lost(derived.rows, way)
    needs = [n for n in (derived.synthesis.data_needs if derived.synthesis else ()) if n.lost_by == "upgrade"]
    # Where a hand-written downgrade leaves a sequence is its author's choice.
    needs = [need for need in needs if way != "own" or need.what != "position"]
    found = [f"{need.subject}: {need.reason}" for need in needs]
    named = {need.subject for need in needs}
    proof = derived.rows
    if proof is None:
        return tuple(dict.fromkeys(found))
    # A hand-written downgrade may delete what the upgrade inserted: on rows that shows.
    taken_back = (
        {"insert"}
        if way == "own" and proof.data != NO_ROWS and "own" in proof.ways and proof.ways["own"].restores
        else set()
    )
    found += [
        f"{table}: {_WRITES[verb]}"
        for table, verbs in proof.writes.items()
        if table not in named
        for verb in verbs
        if verb not in taken_back
    ]
    tables = {line.partition(":")[0] for line in found}
    for line in rows_lost(proof, way):
        subject = line.partition(":")[0]
        # What a dropped column loses shows as a difference of its table.
        if subject not in tables and not any(name.startswith(f"{subject}.") for name in named):
            found.append(line)
    found += since_lost(proof, way)
    return tuple(dict.fromkeys(found))


def _keeps_rows(derived: Derived) -> bool:
    """Whether the revision's file keeps rows by a block of ours, and its downgrade was seen to give all of them back."""
    proof = derived.rows
    if proof is None or proof.data == NO_ROWS or "own" not in proof.ways or not proof.ways["own"].restores:
        return False
    return any(block.name == PRESERVE and block.intact for block in blocks(derived.revision.source))


def grade_of(derived: Derived) -> tuple[Grade, tuple[str, ...]]:
    """The grade of a synthesized downgrade, with the reasons why it is no better."""
    if not derived.proven:
        return Grade.IRREVERSIBLE, derived.reasons or ("no downgrade could be derived",)
    lost = (*losses(derived), *_large_objects(derived.revision))
    return (Grade.SCHEMA_EXACT, (*lost, *untried(derived, lost))) if lost else (Grade.EXACT, ())


def _large_objects(revision: Revision) -> tuple[str, ...]:
    return large_objects_lost(revision.source + "".join(read_sql(file) for file in revision.sql_files))


def large_objects_lost(source: str) -> tuple[str, ...]:
    """What an upgrade does to large objects is in no catalog that is compared, nor in a table whose rows are: a sentence where it does something."""
    found = sorted({match[0].lower() for match in _LARGE_OBJECTS.finditer(_BACK.sub("", source))})
    return (f"large objects: what the upgrade makes of them ({', '.join(found)}) stays as it is",) if found else ()


def untried(derived: Derived | None, lost: tuple[str, ...]) -> tuple[str, ...]:
    """Why what is lost could not be shown to come back on rows, a sentence each; nothing where it was tried."""
    proof = derived.rows if derived is not None else None
    if proof is None:
        return ()
    if proof.data == NO_ROWS and proof.refused:
        why = proof.refused.splitlines()[0]
        return (f"nothing was tried on rows: the upgrade accepts none that were made ({why})",)
    tables = {line.partition(":")[0] for line in lost}
    names = [name for name in proof.unfilled if any(f"{table}.".startswith(f"{name}.") for table in tables)]
    return (f"no row could be made for {', '.join(names)}, so nothing was tried on rows of it",) if names else ()


def grade_of_own(verdict: Verdict, derived: Derived | None) -> tuple[Grade, tuple[str, ...]]:
    """The grade of the downgrade that a revision has, by what the rehearsal saw of it."""
    if verdict.down in (Down.REFUSES, Down.MISSING, Down.FAILED, Down.TIMED_OUT, Down.NOT_TRIED):
        return Grade.IRREVERSIBLE, (verdict.error or f"the downgrade is {verdict.down.value}",)
    if verdict.restored is Restored.DIFFERENT or not verdict.holds:
        return Grade.INEXACT, verdict.differences or verdict.again_differences or (
            verdict.error or "it was not restored",
        )
    lost = losses(derived, "own") if derived is not None else ()
    if failing := tuple(line for line in lost if line.startswith(FAILS)):
        return Grade.INEXACT, failing
    return (Grade.SCHEMA_EXACT, (*lost, *untried(derived, lost))) if lost else (Grade.EXACT, ())


def certify(
    revision: Revision,
    verdict: Verdict,
    derived: Derived | None,
    *,
    server_major: int,
    synthesized: bool,
    ours: bool = False,
) -> Certificate | None:
    """The certificate for the downgrade that the revision has now; None where its upgrade doesn't run.

    :param synthesized: whether that is the body of ``derived``, and not the revision's own.
    :param ours: whether the revision's own was written by an earlier run.
    """
    if verdict.up is not Up.RAN:
        return None
    if synthesized and derived is not None:
        grade, reasons = grade_of(derived)
        restored, again = derived.restored, derived.again
        origin = SYNTHESIZED if derived.proven else NONE
    else:
        grade, reasons = grade_of_own(verdict, derived)
        restored, again = verdict.restored, verdict.holds
        origin = NONE if verdict.down in (Down.MISSING, Down.EMPTY) else SYNTHESIZED if ours else HAND_WRITTEN
    proofs = {}
    if derived is not None and derived.fingerprints is not None:
        before, after = derived.fingerprints
        proofs[str(server_major)] = Proof(
            before={"structure": before[0], "privileges": before[1]},
            after={"structure": after[0], "privileges": after[1]},
            restored=restored.value,
            again=again,
            data=derived.rows.data if derived.rows is not None else NO_ROWS,
            closure=derived.closure,
            activity=derived.activity,
            grade=grade.value,
        )
    rows = derived.rows if derived is not None else None
    rated = derived.synthesis.rating_reasons if derived is not None and derived.synthesis is not None else ()
    rating = derived.rating if derived is not None else Rating.HIGH
    return Certificate(
        revision=revision.id,
        key=revision.key,
        grade=grade,
        reasons=reasons,
        rating=rating.value,
        # What is lost is said by the reasons already.
        rating_reasons=tuple(r for r in rated if not any(line.endswith(r) for line in reasons)),
        downgrade=origin,
        proofs=proofs,
        probes=rows.probes if rows is not None else (),
        downgrade_probes=rows.downgrade_probes if rows is not None else (),
        volatile=rows.volatile if rows is not None else (),
        breaks=verdict.broken_views,
        mends=verdict.mended,
    )
