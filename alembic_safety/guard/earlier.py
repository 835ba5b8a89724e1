"""The catalog before each revision of a run, kept as what each of them changed: a thousand whole ones would fill the memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class _Step:
    #: '' for what others changed while the run was not looking.
    revision: str
    #: What was there before it where it changed something (None: nothing), and what is no object of the snapshot.
    old: Mapping[Address, CatalogObject | None]
    unmodelled: tuple[tuple[str, str], ...]

    @classmethod
    def between(cls, revision: str, before: Snapshot, after: Snapshot) -> _Step:
        return cls(
            revision,
            {
                address: old
                for address in after.apart_from(before)
                if (old := before.objects.get(address)) is not after.objects.get(address)
            },
            before.unmodelled,
        )


class Earlier:
    """What a run has seen of the catalog, revision by revision."""

    def __init__(self) -> None:
        #: Before the first revision; None as long as nothing was seen.
        self.first: Snapshot | None = None
        self._last: Snapshot | None = None
        self._steps: list[_Step] = []

    def done(self, revision: str, before: Snapshot, after: Snapshot) -> None:
        """A revision was done, perhaps again after it was rolled back with all that came after it."""
        index = next((i for i, step in enumerate(self._steps) if step.revision == revision), None)
        if index is not None:
            self._last = self._before(index)
            del self._steps[index:]
        self.first = self.first or before
        if self._last is not None and self._last is not before:
            self._steps.append(_Step.between("", self._last, before))
        self._steps.append(_Step.between(revision, before, after))
        self._last = after

    def before(self, revision: str) -> Snapshot | None:
        """The catalog as it was before that revision; None where it was not seen."""
        index = next((i for i, step in enumerate(self._steps) if step.revision == revision), None)
        return None if index is None else self._before(index)

    def _before(self, index: int) -> Snapshot:
        assert self._last is not None
        objects = dict(self._last.objects)
        for step in reversed(self._steps[index:]):
            for address, old in step.old.items():
                if old is None:
                    objects.pop(address, None)
                else:
                    objects[address] = old
        return replace(self._last, objects=objects, unmodelled=self._steps[index].unmodelled)
