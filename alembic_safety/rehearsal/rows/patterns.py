"""Texts that match a regular expression, for the plain expressions that conditions on columns are."""

from __future__ import annotations

import string

_CLASSES = {"d": string.digits, "w": string.ascii_lowercase + string.digits, "s": " "}
_NAMED = {
    "alpha": string.ascii_lowercase,
    "digit": string.digits,
    "alnum": string.ascii_lowercase + string.digits,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "xdigit": "0123456789abcdef",
    "space": " ",
    "punct": ".",
}
#: What stands for "any character".
_ANY = string.ascii_lowercase + string.digits


def matching(pattern: str, number: int) -> str | None:
    """The ``number``-th text for a pattern, or None where it holds something that we don't write (look-around, references)."""
    try:
        reader = _Reader(pattern, number)
        text = reader.branches()
        return text if reader.at_end else None
    except (ValueError, IndexError):
        return None


class _Reader:
    """Reads a pattern once and writes a text as it goes; the number decides every choice."""

    def __init__(self, pattern: str, number: int) -> None:
        self._pattern = pattern
        self._at = 0
        self._number = number
        self._left = number

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._pattern)

    def branches(self) -> str:
        """Alternatives up to the end of the group, one of which is chosen."""
        found = [self._sequence()]
        while not self.at_end and self._pattern[self._at] == "|":
            self._at += 1
            found.append(self._sequence())
        return found[self._number % len(found)]

    def _sequence(self) -> str:
        text = ""
        while not self.at_end and self._pattern[self._at] not in "|)":
            text += self._repeated()
        return text

    def _repeated(self) -> str:
        start, left = self._at, self._left
        once = self._atom()
        low, high = self._quantifier()
        if (low, high) == (1, 1):
            return once
        stop, self._left = self._at, left
        text = ""
        for _ in range(min(low or self._number % 2, high)):
            self._at = start
            text += self._atom()
        self._at = stop
        return text

    def _atom(self) -> str:
        character = self._next()
        if character in "^$":
            return ""
        if character == "(":
            if self._pattern.startswith("?:", self._at):
                self._at += 2
            elif self._pattern.startswith("?", self._at):
                raise ValueError("look-around")
            text = self.branches()
            if self._next() != ")":
                raise ValueError("an open group")
            return text
        if character == "[":
            return self._one_of(self._class())
        if character == ".":
            return self._one_of(_ANY)
        if character == "\\":
            return self._escape()
        return character

    def _escape(self) -> str:
        character = self._next()
        if character in _CLASSES:
            return self._one_of(_CLASSES[character])
        if character in "mMyAZ":
            return ""
        if character.isalnum():
            raise ValueError("an escape that we don't know")
        return character

    def _class(self) -> str:
        negated = self._pattern[self._at] == "^"
        self._at += negated
        members = ""
        while self._pattern[self._at] != "]" or not members:
            if self._pattern.startswith("[:", self._at):
                stop = self._pattern.index(":]", self._at)
                members += _NAMED.get(self._pattern[self._at + 2 : stop], "a")
                self._at = stop + 2
                continue
            character = self._next()
            if character == "\\":
                character = self._next()
                if character in _CLASSES:
                    members += _CLASSES[character]
                    continue
            if self._pattern[self._at] == "-" and self._pattern[self._at + 1] != "]":
                self._at += 1
                last = self._next()
                members += "".join(map(chr, range(ord(character), min(ord(last), ord(character) + 200) + 1)))
            else:
                members += character
        self._at += 1
        if negated:
            members = "".join(c for c in _ANY + string.ascii_uppercase + "-_ ." if c not in members)
        if not members:
            raise ValueError("an empty class")
        return members

    def _quantifier(self) -> tuple[int, int]:
        if self.at_end:
            return 1, 1
        character = self._pattern[self._at]
        bounds = {"*": (0, 9), "+": (1, 9), "?": (0, 1)}.get(character)
        if character == "{":
            stop = self._pattern.index("}", self._at)
            low, comma, high = self._pattern[self._at + 1 : stop].partition(",")
            bounds = (int(low or 0), int(high) if high else 99 if comma else int(low))
            self._at = stop
        if bounds is None:
            return 1, 1
        self._at += 1
        if self._at < len(self._pattern) and self._pattern[self._at] == "?":  # not greedy
            self._at += 1
        return bounds

    def _one_of(self, members: str) -> str:
        """Digits of the number, the lowest first, as if they counted in the alphabet of the class."""
        chosen = members[self._left % len(members)]
        self._left //= len(members)
        return chosen

    def _next(self) -> str:
        character = self._pattern[self._at]
        self._at += 1
        return character
