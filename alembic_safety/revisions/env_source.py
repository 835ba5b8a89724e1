"""Put our hooks into the text of an env.py, and take them out again; every other byte stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: Arguments of ``context.configure()`` that ``hooks.options()`` joins with ours, so it must get the project's.
_JOINED = frozenset({"process_revision_directives", "on_version_apply", "include_name"})
_OURS = "alembic_safety"
_COMMENT = re.compile(r"#[^\r\n]*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

BY_HAND = """\
from alembic_safety import hooks

# where the connection is configured:
context.configure(connection=connection, target_metadata=target_metadata, **hooks.options())
# in place of "with context.begin_transaction(): context.run_migrations()":
hooks.run(context)"""


class CannotEdit(Exception):  # noqa: N818 - an answer between our own modules, never shown as it is
    """Why the text cannot be changed safely."""


class Edit(NamedTuple):
    """A piece of the text, by position, and what stands there afterwards."""

    start: int
    end: int
    text: str


def with_hooks(source: str) -> str:
    """The text with our hooks; the same text where it has them.

    :raises CannotEdit: it is not certain what to change.
    """
    return _apply(source, _Reader(source).to_add())


def without_hooks(source: str) -> str:
    """The text as it was before ``with_hooks``; the same text where it has no hooks.

    :raises CannotEdit: they are used in a way that ``with_hooks`` would not have written.
    """
    return _apply(source, _Reader(source).to_remove())


def _apply(source: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise CannotEdit(f"the change would not be Python: {error.msg}, line {error.lineno}") from error
    return source


@dataclass
class _Scope:
    """A function's own statements, or the module's."""

    configures: list[ast.Call] = field(default_factory=list)
    runs: list[tuple[ast.Call, ast.With | None]] = field(default_factory=list)


class _Reader:
    """What an env.py does with Alembic's context."""

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self.tree = ast.parse(source)
        except (SyntaxError, ValueError) as error:
            raise CannotEdit(f"it is not Python: {error}") from error
        self._lines = _line_starts(source)
        self.newline = "\r\n" if "\r\n" in source else "\n"
        self._imports = [n for n in ast.walk(self.tree) if isinstance(n, ast.ImportFrom)]
        #: How the text calls ``alembic.context``.
        self.contexts = set(self._context_names())
        #: How the text calls our hooks; None where it doesn't import them.
        self.hooks = next(
            (a.asname or a.name for n in self._imports if n.module == _OURS for a in n.names if a.name == "hooks"), None
        )
        self.scopes: list[_Scope] = []
        self._walk(self.tree.body, self._new_scope())

    def _context_names(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "alembic" and not node.level:
                yield from (a.asname or a.name for a in node.names if a.name == "context")
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name == "alembic.context":
                        yield alias.asname or alias.name
                    elif alias.name == "alembic":
                        yield f"{alias.asname or alias.name}.context"

    def _new_scope(self) -> _Scope:
        self.scopes.append(_Scope())
        return self.scopes[-1]

    def _walk(self, body: Sequence[ast.AST], scope: _Scope, around: ast.With | None = None) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                inner = node.body if isinstance(node.body, list) else [node.body]
                self._walk(inner, self._new_scope())
                continue
            if isinstance(node, ast.Call):
                if self._is(node, "configure"):
                    scope.configures.append(node)
                elif self._is(node, "run_migrations"):
                    scope.runs.append((node, around))
            block = node if isinstance(node, ast.With) and self._is_pair(node) else None
            self._walk(list(ast.iter_child_nodes(node)), scope, block or (around if _is_leaf(node) else None))

    def _is(self, call: ast.Call, method: str) -> bool:
        target = call.func
        return (
            isinstance(target, ast.Attribute) and target.attr == method and ast.unparse(target.value) in self.contexts
        )

    def _is_pair(self, node: ast.With) -> bool:
        """``with context.begin_transaction():`` around nothing but ``context.run_migrations()``."""
        if len(node.items) != 1 or len(node.body) != 1 or node.items[0].optional_vars is not None:
            return False
        opened, only = node.items[0].context_expr, node.body[0]
        return (
            isinstance(opened, ast.Call)
            and self._is(opened, "begin_transaction")
            and not opened.args
            and not opened.keywords
            and isinstance(only, ast.Expr)
            and isinstance(only.value, ast.Call)
            and self._is(only.value, "run_migrations")
        )

    # -- adding ---------------------------------------------------------------------------------------------------------
    def to_add(self) -> list[Edit]:
        """The edits that put the hooks in."""
        if not self.contexts:
            raise CannotEdit("it does not import alembic.context")
        name = self.hooks or self._free_name()
        edits: list[Edit] = []
        online = [c for scope in self.scopes for c in scope.configures if _is_online(c)]
        if not online:
            raise CannotEdit("there is no context.configure(connection=…) in it")
        edits += [edit for call in online if (edit := self._options_added(call, name)) is not None]
        runs = list(self._online_runs())
        if not runs and not self._has_call(f"{name}.run"):
            raise CannotEdit("there is no context.run_migrations() in it that belongs to a connection")
        edits += [self._run_added(call, block, name) for call, block in runs]
        if self.hooks is None:
            edits.append(self._import_added(name))
        return edits

    def _has_call(self, name: str) -> bool:
        return any(isinstance(n, ast.Call) and ast.unparse(n.func) == name for n in ast.walk(self.tree))

    def _free_name(self) -> str:
        taken = {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name)}
        taken |= {a.arg for a in ast.walk(self.tree) if isinstance(a, ast.arg)}
        taken |= {
            (a.asname or a.name).partition(".")[0]
            for n in ast.walk(self.tree)
            if isinstance(n, (ast.Import, ast.ImportFrom))
            for a in n.names
        }
        taken |= {
            n.name for n in ast.walk(self.tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))
        }
        return "hooks" if "hooks" not in taken else "safety_hooks"

    def _online_runs(self) -> Iterator[tuple[ast.Call, ast.With | None]]:
        for scope in self.scopes:
            for call, block in scope.runs:
                earlier = [c for c in scope.configures if self._start(c) < self._start(call)]
                # Without one in the same function it was configured by the caller.
                if not earlier or _is_online(max(earlier, key=self._start)):
                    yield call, block

    def _options_added(self, call: ast.Call, name: str) -> Edit | None:
        if any(
            isinstance(k.value, ast.Call) and ast.unparse(k.value.func) == f"{name}.options"
            for k in call.keywords
            if k.arg is None
        ):
            return None
        if any(isinstance(a, ast.Starred) for a in call.args):
            raise CannotEdit(f"context.configure() in line {call.lineno} gets its arguments by '*'")
        joined = [k for k in call.keywords if k.arg is None or k.arg in _JOINED]
        if joined:
            start, end = self._keyword_start(joined[0]), self._end(joined[-1].value)
            return Edit(start, end, f"**{name}.options({self.source[start:end]})")
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        last = max(given, key=self._end)
        end = self._end(last)
        gap, comma = _gap_and_comma(self.source, end)
        alone = self.source[self._lines[last.lineno - 1] : self._start(last)]
        own_line = alone.strip() == "" and last.lineno != call.lineno and len({a.lineno for a in given}) > 1
        between = f"{self.newline}{alone}" if own_line else " "
        if comma:
            return Edit(end + len(gap) + 1, end + len(gap) + 1, f"{between}**{name}.options(),")
        return Edit(end, end, f",{between}**{name}.options()")

    def _run_added(self, call: ast.Call, block: ast.With | None, name: str) -> Edit:
        context = ast.unparse(call.func.value)  # type: ignore[attr-defined]  # an attribute of the context, by _is
        arguments = self._arguments(call)
        text = f"{name}.run({context}{', ' if arguments.strip() else ''}{arguments})"
        if block is None:
            return Edit(self._start(call), self._end(call), text)
        start = self._start(block)
        indent = self.newline + self.source[self._lines[block.lineno - 1] : start]
        remarks = _COMMENT.findall(self.source[self._end(block.items[0].context_expr) : self._start(call)])
        return Edit(start, self._end(block), indent.join([*remarks, text]))

    def _arguments(self, call: ast.Call) -> str:
        """The text between the parentheses."""
        opening = self.source.index("(", self._end(call.func))
        return self.source[opening + 1 : self._end(call) - 1]

    def _import_added(self, name: str) -> Edit:
        names = "hooks" if name == "hooks" else f"hooks as {name}"
        at = max(
            (n for n in self.tree.body if isinstance(n, (ast.Import, ast.ImportFrom)) and _imports_context(n)),
            key=self._end,
            default=None,
        )
        if at is None:
            raise CannotEdit("it imports alembic.context inside of a block")
        end = self._end(at)
        rest = self.source[end : self._line_end(end)]
        if rest.strip() and not rest.strip().startswith("#"):
            raise CannotEdit(f"line {at.lineno} holds more than an import")
        position = self._line_end(end)
        text = f"from {_OURS} import {names}{self.newline}"
        if not self.source[:position].endswith(("\n", "\r")):
            text = self.newline + text
        return Edit(position, position, text)

    # -- removing -------------------------------------------------------------------------------------------------------
    def to_remove(self) -> list[Edit]:
        """The edits that take the hooks out."""
        if self.hooks is None:
            return []
        name = self.hooks
        edits: list[Edit] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and self._is(node, "configure"):
                edits += [e for k in node.keywords if (e := self._options_removed(k, name)) is not None]
            elif (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Call)
                and ast.unparse(node.value.func) == f"{name}.run"
            ):
                edits.append(self._run_removed(node))
        used = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and n.id == name]
        if len(used) != len(edits):
            raise CannotEdit(f"{name!r} is used in other ways than 'alembic safety-init' writes")
        edits.append(self._import_removed(name))
        return edits

    def _options_removed(self, keyword: ast.keyword, name: str) -> Edit | None:
        value = keyword.value
        if keyword.arg is not None or not isinstance(value, ast.Call) or ast.unparse(value.func) != f"{name}.options":
            return None
        start, end = self._keyword_start(keyword), self._end(value)
        inner = self._arguments(value)
        if inner.strip():
            return Edit(start, end, inner)
        gap, comma = _gap_and_comma(self.source, end)
        before = self.source[:start].rstrip()
        if comma and not gap:
            return Edit(len(before), end + 1, "")
        return Edit(len(before) - 1 if before.endswith(",") else len(before), end, "")

    def _run_removed(self, statement: ast.Expr) -> Edit:
        call = statement.value
        assert isinstance(call, ast.Call)
        context = ast.unparse(call.args[0])
        arguments = re.sub(r"\A\s*" + re.escape(context) + r"\s*(?:,\s?)?", "", self._arguments(call), count=1)
        start, end = self._start(statement), self._end(statement)
        run = f"{context}.run_migrations({arguments})"
        if self._stands_in_transaction(statement):
            return Edit(start, end, run)
        indent = self.source[self._lines[statement.lineno - 1] : start]
        return Edit(
            start, end, f"with {context}.begin_transaction():{self.newline}{indent}{self._unit(statement)}{run}"
        )

    def _stands_in_transaction(self, statement: ast.Expr) -> bool:
        """Whether a transaction is open there that ``with_hooks`` left: a block of Alembic's, or ``connection.begin()``."""
        parents = {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}
        node: ast.AST = statement
        while node in parents and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node = parents[node]
            if isinstance(node, (ast.With, ast.AsyncWith)) and any(
                "begin" in ast.unparse(i.context_expr) for i in node.items
            ):
                return True
        begins = (n for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
        return any(n.func.attr in {"begin", "begin_twophase"} for n in begins if isinstance(n.func, ast.Attribute))

    def _unit(self, statement: ast.stmt) -> str:
        """One step of indentation, as the text around it has it."""
        parents = {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}
        parent = parents.get(statement)
        outer = parent if isinstance(parent, ast.stmt) else None
        if outer is not None:
            own = self.source[self._lines[statement.lineno - 1] : self._start(statement)]
            above = self.source[self._lines[outer.lineno - 1] : self._start(outer)]
            if own.startswith(above) and not own.strip() and own != above:
                return own[len(above) :]
        found = re.search(r"^([ \t]+)\S", self.source, re.MULTILINE)
        return found[1] if found else "    "

    def _import_removed(self, name: str) -> Edit:
        for node in self._imports:
            if node.module == _OURS and [(a.asname or a.name) for a in node.names] == [name]:
                return Edit(self._lines[node.lineno - 1], self._line_end(self._end(node)), "")
        raise CannotEdit(f"{name!r} is imported together with something else")

    # -- positions ------------------------------------------------------------------------------------------------------
    def _offset(self, line: int, column: int) -> int:
        """Where something is in the text; Python counts columns in bytes of UTF-8."""
        start = self._lines[line - 1]
        rest = self.source[start : self._line_end(start)]
        return start + len(rest.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def _start(self, node: ast.AST) -> int:
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]  # only asked of nodes with places

    def _end(self, node: ast.AST) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _keyword_start(self, keyword: ast.keyword) -> int:
        if keyword.arg is not None:
            return self._start(keyword)
        return self.source.rindex("**", 0, self._start(keyword.value))

    def _line_end(self, position: int) -> int:
        """Behind the line end that follows."""
        found = _LINE.match(self.source, position)
        return found.end() if found else len(self.source)


def _line_starts(source: str) -> list[int]:
    starts, position = [0], 0
    while position < len(source):
        found = _LINE.match(source, position)
        position = found.end() if found else len(source)
        starts.append(position)
    return starts


def _is_leaf(node: ast.AST) -> bool:
    """Whether a block around it is a block around its parts too."""
    return isinstance(node, (ast.Expr, ast.withitem, ast.expr))


def _is_online(call: ast.Call) -> bool:
    names = {k.arg for k in call.keywords}
    return "connection" in names or bool(call.args) or (None in names and not names & {"url", "dialect_name"})


def _imports_context(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "alembic" and any(a.name == "context" for a in node.names)
    return any(a.name in {"alembic", "alembic.context"} for a in node.names)


def _gap_and_comma(source: str, end: int) -> tuple[str, bool]:
    """What stands between an argument and the comma after it, and whether there is a comma."""
    found = re.match(r"\s*", source[end:])
    gap = found[0] if found else ""
    return gap, source[end + len(gap) : end + len(gap) + 1] == ","
