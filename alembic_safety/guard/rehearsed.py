"""What the certificates of the pending revisions say, and whether the database is as it was when they were rehearsed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError
from alembic_safety.guard.log import log
from alembic_safety.guard.surroundings import Surroundings
from alembic_safety.rehearsal.certificate import FOLDER, Status, read_certificate
from alembic_safety.rehearsal.closure import ABSENT, WHOLE, Relabelling, entries, is_carried

if TYPE_CHECKING:
    from alembic_safety.model.catalog import CatalogObject
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.revisions.chain import Chain

_SHOWN = 20
Name = tuple[str, str]
WAY_OUT = "-x safety.certificates=off goes on without comparing"


def rehearsed_closures(chain: Chain, revisions: Sequence[str], policy: str, major: int) -> dict[str, Mapping[str, str]]:
    """What each revision touches and depends on, where its certificate is valid and knows this major version.

    :param policy: the setting ``certificates``.
    :raises GuardError: the policy is ``require``, and a certificate is not valid.
    """
    if policy == "off":
        return {}
    closures: dict[str, Mapping[str, str]] = {}
    lacking: list[str] = []
    elsewhere: set[str] = set()
    for identifier in revisions:
        revision = chain.by_id.get(identifier)
        status, certificate = (Status.MISSING, None) if revision is None else read_certificate(revision)
        if certificate is None or status is not Status.VALID:
            lacking.append(f"{identifier} {status.value}")
        elif (proof := certificate.proofs.get(str(major))) is None:
            elsewhere |= set(certificate.proofs)
        elif proof.closure is not None:
            closures[identifier] = proof.closure
    if lacking and policy == "require":
        raise GuardError(
            f"nothing was changed: the policy requires a certificate for every revision, and these have no valid one: "
            f"{_listed(lacking)}; 'alembic safety-downgrade' rehearses them and writes it"
        )
    if lacking and uses_certificates(chain):
        log().warning("no valid certificate: %s", _listed(lacking))
    if elsewhere:
        log().warning(
            "the certificates were made on PostgreSQL %s, this is %d: what they say of the schema is not compared",
            ", ".join(sorted(elsewhere)),
            major,
        )
    return closures


def uses_certificates(chain: Chain) -> bool:
    """Whether a project has certificates at all."""
    return any((revision.path.parent / FOLDER).is_dir() for revision in chain.revisions)


def expected_now(
    revisions: Sequence[str], closures: Mapping[str, Mapping[str, str]]
) -> dict[Name, tuple[str, str, str]]:
    """By object: what it has to be before the first revision, what the first that concerns it makes of it, and which that is.

    Ends at the first revision that nothing is known of.
    """
    expected: dict[Name, tuple[str, str, str]] = {}
    made: set[str] = set()
    for revision in revisions:
        if revision not in closures:
            break
        rows = entries(closures[revision])
        for name, before, after in rows:
            known = expected.get(name)
            # A part of what an earlier one made as a whole is not listed there.
            if known is None and not lies_in(name[1], made):
                expected[name] = (before, after, revision)
            elif known is not None and known[0] == known[1] == before != after:
                # An earlier one needs what this one changes: it has to be there, and as it was rehearsed.
                expected[name] = (before, "", known[2])
        made.update(name[1] for name, _, after in rows if after.startswith(WHOLE))
    return expected


def lies_in(identity: str, containers: Collection[str]) -> bool:
    """Whether an object is a part of one of others, by identity: ``public.t.id`` of ``public.t``."""
    return any(letter == "." and identity[:i] in containers for i, letter in enumerate(identity))


def drift(
    live: Snapshot,
    expected: Mapping[Name, tuple[str, str, str]],
    *,
    carried: bool,
    altered: Collection[Name] = (),
    labels: Mapping[Name, Relabelling] | None = None,
) -> list[str]:
    """What is not as it was rehearsed and would make the way back another, a sentence each.

    That is none of what already is as a revision would make it, nor of what it only depends on and that is there: whether the
    revision does with it what it should is seen before it commits.

    :param carried: what a database has of its own is written down and given back (setting ``live_state``).
    :param altered: columns of which it is known what is changed in them.
    :param labels: what becomes of the labels of enums, by the first revision that changes each.
    """
    found = []
    seen = Surroundings(live)
    for name, (before, after, revision) in sorted(expected.items()):
        words = f"{name[0].replace('_', ' ')} {name[1]}"
        if seen.is_as(name, before) or seen.is_as(name, after):
            continue
        there = seen.find(name)
        if there is not None and before != ABSENT and _is_only_needed(there, before, after):
            continue
        if there is not None and carried and _can_be_given_back(there, live, before, after, is_altered=name in altered):
            continue
        if there is not None and carried and _has_more_labels(there, before, (labels or {}).get(name)):
            continue
        if there is None:
            found.append(f"{words} is missing; revision {revision} needs it")
        elif before == ABSENT:
            found.append(f"{words} is there already, and is another than revision {revision} makes")
        else:
            found.append(f"{words} is not what it was when revision {revision} was rehearsed")
    return found


def _can_be_given_back(obj: CatalogObject, live: Snapshot, before: str, after: str, *, is_altered: bool) -> bool:
    if before == ABSENT:
        return obj.kind == "default"  # a new one takes its place, whatever it is
    if obj.kind == "column":
        parent = live.objects.get(obj.parent) if obj.parent is not None else None
        follows = parent is not None and parent.kind in ("view", "materialized_view")
        return after == ABSENT or is_altered or follows
    return is_carried(obj)


def _has_more_labels(obj: CatalogObject, before: str, change: Relabelling | None) -> bool:
    """Whether it is an enum with all that the way back names, and more of its own."""
    return obj.kind == "enum" and before != ABSENT and change is not None and change.fits(obj.props["labels"])


def _is_only_needed(obj: CatalogObject, before: str, after: str) -> bool:
    return before == after and obj.kind != "table"


def refuse_drift(found: Iterable[str], hint: str = "") -> None:
    """Raise GuardError where something drifted."""
    lines = list(found)
    if lines:
        raise GuardError(
            "the database is not what the revisions were rehearsed on, so nothing was changed:"
            + "".join(f"\n  {line}" for line in lines[:_SHOWN])
            + (f"\n  and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")
            + f"\n{hint or 'put it right, or rehearse the revisions anew'}; {WAY_OUT}"
        )


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")
