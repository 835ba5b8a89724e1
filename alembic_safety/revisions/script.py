"""SQL text as statements, each with its exact text and place."""

from __future__ import annotations

import re
from dataclasses import dataclass

COPY_END = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a text, as written."""

    #: From its first to its last token, without the semicolon.
    text: str
    #: Line of its first token, from 1.
    line: int
    #: Character offset of its first token.
    offset: int
    #: White space and comments before it.
    leading: str
    #: What ends it: space and comments after the last token, the semicolon ('' at the end of the text).
    ending: str
    #: Its first words in upper case, up to the first thing that is no word: ``("CREATE", "INDEX", "CONCURRENTLY", …)``.
    words: tuple[str, ...]
    #: What follows the line of a COPY … FROM STDIN up to and with the end marker, else None.
    copy_block: str | None = None

    @property
    def source(self) -> str:
        """The exact piece of the text that this statement takes, with what is before it."""
        return self.leading + self.text + self.ending + (self.copy_block or "")

    @property
    def copy_data(self) -> str:
        """The rows for COPY … FROM STDIN, without the end marker."""
        block = self.copy_block or ""
        data = block[block.index("\n") + 1 :] if "\n" in block else ""
        end = COPY_END.search(data)
        return data[: end.start()] if end else data


@dataclass(frozen=True, slots=True)
class Script:
    """A text as statements."""

    statements: tuple[Statement, ...]
    #: White space and comments after the last statement.
    trailing: str
    file: str | None = None


def join(script: Script) -> str:
    """The text that ``split`` made the script of."""
    return "".join(s.source for s in script.statements) + script.trailing
