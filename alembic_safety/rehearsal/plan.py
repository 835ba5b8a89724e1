"""Which revisions of a chain a rehearsal judges, and which it only applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_safety.errors import UsageError

if TYPE_CHECKING:
    from alembic_safety.rehearsal.options import Options
    from alembic_safety.revisions.chain import Chain, Revision


class Plan:
    """Which revisions are judged, which are only applied before, and which are there already (baseline)."""

    def __init__(self, chain: Chain, options: Options, present: frozenset[str] | None = None) -> None:
        """``present`` are the revisions that a backup or sample holds."""
        if not chain.revisions:
            raise UsageError("the project has no revisions yet: 'alembic revision' or 'alembic safety-wrap' makes some")
        if options.only is not None and (options.first is not None or options.last is not None):
            raise UsageError("--revision judges one revision alone: leave out --from and --to, or --revision")
        self.present: frozenset[str] = frozenset()
        if present is not None:
            self.present = present
        elif options.baseline is not None:
            self.present = _up_to(chain, options.baseline[1])
        if options.chosen is not None:
            wanted = {chain.resolve(name).id for name in options.chosen}
        elif options.only is not None:
            wanted = {chain.resolve(options.only).id}
        else:
            spec = options.select or f"{options.first or ''}:{options.last or ''}"
            wanted = {r.id for r in chain.select(spec)}
        needed = chain.with_ancestors(wanted)
        self.judged = frozenset(wanted - self.present)
        if not self.judged and present is not None:
            raise UsageError("nothing is pending there: it holds every revision that was asked for")
        if not self.judged:
            raise UsageError("the baseline holds every revision that was asked for: name later ones")
        self.order: tuple[Revision, ...] = tuple(
            r for r in chain.revisions if r.id in needed and r.id not in self.present
        )


def _up_to(chain: Chain, name: str) -> frozenset[str]:
    """The revisions that a baseline taken at ``name`` holds; none at ``base``."""
    if name == "base":
        return frozenset()
    base = chain.resolve(name)
    return chain.ancestors(base.id) | {base.id}
