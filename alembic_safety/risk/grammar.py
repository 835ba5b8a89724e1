"""What statements do by the documentation, where no rehearsal saw them: the mode of the lock, and whether rows are read or written.

Sources: PostgreSQL documentation, "Explicit Locking" and the page of each statement. Where that depends on what the server
knows and we don't (whether a type change rewrites), the worse is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from alembic_safety.postgres.identifiers import qualified, quote_ident
from alembic_safety.postgres.lock_modes import rank
from alembic_safety.postgres.parser import enum_name
from alembic_safety.risk.subject import Step

#: ALTER TABLE commands that take less than AccessExclusiveLock.
_WEAKER = {
    "AT_ValidateConstraint": "ShareUpdateExclusiveLock",
    "AT_SetStatistics": "ShareUpdateExclusiveLock",
    "AT_SetOptions": "ShareUpdateExclusiveLock",
    "AT_SetRelOptions": "ShareUpdateExclusiveLock",
    "AT_ClusterOn": "ShareUpdateExclusiveLock",
    "AT_AttachPartition": "ShareUpdateExclusiveLock",
    "AT_EnableTrig": "ShareRowExclusiveLock",
    "AT_DisableTrig": "ShareRowExclusiveLock",
}
#: What DROP names, where that is a relation.
_KINDS = {
    "OBJECT_TABLE": "table",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized_view",
    "OBJECT_FOREIGN_TABLE": "foreign_table",
}
_WRITES = {"insert_stmt", "update_stmt", "delete_stmt"}
#: Functions whose value is the same for all rows of a statement.
_STABLE = {"now", "current_timestamp", "transaction_timestamp", "statement_timestamp"}


def steps_of_text(statements: Iterable[str]) -> tuple[Step, ...]:
    """The steps of statements that meet tables which they do not make; ``public`` is assumed where no schema is written."""
    made: set[str] = set()
    found = []
    for sql in statements:
        step = Step(sql=sql)
        if not step.kind:
            continue
        if step.kind == "create_stmt":
            made.add(_name(step.node.relation))
            continue
        one = _step(step)
        locks = {name: mode for name, mode in one.locks.items() if name not in made}
        if locks:
            kept = tuple(t for t in one.scans if t in locks), tuple(t for t in one.rewrites if t in locks)
            found.append(replace(one, locks=locks, scans=kept[0], rewrites=kept[1]))
    return tuple(found)


def dropped_by_text(statements: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Kind and identity of the relations and columns that are dropped, and that no other of the statements makes."""
    made: set[str] = set()
    gone: dict[tuple[str, str], None] = {}
    for sql in statements:
        step = Step(sql=sql)
        if step.kind == "create_stmt":
            made.add(_name(step.node.relation))
        elif step.kind == "view_stmt":
            made.add(_name(step.node.view))
        elif step.kind == "create_table_as_stmt":
            made.add(_name(step.node.into.rel))
        elif step.kind == "rename_stmt" and not step.node.subname and step.node.relation.relname:
            made.add(qualified(step.node.relation.schemaname or "public", step.node.newname))
        elif step.kind == "drop_stmt":
            kind = _KINDS.get(enum_name(step.node, "remove_type"))
            gone |= dict.fromkeys((kind, name) for name in _dropped(step.node) if kind is not None)
        for command in step.commands("AT_DropColumn"):
            table = _name(step.node.relation)
            gone[("column", f"{table}.{quote_ident(command.name)}")] = None
    return tuple(
        (kind, name)
        for kind, name in gone
        if name not in made and not (kind == "column" and name.rpartition(".")[0] in made)
    )


def _name(relation: Any) -> str:
    return qualified(relation.schemaname or "public", relation.relname)


def _step(step: Step) -> Step:
    node = step.node
    if step.kind in _WRITES:
        return replace(step, locks={_name(node.relation): "RowExclusiveLock"})
    if step.kind == "index_stmt":
        table = _name(node.relation)
        mode = "ShareUpdateExclusiveLock" if node.concurrent else "ShareLock"
        return replace(step, locks={table: mode}, scans=(table,), in_transaction=not node.concurrent)
    if step.kind == "alter_table_stmt":
        return _alter(step)
    if step.kind == "truncate_stmt":
        tables = [_name(entry.range_var) for entry in node.relations]
        return replace(step, locks=dict.fromkeys(tables, "AccessExclusiveLock"), rewrites=tuple(tables))
    if step.kind == "drop_stmt":
        return replace(step, locks=dict.fromkeys(_dropped(node), "AccessExclusiveLock"))
    if step.kind == "create_trig_stmt":
        return replace(step, locks={_name(node.relation): "ShareRowExclusiveLock"})
    if step.kind == "rename_stmt" and node.relation.relname:
        return replace(step, locks={_name(node.relation): "AccessExclusiveLock"})
    if step.kind == "cluster_stmt" and node.relation.relname:
        table = _name(node.relation)
        return replace(step, locks={table: "AccessExclusiveLock"}, rewrites=(table,))
    if step.kind == "refresh_mat_view_stmt":
        mode = "ExclusiveLock" if node.concurrent else "AccessExclusiveLock"
        return replace(step, locks={_name(node.relation): mode})
    return step


def _dropped(node: Any) -> Iterator[str]:
    for entry in node.objects:
        parts = [item.string.sval for item in entry.list.items] if entry.WhichOneof("node") == "list" else []
        if parts and enum_name(node, "remove_type") in _KINDS:
            yield qualified(parts[-2] if len(parts) > 1 else "public", parts[-1])


def _alter(step: Step) -> Step:
    table = _name(step.node.relation)
    locks, scans, rewrites = {table: ""}, False, False
    for command in step.commands():
        mode = _WEAKER.get(command.kind, "AccessExclusiveLock")
        if command.kind == "AT_AddConstraint":
            scans = scans or not command.definition.skip_validation
            if command.definition.HasField("pktable"):
                mode = "ShareRowExclusiveLock"
                locks[_name(command.definition.pktable)] = mode
        elif command.kind in {"AT_SetNotNull", "AT_ValidateConstraint"}:
            scans = True
        elif command.kind == "AT_AlterColumnType" or (command.kind == "AT_AddColumn" and _fills(command.definition)):
            rewrites = True
        locks[table] = max(locks[table], mode, key=rank)
    return replace(
        step,
        locks=locks,
        scans=(table,) if scans or rewrites else (),
        rewrites=(table,) if rewrites else (),
    )


def _fills(column: Any) -> bool:
    """Whether a new column's default has to be worked out for each row."""
    for part in column.constraints:
        constraint = part.constraint
        if constraint.HasField("raw_expr") and constraint.raw_expr.WhichOneof("node") == "func_call":
            name = constraint.raw_expr.func_call.funcname[-1].string.sval
            if name not in _STABLE:
                return True
    return False
