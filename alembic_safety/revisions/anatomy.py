"""What a revision file holds, read from its syntax tree without running it."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TypeAlias

from alembic_safety.revisions.markers import PRESERVE, Block, blocks

#: What the body of a downgrade can be.
MISSING = "missing"  # no function of that name
EMPTY = "empty"  # pass, a docstring, or a bare refusal
MARKED = "marked"  # written by us, and as we wrote it
WRITTEN = "written"  # by hand
ELSEWHERE = "elsewhere"  # the name is there, but no function of this file

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Anatomy:
    """A revision file's parts. Raises SyntaxError where the text is no Python."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = ast.parse(source)
        functions = {n.name: n for n in self.tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
        self.upgrade: Function | None = functions.get("upgrade")
        self.downgrade: Function | None = functions.get("downgrade")
        self._lines = _split_lines(source)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks that we wrote."""
        return blocks(self.source)

    @property
    def downgrade_state(self) -> str:
        """MISSING, EMPTY, MARKED, WRITTEN or ELSEWHERE."""
        function = self.downgrade
        if function is None:
            return ELSEWHERE if _binds(self.tree, "downgrade") else MISSING
        statements = [s for s in function.body if not says_nothing(s)]
        if not statements:
            return EMPTY
        start, end = self.span(statements[0])[0], self.span(statements[-1])[1]
        for block in self.blocks:
            if block.intact and block.name == "downgrade" and block.start <= start and end <= block.end:
                return MARKED
        return EMPTY if len(statements) == 1 and _only_refuses(statements[0]) else WRITTEN

    def span(self, node: ast.stmt) -> tuple[int, int]:
        """Character offsets of a statement (a function's decorators included)."""
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        column = node.col_offset if first == node.lineno else 0
        end_line = node.end_lineno or node.lineno
        return self.offset(first, column), self.offset(end_line, node.end_col_offset or 0)

    def line_end(self, offset: int) -> int:
        """Where the line after the one of this offset begins."""
        found = self.source.find("\n", offset)
        return len(self.source) if found < 0 else found + 1

    def offset(self, line: int, column: int) -> int:
        """Character offset of a line (from 1) and a column in UTF-8 bytes (from 0), as the syntax tree counts them."""
        text = self._lines[line - 1]
        return self._starts[line - 1] + len(text.encode()[:column].decode())


def canonical_source(source: str) -> str:
    """A revision file's text without what we wrote or will write into it: what its certificate is about.

    A downgrade that is ours, empty or missing leaves nothing, so that writing one makes no certificate stale.
    """
    source = source.replace("\r\n", "\n")
    try:
        return canonical(Anatomy(source))
    except (SyntaxError, ValueError):
        return source


def canonical(anatomy: Anatomy) -> str:
    """As ``canonical_source``, of a text with plain line ends that was parsed already."""
    source = anatomy.source
    cuts = [(block.start, block.end, "") for block in anatomy.blocks if block.intact]
    if anatomy.downgrade is not None and anatomy.downgrade_state in (EMPTY, MARKED):
        start, end = anatomy.span(anatomy.downgrade)
        # The end marker is a comment, which the syntax tree doesn't count to the function.
        end = max([end, *(stop for begin, stop, _ in cuts if start <= begin < end)])
        cuts = [(start, end, "\n\n\n"), *(cut for cut in cuts if not start <= cut[0] < end)]
    for start, end, gap in sorted(cuts, reverse=True):
        before, after = source[:start], source[end:]
        source = before.rstrip() + gap + after.lstrip("\n") if gap else before + after
    return source.rstrip() + "\n"


def holds_block(source: str) -> bool:
    """Whether a block of ours can stand at the start of ``upgrade()``: it is a function of several lines, and no block was edited."""
    try:
        anatomy = Anatomy(source)
    except (SyntaxError, ValueError):
        return False
    edited = any(block.name == PRESERVE and not block.intact for block in blocks(source))
    function = anatomy.upgrade
    return function is not None and not edited and function.body[0].lineno > function.lineno


def policy_of(source: str) -> str | None:
    """What a revision says of itself by ``preserve = "schema"`` or ``"exact"`` at module level; None where it doesn't."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
            continue
        if any(isinstance(target, ast.Name) and target.id == PRESERVE for target in node.targets):
            return str(node.value.value) if node.value.value in ("exact", "schema") else None
    return None


def sql_files_named(tree: ast.Module) -> tuple[list[str], list[str]]:
    """Paths of ``op.run_sql_file("…")`` calls, and other string constants that end in ``.sql``."""
    own: list[str] = []
    other: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called_name(node) == "run_sql_file":
            arguments = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "path")]
            own += [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(".sql"):
            other.append(node.value)
    return own, [path for path in other if path not in own]


def _called_name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether anything at module level gives this name a value: an assignment, an import, a definition under ``if``."""
    for node in tree.body:
        for inner in (
            ast.walk(node) if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ()
        ):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store) and inner.id == name:
                return True
            if isinstance(inner, ast.alias) and (inner.asname or inner.name) == name:
                return True
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner.name == name:
                return True
    return False


def says_nothing(statement: ast.stmt) -> bool:
    """``pass``, ``...``, a docstring."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def refusal_of(function: Function) -> str:
    """Why a function can't but raise: it does at its top level, and nothing lets it return before; '' where it may not.

    The reason is the text that is raised, as far as it is written out.
    """
    for statement in function.body:
        if isinstance(statement, ast.Raise):
            return _raised(statement.exc)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            if _called_name(statement.value) == "irreversible":
                return _text_of(statement.value) or "it is irreversible"
        elif any(isinstance(inner, (ast.Return, ast.Yield)) for inner in ast.walk(statement)):
            break
    return ""


def _raised(error: ast.expr | None) -> str:
    name = ast.unparse(error.func if isinstance(error, ast.Call) else error) if error is not None else "an error"
    text = _text_of(error) if isinstance(error, ast.Call) else ""
    return f"its downgrade() raises {name}{f': {text}' if text else ''}"


def _text_of(call: ast.Call) -> str:
    """The first line of the text that a call is given, if it is written out."""
    given = call.args[0] if call.args else None
    is_text = isinstance(given, ast.Constant) and isinstance(given.value, str)
    return str(given.value).strip().partition("\n")[0] if is_text and isinstance(given, ast.Constant) else ""


def _only_refuses(statement: ast.stmt) -> bool:
    """``op.irreversible("no downgrade has been written yet …")``, as safety-wrap writes it."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        arguments = statement.value.args
        text = arguments[0].value if arguments and isinstance(arguments[0], ast.Constant) else ""
        return _called_name(statement.value) == "irreversible" and str(text).startswith(NOT_YET)
    return False


#: How the refusal begins that stands where no downgrade was derived yet.
NOT_YET = "no downgrade has been written yet"


def _split_lines(source: str) -> list[str]:
    """Lines with their ends, as Python's parser counts them (not at form feeds or Unicode's own line ends)."""
    lines: list[str] = []
    start = 0
    while start < len(source):
        end = source.find("\n", start)
        end = len(source) if end < 0 else end + 1
        lines.append(source[start:end])
        start = end
    return lines or [""]
