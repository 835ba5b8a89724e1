"""What rules look at: the statements of one revision, and the tables that they meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.lock_modes import rank
from alembic_safety.postgres.parser import enum_name, parse
from alembic_safety.settings.values import shown_size

if TYPE_CHECKING:
    from alembic_safety.rehearsal.activity import Activity

_SHORT = 70
_BLOCKING = rank("ShareLock")


class Command(NamedTuple):
    """One command of an ALTER TABLE, by the grammar's name: ``AT_SetNotNull``."""

    kind: str
    name: str
    #: What is defined, as the grammar has it: a column, a constraint; None where there is nothing.
    definition: Any
    cascades: bool


@dataclass(frozen=True, kw_only=True)
class Step:
    """One statement, with what it does to relations that were there before the revision."""

    #: On one line.
    sql: str
    #: Mode by identity of the relation.
    locks: Mapping[str, str] = field(default_factory=dict)
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    in_transaction: bool = True

    @classmethod
    def seen(cls, activity: Activity) -> Step:
        """What a rehearsal saw."""
        return cls(
            sql=activity.sql,
            locks=activity.locks,
            rewrites=activity.rewrites,
            scans=activity.scans,
            in_transaction=activity.in_transaction,
        )

    @property
    def short(self) -> str:
        """Enough of the text to know it by."""
        return self.sql if len(self.sql) <= _SHORT else self.sql[: _SHORT - 1].rstrip() + "…"

    @cached_property
    def tree(self) -> Any | None:
        """The syntax tree, if the text is one statement that the grammar knows."""
        found = parse(self.sql)
        return found.stmts[0].stmt if found is not None and len(found.stmts) == 1 else None

    @cached_property
    def kind(self) -> str:
        """The grammar's name of the statement: ``index_stmt``; '' where it is not parsed."""
        return str(self.tree.WhichOneof("node")) if self.tree is not None else ""

    @property
    def node(self) -> Any:
        """The statement's own part of the tree. Only where ``kind`` is not ''."""
        return getattr(self.tree, self.kind)

    @cached_property
    def table(self) -> str:
        """The relation that the statement names first, by identity as far as it can be told."""
        relation = getattr(self.node, "relation", None) if self.kind else None
        name = str(getattr(relation, "relname", ""))
        schema = str(getattr(relation, "schemaname", ""))
        candidates = [*self.locks, *self.rewrites, *self.scans]
        for identity in candidates:
            if name and identity.replace('"', "").endswith(f"{schema}.{name}" if schema else f".{name}"):
                return identity
        return candidates[0] if candidates else name

    def commands(self, *kinds: str) -> Iterator[Command]:
        """The commands of an ALTER TABLE that are of these kinds; without any, all."""
        if self.kind != "alter_table_stmt":
            return
        for entry in self.node.cmds:
            command = entry.alter_table_cmd
            kind = enum_name(command, "subtype")
            if not kinds or kind in kinds:
                holder = getattr(command, "def")
                which = holder.WhichOneof("node")
                definition = getattr(holder, which) if which else None
                yield Command(kind, str(command.name), definition, enum_name(command, "behavior") == "DROP_CASCADE")

    def constraints(self, *kinds: str) -> Iterator[Any]:
        """Constraints that an ALTER TABLE adds, also those beside a new column: ``CONSTR_FOREIGN``."""
        for command in self.commands("AT_AddConstraint", "AT_AddColumn"):
            if command.kind == "AT_AddConstraint" and command.definition is not None:
                parts = [command.definition]
            else:
                parts = [part.constraint for part in getattr(command.definition, "constraints", ())]
            yield from (part for part in parts if enum_name(part, "contype") in kinds)

    @property
    def blocking(self) -> Mapping[str, str]:
        """The locks that keep the application waiting: writes at least."""
        return {name: mode for name, mode in self.locks.items() if rank(mode) >= _BLOCKING}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One revision."""

    revision: str
    steps: tuple[Step, ...] = ()
    #: Kind and identity of what is dropped.
    dropped: tuple[tuple[str, str], ...] = ()
    #: All statements on one line each, as far as they are known, also those that touch no relation that was there.
    statements: tuple[str, ...] = ()
    file: str | None = None
    #: Bytes of live relations, by identity; empty where no database was asked.
    sizes: Mapping[str, int] = field(default_factory=dict)
    #: How often live relations are read: a sentence by identity.
    reads: Mapping[str, str] = field(default_factory=dict)
    #: Bytes from which a table is large.
    large: int = 0

    def severity(self, *tables: str) -> Severity:
        """WARNING where a table is large, or where nobody knows how large it is."""
        if not self.sizes:
            return Severity.WARNING
        return Severity.WARNING if any(self.sizes.get(t, 0) >= self.large for t in tables) else Severity.INFO

    def sized(self, table: str) -> str:
        """A table's name with its size, where that is known."""
        return f"{table} ({shown_size(self.sizes[table])})" if table in self.sizes else table

    def finding(self, code: str, message: str, remedy: str, *tables: str, severity: Severity | None = None) -> Finding:
        """What a rule found, about these tables."""
        return Finding(
            code=code,
            severity=self.severity(*tables) if severity is None else severity,
            message=message,
            kind="table" if tables else None,
            subject=tables[0] if tables else None,
            revision=self.revision,
            file=self.file,
            remedy=remedy,
        )
