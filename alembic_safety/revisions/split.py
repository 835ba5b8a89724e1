"""Split SQL text into statements exactly as psql and the server would.

Splitting never parses: only quotes, comments, parentheses, ``BEGIN ATOMIC`` bodies and COPY data decide where a statement
ends. Every character of the text is in exactly one place of the result, so that joining gives the text back.
"""

from __future__ import annotations

import re

from alembic_safety.errors import SourceError
from alembic_safety.revisions.lexer import Lexer, Token
from alembic_safety.revisions.script import COPY_END, Script, Statement

_LINE_REST = re.compile(r"[ \t\r\f\v]*(?:--[^\n\r]*)?\r?(?:\n|\Z)")
_ROUTINE = ("FUNCTION", "PROCEDURE")
_HEAD = 12  # so many words of a statement's beginning decide what it is

_META_REMEDY = {
    "connect": "run the file on one database only, the one Alembic is connected to",
    "c": "run the file on one database only, the one Alembic is connected to",
    "i": "put the included file's text here, or wrap that file as a revision of its own",
    "ir": "put the included file's text here, or wrap that file as a revision of its own",
    "include": "put the included file's text here, or wrap that file as a revision of its own",
    "set": "write the value instead of the psql variable",
    "copy": "write COPY … FROM STDIN with the data below it",
    "gexec": "write a DO block with EXECUTE",
    "gset": "write a DO block",
    "if": "write a DO block with IF",
    "restrict": "remove it together with \\unrestrict: pg_dump writes it for psql only",
    "unrestrict": "remove it together with \\restrict: pg_dump writes it for psql only",
    "g": "end the statement with a semicolon",
    ".": "only the data below COPY … FROM STDIN; can end so",
}


def split(text: str, *, file: str | None = None) -> Script:
    """Split a text into its statements.

    Raises SourceError with file and line at an unterminated quote or comment and at psql meta-commands.
    """
    return _Splitter(text, file).run()


class _Splitter:
    def __init__(self, text: str, file: str | None) -> None:
        self.text = text
        self.file = file
        self.lexer = Lexer(text, file=file, start=1 if text.startswith("\ufeff") else 0)
        self.statements: list[Statement] = []
        self.taken = 0  # everything before is in a statement
        self.counted = 0  # line counting: lines are known up to here
        self.line = 1
        self._reset()

    def _reset(self) -> None:
        self.first: int | None = None
        self.last = 0
        self.head: list[str] = []
        self.head_open = True
        self.parens = 0
        self.routine = False
        self.atomic = 0
        self.previous = ""
        self.copying = False
        self.copy_in = False

    def run(self) -> Script:
        lexer = self.lexer
        while True:
            # Between quotes only a routine's words and COPY's FROM STDIN still matter once the head is known.
            if not self.head_open and not self.routine and not self.copying:
                start = lexer.position
                if lexer.skip_filler():
                    self._note_filler(start, lexer.position)
                    continue
            token = lexer.next()
            if token is None:
                break
            if token.kind in ("space", "comment"):
                continue
            if token.kind == "backslash":
                raise self._meta_command(token)
            if token.kind == "semicolon" and self.parens == 0 and self.atomic == 0:
                self._finish(token)
                continue
            if self.first is None:
                self.first = token.start
            self.last = token.end
            self._note(token)
        if self.first is not None:
            self._emit(self.last)
        return Script(tuple(self.statements), self.text[self.taken :], self.file)

    def _note_filler(self, start: int, end: int) -> None:
        """A run of filler counts as far as its last token: it may begin and end in white space."""
        text = self.text
        while end > start and text[end - 1] in " \t\n\r\f\v":
            end -= 1
        if end > start:
            self.last = end

    def _note(self, token: Token) -> None:
        if token.kind == "open":
            self.parens += 1
        elif token.kind == "close":
            self.parens = max(0, self.parens - 1)
        word = self.text[token.start : token.end].upper() if token.kind == "word" else ""
        if self.copying and word == "STDIN" and self.previous == "FROM" and self.parens == 0:
            self.copy_in = True
        if self.head_open:
            if word and len(self.head) < _HEAD:
                self.head.append(word)
                self.routine = self.routine or (self.head[0] == "CREATE" and word in _ROUTINE and len(self.head) < 5)
                self.copying = self.head[0] == "COPY"
            else:
                self.head_open = False
        if self.routine and word and self.parens == 0:
            self._note_atomic(word)
        if word or token.kind != "other":
            self.previous = word
        elif self.text[token.start] == ".":
            self.previous = "."

    def _note_atomic(self, word: str) -> None:
        if self.previous in (".", "AS"):  # a name, not a keyword
            return
        if (word == "ATOMIC" and self.previous == "BEGIN") or (word == "CASE" and self.atomic):
            self.atomic += 1
        elif self.atomic and word == "END":
            self.atomic -= 1

    def _finish(self, semicolon: Token) -> None:
        if self.first is None:  # an empty statement: its semicolon is leading text of the next one
            return
        end = semicolon.end
        block: str | None = None
        if self.copy_in:
            block = self._copy_block(end)
        self._emit(end, block)

    def _copy_block(self, end: int) -> str:
        rest = _LINE_REST.match(self.text, end)
        if rest is None:
            raise SourceError(
                "more stands on the line of COPY … FROM STDIN: its data begin on the next line",
                file=self.file,
                line=self._line_at(end),
            )
        marker = COPY_END.search(self.text, rest.end())
        stop = len(self.text) if marker is None else marker.end()
        if marker is not None and self.text.startswith("\n", stop):
            stop += 1
        self.lexer.position = stop
        return self.text[end:stop]

    def _emit(self, end: int, block: str | None = None) -> None:
        first = self.first
        assert first is not None
        words = tuple(self.head)
        self.statements.append(
            Statement(
                text=self.text[first : self.last],
                line=self._line_at(first),
                offset=first,
                leading=self.text[self.taken : first],
                ending=self.text[self.last : end],
                words=words,
                copy_block=block,
            )
        )
        self.taken = end + len(block or "")
        if len(words) > 1 and words[0] == "SET" and "STANDARD_CONFORMING_STRINGS" in words[:3]:
            value = self.text[first : self.last].rstrip("'\" \t\r\n").lower()
            self.lexer.standard_strings = not value.endswith(("off", "false", "no", "0"))
        self._reset()

    def _line_at(self, offset: int) -> int:
        self.line += self.text.count("\n", self.counted, offset)
        self.counted = max(self.counted, offset)
        return self.line

    def _meta_command(self, token: Token) -> SourceError:
        match = re.compile(r"\\([A-Za-z]+|\S?)").match(self.text, token.start)
        name = match.group(1) if match else ""
        remedy = _META_REMEDY.get(name, "write it in SQL, or remove it")
        return SourceError(
            f"\\{name} is a command of psql, not of the server: {remedy}",
            file=self.file,
            line=self._line_at(token.start),
        )
