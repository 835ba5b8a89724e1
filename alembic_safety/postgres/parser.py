"""PostgreSQL's own grammar: the only module that knows postgast (libpg_query).

The grammar is that of one major version and no judge of another: nothing may depend on a text being parsed. Every function
answers None, or the cautious answer, where it isn't.
"""

from __future__ import annotations

from typing import Any, NamedTuple


def parse(sql: str) -> Any | None:
    """The syntax trees of a text (``.stmts``, each with ``.stmt``, ``.stmt_location``, ``.stmt_len`` in bytes), or None."""
    import postgast

    try:
        return postgast.parse(sql)
    except (postgast.PgQueryError, ValueError):
        return None


def canonical(sql: str) -> str | None:
    """The text written anew from its syntax tree, comments and layout gone, or None where that is not possible."""
    import postgast

    tree = parse(sql)
    if tree is None:
        return None
    try:
        return postgast.deparse(tree)
    except (postgast.PgQueryError, ValueError):
        return None


def with_concurrently(sql: str) -> str:
    """A CREATE INDEX with CONCURRENTLY; the text as it is where it isn't parsed."""
    import postgast

    tree = parse(sql)
    if tree is None:
        return sql
    for raw in tree.stmts:
        if raw.stmt.WhichOneof("node") == "index_stmt":
            raw.stmt.index_stmt.concurrent = True
    try:
        return postgast.deparse(tree)
    except (postgast.PgQueryError, ValueError):
        return sql


class TableCommand(NamedTuple):
    """What one statement does to one table."""

    #: The grammar's name of the only command of an ALTER TABLE (``AT_AddColumn``), or ``create``.
    kind: str
    schema: str
    table: str
    #: '' where it is about no column.
    column: str


def table_command(sql: str) -> TableCommand | None:
    """A CREATE TABLE, or an ALTER TABLE of one command, that names the schema; None for all else."""
    tree = parse(sql)
    if tree is None or len(tree.stmts) != 1:
        return None
    kind = tree.stmts[0].stmt.WhichOneof("node")
    if kind == "create_stmt":
        relation = tree.stmts[0].stmt.create_stmt.relation
        return TableCommand("create", relation.schemaname, relation.relname, "") if relation.schemaname else None
    if kind != "alter_table_stmt":
        return None
    statement = tree.stmts[0].stmt.alter_table_stmt
    commands = [entry.alter_table_cmd for entry in statement.cmds]
    if len(commands) != 1 or not statement.relation.schemaname:
        return None
    subtype = enum_name(commands[0], "subtype")
    column = getattr(commands[0], "def").column_def.colname if subtype == "AT_AddColumn" else commands[0].name
    return TableCommand(subtype, statement.relation.schemaname, statement.relation.relname, column)


def created_enum(sql: str) -> tuple[str, str] | None:
    """Schema and name of the enum that a text of one statement creates; None for all else."""
    tree = parse(sql)
    if tree is None or len(tree.stmts) != 1 or tree.stmts[0].stmt.WhichOneof("node") != "create_enum_stmt":
        return None
    parts = [part.string.sval for part in tree.stmts[0].stmt.create_enum_stmt.type_name]
    return (parts[0], parts[1]) if len(parts) == 2 else None


def drops_something(sql: str) -> bool:
    """Whether a text is one statement that drops something, and says nothing of what depends on that."""
    tree = parse(sql)
    if tree is None or len(tree.stmts) != 1:
        return False
    kind = tree.stmts[0].stmt.WhichOneof("node")
    if kind == "alter_table_stmt":
        commands = [entry.alter_table_cmd for entry in tree.stmts[0].stmt.alter_table_stmt.cmds]
        is_drop = len(commands) == 1 and enum_name(commands[0], "subtype") in ("AT_DropColumn", "AT_DropConstraint")
        return is_drop and enum_name(commands[0], "behavior") != "DROP_CASCADE"
    return kind == "drop_stmt" and enum_name(tree.stmts[0].stmt.drop_stmt, "behavior") != "DROP_CASCADE"


#: Kinds that hold no rows, by the grammar's name.
_FLEETING = {
    "OBJECT_AGGREGATE": "aggregate",
    "OBJECT_FUNCTION": "function",
    "OBJECT_INDEX": "index",
    "OBJECT_POLICY": "policy",
    "OBJECT_PROCEDURE": "procedure",
    "OBJECT_RULE": "rule",
    "OBJECT_STATISTIC_EXT": "statistics object",
    "OBJECT_TABCONSTRAINT": "constraint",
    "OBJECT_TRIGGER": "trigger",
    "OBJECT_VIEW": "view",
}


def fleeting_kind(sql: str) -> str | None:
    """The kind of the one object without rows that a text of one statement drops, renames or (an index, a view) alters; None for all else."""
    tree = parse(sql)
    if tree is None or len(tree.stmts) != 1:
        return None
    statement = tree.stmts[0].stmt
    kind = statement.WhichOneof("node")
    if kind == "drop_stmt":
        return (
            _FLEETING.get(enum_name(statement.drop_stmt, "remove_type"))
            if len(statement.drop_stmt.objects) == 1
            else None
        )
    if kind == "rename_stmt":
        return _FLEETING.get(enum_name(statement.rename_stmt, "rename_type"))
    if kind == "alter_table_stmt":
        commands = [entry.alter_table_cmd for entry in statement.alter_table_stmt.cmds]
        if [enum_name(command, "subtype") for command in commands] == ["AT_DropConstraint"]:
            return "constraint"
        return _FLEETING.get(enum_name(statement.alter_table_stmt, "objtype"))
    return None


def is_fleeting(sql: str) -> bool:
    """Whether a text of one statement makes something that holds no rows: a default, a check, an index, a view, a routine, a policy, a trigger."""
    tree = parse(sql)
    if tree is None or len(tree.stmts) != 1:
        return False
    statement = tree.stmts[0].stmt
    kind = statement.WhichOneof("node")
    if kind == "alter_table_stmt":
        commands = [entry.alter_table_cmd for entry in statement.alter_table_stmt.cmds]
        return all(enum_name(command, "subtype") in ("AT_ColumnDefault", "AT_AddConstraint") for command in commands)
    return kind in (
        "create_function_stmt",
        "create_policy_stmt",
        "create_trig_stmt",
        "index_stmt",
        "rule_stmt",
        "view_stmt",
    )


def enum_name(message: Any, attribute: str) -> str:
    """The name of an enumeration's value."""
    field = message.DESCRIPTOR.fields_by_name[attribute]
    return str(field.enum_type.values_by_number[getattr(message, attribute)].name)
