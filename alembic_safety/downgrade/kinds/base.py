"""What the planner asks of a kind of object: how it is created, dropped, changed in place, renamed.

The planner (``downgrade.plan``) knows no kind. It pairs the objects of *now* (what the database holds) with those of
*before* (what it shall hold again), asks the rules of each kind for the statements, and orders them by dependency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.kinds import KINDS
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.identifiers import quote_ident


@dataclass(frozen=True, slots=True)
class Step:
    """One SQL statement (without semicolon) that a rule asks for."""

    sql: str
    #: One line that says why, only where it is not obvious from the statement.
    reason: str = ""
    #: Run when everything else exists: what refers to objects that may be created later (CLUSTER ON, ATTACH, enable states).
    late: bool = False
    #: Run before anything is dropped (rename aside, DETACH).
    early: bool = False


@dataclass(frozen=True, kw_only=True)
class Context:
    """What rules may look at while they write statements."""

    #: What the database shall hold again.
    before: Snapshot
    #: What it holds at the moment; names have been given back already.
    now: Snapshot
    #: The role that runs the statements: owner of whatever is created.
    role: str
    #: Counterpart in ``before`` of an address of ``now``, and the other way round; absent where there is none.
    wanted: dict[Address, Address] = field(default_factory=dict)
    present: dict[Address, Address] = field(default_factory=dict)
    #: Addresses of ``before`` that this plan creates, of ``now`` that it drops (complete only while statements are written).
    creates: set[Address] = field(default_factory=set)
    drops: set[Address] = field(default_factory=set)
    #: Objects of ``before`` that an own CREATE makes along with itself (columns and constraints of a new table): holder -> held.
    carried: dict[Address, list[CatalogObject]] = field(default_factory=dict)
    #: before -> now of objects that were renamed aside and are built anew (level 2).
    aside: dict[Address, Address] = field(default_factory=dict)
    #: 0 idiomatic; from 1 on a rule that has several ways takes the surer one. By (kind, identity).
    levels: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """``server_version_num`` of the server (150018 is 15.18)."""
        return self.now.server_version

    def level(self, obj: CatalogObject) -> int:
        """How far the planner has escalated for this object."""
        return self.levels.get((obj.kind, obj.identity), 0)

    def parent(self, obj: CatalogObject) -> CatalogObject:
        """The table, type or publication that an object of either snapshot hangs on."""
        side = self.before if self.before.objects.get(obj.address) is obj else self.now
        if obj.parent is None:
            raise KeyError(f"{obj.kind} {obj.identity} has no parent")
        return side.objects[obj.parent]

    def children(self, obj: CatalogObject, *kinds: str) -> list[CatalogObject]:
        """What hangs on an object of either snapshot, in attnum or OID order."""
        side = self.before if self.before.objects.get(obj.address) is obj else self.now
        return [child for child in side.children.get(obj.address, []) if not kinds or child.kind in kinds]

    def is_created(self, obj: CatalogObject) -> bool:
        """Whether this object of ``before`` is created by this plan."""
        return obj.address in self.creates

    def is_dropped(self, obj: CatalogObject) -> bool:
        """Whether this object of ``now`` is dropped by this plan."""
        return obj.address in self.drops


class Rules:
    """The rules of one kind; the defaults suit what DROP / ALTER … RENAME TO / SET SCHEMA name by ``KEYWORD identity``."""

    #: Among objects that do not depend on each other: lower is created earlier and dropped later.
    rank: ClassVar[int] = 50
    #: Whether the planner may drop and create it again although it is still wanted (it holds no rows).
    replaceable: ClassVar[bool] = True
    #: Whether the planner may rename it aside, create it anew and move over what uses it (types, tables).
    rebuildable: ClassVar[bool] = False
    #: Undone before everything else, because it changes what later statements do (default privileges).
    first: ClassVar[bool] = False
    #: Keys whose change gives other objects other names, and so comes before those are compared (schema of an extension).
    followed: ClassVar[frozenset[str]] = frozenset()
    #: Renames are given back in this order: 0 schemas, 1 what lives in schemas or alone, 2 what hangs on those; None: never.
    rename_turn: ClassVar[int | None] = 1

    #: Whether an ALTER of the object of ``created_with`` / ``dropped_with`` can make or take it too (identity sequences).
    rides_on_alter: ClassVar[bool] = False
    #: Whether it can be created apart from the object of ``created_with``, to break a circle.
    detachable: ClassVar[bool] = False

    def rank_of(self, obj: CatalogObject) -> int:
        """The rank of one object; override where a kind holds several sorts."""
        return self.rank

    # -- naming -------------------------------------------------------------------------------------------------------
    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """How DROP, ALTER and COMMENT ON name it: ``VIEW public.v``, ``TRIGGER t ON public.orders``."""
        return f"{KINDS[obj.kind].keyword} {obj.identity}"

    def rename(self, now: CatalogObject, name: str, ctx: Context) -> list[Step]:
        """Give it another own name; [] where the server does that along with something else."""
        return [Step(f"ALTER {self.spell(now, ctx)} RENAME TO {quote_ident(name)}")]

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """Move it to another schema; [] where it follows something else."""
        return [Step(f"ALTER {self.spell(now, ctx)} SET SCHEMA {quote_ident(schema)}")]

    def rename_parts(self, now: CatalogObject, want: CatalogObject, ctx: Context) -> list[Step]:
        """Give what is part of it, and no object by itself, its own names back."""
        return []

    # -- structure ----------------------------------------------------------------------------------------------------
    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it as ``before`` has it, without owner, grants, comment and labels (see ``kinds.facts``)."""
        raise NotImplementedError

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """Drop it, without CASCADE and without IF EXISTS; what depends on it is gone already."""
        return [Step(f"DROP {self.spell(now, ctx)}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Change it in place.

        :param changed: keys of ``props`` that differ, and ``identity`` where that still does (another signature).
        :return: the statements; None where it must be dropped and created again (or rebuilt, as the kind allows).
        """
        return None

    def blockers(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> Iterable[Address]:
        """What must be dropped before ``alter`` and created again afterwards (addresses of ``ctx.now``)."""
        return ()

    def may_replace(self, now: CatalogObject | None, want: CatalogObject) -> bool:
        """Whether this one may be dropped and created again although it is still wanted."""
        return self.replaceable

    # -- relations between objects --------------------------------------------------------------------------------------
    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """The object of ``before`` whose own CREATE makes this one too (a column's table); used if that one is created."""
        return None

    def dropped_with(self, now: CatalogObject, ctx: Context) -> Address | None:
        """The object of ``now`` whose own DROP takes this one along, and without which it cannot be dropped.

        (An index that backs a constraint goes with that.) What hangs on its ``parent`` needs no mention.
        """
        return None

    def also_needs(self, obj: CatalogObject, side: Snapshot) -> Iterable[Address]:
        """Dependencies within its own snapshot that pg_depend does not record."""
        return ()

    def is_late(self, obj: CatalogObject, referenced: CatalogObject, deptype: str) -> bool:
        """Whether a dependency of ``obj`` is met by a late step, so that it can be created before ``referenced``."""
        return False

    def culprits(self, obj: CatalogObject, ctx: Context) -> Iterable[CatalogObject]:
        """What to escalate besides an object that turned out wrong."""
        return ()

    def mentions(self, obj: CatalogObject) -> Iterable[str]:
        """Raw names in its text that pg_depend knows nothing of (a body written as a string): made after them if possible."""
        return ()

    def stand_in(self, want: CatalogObject, ctx: Context) -> list[Step] | None:
        """Create something with its name and shape that depends on less, to break a circle; ``complete`` follows."""
        return None

    def complete(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Turn the stand-in into the real thing."""
        raise NotImplementedError
