"""Put a body into ``downgrade()`` of a revision file, leaving every other byte as it is."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from pathlib import Path

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.anatomy import ELSEWHERE, EMPTY, MARKED, MISSING, WRITTEN, Anatomy, Function, holds_block
from alembic_safety.revisions.files import replace_file
from alembic_safety.revisions.markers import PRESERVE, blocks, mark

_BLOCK = "downgrade"


def rewrite_file(path: Path, body: Sequence[str], *, block: Sequence[str] = (), force: bool = False) -> bool:
    """As ``set_downgrade`` and ``set_preserve`` on a file; says whether anything changed.

    :raises SourceError: the file can't be read or written, or is no Python.
    :raises UsageError: the body that is there was written by hand.
    """
    source, encoding = read_source(path)
    try:
        result = set_preserve(set_downgrade(source, body, force=force), block)
    except SyntaxError as error:
        raise SourceError(f"is not Python: {error.msg}", file=str(path), line=error.lineno) from error
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    if result == source:
        return False
    try:
        data = result.encode(encoding)
    except UnicodeEncodeError as error:
        raise SourceError(f"is {encoding}, which can't hold {error.object[error.start]!r}", file=str(path)) from error
    replace_file(path, data)
    return True


def read_source(path: Path) -> tuple[str, str]:
    """A Python file's text with its line ends as they are, and its encoding. Raises SourceError."""
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding), encoding
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", file=str(path)) from error
    except (SyntaxError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot be decoded: {error}", file=str(path)) from error


def downgrade_state(source: str) -> str:
    """MISSING, EMPTY, MARKED (ours, unedited), WRITTEN (by hand) or ELSEWHERE. Raises SyntaxError."""
    return Anatomy(source).downgrade_state


def operations_name(source: str) -> str | None:
    """The name that ``alembic.op`` has in a file, or None where it isn't imported. Raises SyntaxError."""
    for node in Anatomy(source).tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "alembic":
            for alias in node.names:
                if alias.name == "op":
                    return alias.asname or "op"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "alembic.op":
                    return alias.asname or "alembic.op"
    return None


def set_downgrade(source: str, body: Sequence[str], *, force: bool = False) -> str:
    """The source with ``body`` as what ``downgrade()`` does, between marker comments.

    A body of ours is replaced, an empty one filled (its docstring and comments stay), a missing function added at the end. A
    body that is there already stays, so that doing it again changes nothing.

    :param body: lines without indentation, as ``render.render_body`` gives them.
    :param force: replace a body that was written by hand too.
    :raises UsageError: the body was written by hand, or ``downgrade`` is not a function of this file.
    :raises SyntaxError: the source is no Python.
    :raises SourceError: the body is no Python.
    """
    anatomy = Anatomy(source)
    state = anatomy.downgrade_state
    if state == ELSEWHERE:
        raise UsageError("downgrade is not defined as a function of this file: write one here")
    if state == WRITTEN and not force:
        raise UsageError("downgrade() was written by hand and is kept: replace it by --force")
    newline = _newline_of(source)
    if operations_name(source) is None:
        body = ["from alembic import op", "", *body]
    function = anatomy.downgrade
    if function is None:
        assert state == MISSING
        gap = "" if source.endswith("\n") or not source else newline
        indent = _indent_of(anatomy, anatomy.upgrade) or "    "
        text = _block(body, indent, newline)
        return _checked(f"{source}{gap}{newline}{newline}def downgrade() -> None:{newline}{text}")
    indent = _indent_of(anatomy, function) or _indent_of(anatomy, anatomy.upgrade) or "    "
    text = _block(body, indent, newline)
    start, end = _region(anatomy, function, state)
    before, after = source[:start], source[end:]
    if not before.endswith("\n"):
        before = before.rstrip(" \t") + newline
    return _checked(before + text + after)


def _checked(source: str) -> str:
    """The source, if Python can read it: one file that it cannot read takes the whole chain with it."""
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise SourceError(
            f"the body for downgrade() is not Python ({error.msg}): that is a mistake of ours, the file stays as it is"
        ) from error
    return source


def set_preserve(source: str, lines: Sequence[str]) -> str:
    """The source with ``lines`` at the start of what ``upgrade()`` does, between marker comments; every other byte stays.

    A block of ours is replaced, or taken out where there are no lines; one that was edited is its author's and stays.

    :param lines: without indentation, as ``op.…`` calls.
    :raises SyntaxError: the source is no Python.
    """
    for block in blocks(source):
        if block.name == PRESERVE:
            if not block.intact:
                return source
            source = source[: block.start] + source[block.end :]
    if not lines or not holds_block(source):
        return source
    anatomy = Anatomy(source)
    function = anatomy.upgrade
    assert function is not None
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        start = anatomy.line_end(anatomy.span(body[0])[1])
    else:
        start = _header_end(anatomy, function, source.rfind("\n", 0, anatomy.span(body[0])[0]) + 1)
    name = operations_name(source)
    code = [line if name is None else f"{name}{line.removeprefix('op')}" for line in lines]
    if name is None:
        code = ["from alembic import op", "", *code]
    text = _block(code, _indent_of(anatomy, function) or "    ", _newline_of(source), name=PRESERVE)
    return source[:start] + text + source[start:]


def _region(anatomy: Anatomy, function: Function, state: str) -> tuple[int, int]:
    """What is replaced: whole lines of the body, but a docstring and an empty body's comments."""
    source = anatomy.source
    begin, end = anatomy.span(function)
    own = [b for b in blocks(source) if b.name == _BLOCK and begin <= b.start < end]
    if state == MARKED:
        return own[0].start, own[0].end
    first, last = anatomy.span(function.body[0])[0], anatomy.span(function.body[-1])[1]
    stop = last if source[last : anatomy.line_end(last)].strip() and state == EMPTY else anatomy.line_end(last)
    if source[source.rfind("\n", 0, first) + 1 : first].strip():  # "def downgrade(): pass"
        return first, stop
    start = source.rfind("\n", 0, first) + 1
    rest = function.body
    if ast.get_docstring(function, clean=False) is not None:
        rest = rest[1:]
        doc_end = anatomy.span(function.body[0])[1]
        start = anatomy.line_end(doc_end)
        if not rest:
            return start, start
        if anatomy.span(rest[0])[0] < start:  # a semicolon after the docstring
            return doc_end, stop
    elif state != EMPTY:
        # Comments before the first statement explain what is replaced, so they go with it.
        start = _header_end(anatomy, function, start)
    if state == EMPTY:
        start = source.rfind("\n", 0, anatomy.span(rest[0])[0]) + 1
        stop = anatomy.line_end(last)
    for block in own:
        start, stop = min(start, block.start), max(stop, block.end)
    return start, stop


def _header_end(anatomy: Anatomy, function: Function, limit: int) -> int:
    """Where the first line after ``def …:`` begins."""
    start = anatomy.offset(function.lineno, function.col_offset)
    depth = 0
    reader = io.StringIO(anatomy.source[start:limit]).readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type == tokenize.OP:
                depth += token.string in "([{"
                depth -= token.string in ")]}"
                if token.string == ":" and depth == 0:
                    return anatomy.line_end(anatomy.offset(function.lineno + token.end[0] - 1, 0))
    except (tokenize.TokenError, IndentationError):
        pass
    return limit


def _block(body: Sequence[str], indent: str, newline: str, *, name: str = _BLOCK) -> str:
    code = "".join((indent + line if line.strip() else "") + "\n" for line in body)
    begin, end = mark(
        name, code
    )  # as it will stand in the file: the indentation is part of a string over several lines
    # A line end inside of a string is written as the file's own too; Python reads it as \n in any case.
    return f"{indent}{begin}\n{code}{indent}{end}\n".replace("\n", newline)


def _indent_of(anatomy: Anatomy, function: Function | None) -> str:
    """The indentation of a function's body, '' where it stands on the line of ``def``."""
    if function is None:
        return ""
    start = anatomy.span(function.body[0])[0]
    line = anatomy.source.rfind("\n", 0, start) + 1
    blank = anatomy.source[line:start]
    return blank if not blank.strip() else ""


def _newline_of(source: str) -> str:
    first = source.find("\n")
    return "\r\n" if first > 0 and source[first - 1] == "\r" else "\n"


__all__ = [
    "EMPTY",
    "MARKED",
    "MISSING",
    "WRITTEN",
    "downgrade_state",
    "operations_name",
    "read_source",
    "rewrite_file",
    "set_downgrade",
    "set_preserve",
]
