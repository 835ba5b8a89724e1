"""PostgreSQL's lexical rules, as far as they decide where a statement ends.

Linear in the length of the text: one regular expression match a token, with runs of uninteresting text taken in one match.
Only ASCII white space separates tokens and every character above ASCII belongs to an identifier, as on the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from alembic_safety.errors import UnterminatedError

_SPACE = r"[ \t\n\r\f\v]"
# Letters, digits, _, $ and all above ASCII, by the ASCII that is none: a class with ranges up to U+10FFFF takes milliseconds to compile.
_START = r"[^\x00-@\[-^`{-\x7f]"
_CONTINUE = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_IN_TAG = r"[^\x00-/:-@\[-^`{-\x7f]"
# ASCII without letters, _, quotes, $, parentheses, semicolon, backslash, slash and minus.
_PLAIN = r"[\x00-!#%&*-,.0-:<-@\[\]^`{-\x7f]"

_TOKEN = re.compile(
    rf"""
      (?P<space>{_SPACE}+)
    | (?P<comment>--[^\n\r]*)
    | (?P<block>/\*)
    | (?P<escape>[eE]')
    | (?P<string>(?:[bBxXnN]|[uU]&)?')
    | (?P<quoted>(?:[uU]&)?")
    | (?P<word>{_START}{_CONTINUE}*)
    | (?P<number>[0-9][0-9A-Za-z_.]*)
    | (?P<dollar>\$(?:{_START}{_IN_TAG}*)?\$)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<semicolon>;)
    | (?P<backslash>\\)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

# Text in which no statement can end and no quote, comment or parenthesis begins; a word before a quote or & may be a
# prefix of it and is left to _TOKEN.
_FILLER = re.compile(rf"(?:{_START}{_CONTINUE}*(?!{_CONTINUE}|['\"&])|{_PLAIN}+){{1,4096}}")

_STRING_END = re.compile(r"[^']*'(?:'[^']*')*")
_ESCAPE_END = re.compile(r"[^'\\]*(?:(?:\\.|'')[^'\\]*)*'", re.DOTALL)
_QUOTED_END = re.compile(r'[^"]*"(?:"[^"]*")*')
_COMMENT_MARK = re.compile(r"/\*|\*/")
# A literal goes on in the next one when white space with a line end is between: an E'' string keeps its escapes there.
_GOES_ON = re.compile(rf"[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:{_SPACE}|--[^\n\r]*[\n\r])*'")


class Token(NamedTuple):
    """A piece of text: ``text[start:end]`` is of this kind.

    Kinds: space, comment, string, quoted (identifier), word, number, dollar (a whole dollar-quoted string), open, close,
    semicolon, backslash, other, filler (a run of words, numbers and operators).
    """

    kind: str
    start: int
    end: int


def line_of(text: str, offset: int) -> int:
    """Line number, from 1, of a character offset."""
    return text.count("\n", 0, offset) + 1


class Lexer:
    """A cursor over SQL text."""

    def __init__(self, text: str, *, file: str | None = None, start: int = 0) -> None:
        self.text = text
        self.file = file
        self.position = start
        #: False while ``standard_conforming_strings`` is off: then plain strings know backslash escapes too.
        self.standard_strings = True

    def next(self) -> Token | None:
        """The next token, or None at the end. Raises SourceError at a quote or comment that never ends."""
        start = self.position
        match = _TOKEN.match(self.text, start)
        if match is None:
            return None
        kind = match.lastgroup or "other"
        end = match.end()
        if kind == "string":
            end = self._literal(start, end, escapes=not self.standard_strings and end - start == 1)
        elif kind == "escape":
            kind, end = "string", self._literal(start, end, escapes=True)
        elif kind == "quoted":
            end = self._close(_QUOTED_END, start, end, "quoted identifier")
        elif kind == "dollar":
            delimiter = match.group()
            found = self.text.find(delimiter, end)
            if found < 0:
                raise self._unterminated(f"dollar-quoted string {delimiter}", start)
            end = found + len(delimiter)
        elif kind == "block":
            kind, end = "comment", self._block_comment(start, end)
        self.position = end
        return Token(kind, start, end)

    def skip_filler(self) -> bool:
        """Step over a run of text in which nothing can begin or end; says whether there was one."""
        match = _FILLER.match(self.text, self.position)
        if match is None:
            return False
        self.position = match.end()
        return True

    def _literal(self, start: int, end: int, *, escapes: bool) -> int:
        end = self._close(_ESCAPE_END if escapes else _STRING_END, start, end, "quoted string")
        while escapes:
            more = _GOES_ON.match(self.text, end)
            if more is None:
                break
            end = self._close(_ESCAPE_END, start, more.end(), "quoted string")
        return end

    def _close(self, pattern: re.Pattern[str], start: int, end: int, what: str) -> int:
        match = pattern.match(self.text, end)
        if match is None:
            raise self._unterminated(what, start)
        return match.end()

    def _block_comment(self, start: int, end: int) -> int:
        depth = 1
        for mark in _COMMENT_MARK.finditer(self.text, end):
            depth += 1 if mark.group() == "/*" else -1
            if depth == 0:
                return mark.end()
        raise self._unterminated("/* comment", start)

    def _unterminated(self, what: str, start: int) -> UnterminatedError:
        return UnterminatedError(
            f"unterminated {what}: close it, nothing after this line was read",
            file=self.file,
            line=line_of(self.text, start),
        )


def tokens(text: str) -> Iterator[Token]:
    """All tokens that mean something (no white space, no comments). Raises SourceError as ``Lexer.next``."""
    lexer = Lexer(text)
    while (token := lexer.next()) is not None:
        if token.kind not in ("space", "comment"):
            yield token


def words(text: str, limit: int | None = None) -> list[str]:
    """The words, upper-cased, and other tokens as written, of a text; at most ``limit`` of them."""
    result: list[str] = []
    for token in tokens(text):
        piece = text[token.start : token.end]
        result.append(piece.upper() if token.kind == "word" else piece)
        if limit is not None and len(result) == limit:
            break
    return result
