"""Bytes of a SQL file as text."""

from __future__ import annotations

from pathlib import Path

from alembic_safety.errors import SourceError


def read_sql(path: Path, *, name: str | None = None) -> str:
    """A SQL file's text (a byte order mark stays as first character). Raises SourceError where it can't be read as UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", file=name or str(path)) from error
    return decode_sql(data, name=name or str(path))


def decode_sql(data: bytes, *, name: str, encoding: str = "utf-8") -> str:
    """Bytes of a SQL file as text. Raises SourceError naming the offset of the first byte that doesn't fit."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"is not {encoding.upper()}: byte 0x{data[error.start]:02x} at offset {error.start}; convert the file, for "
            "example by iconv",
            file=name,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
    if "\0" in text:
        offset = text.index("\0")
        raise SourceError("holds a NUL character, which SQL can't", file=name, line=text.count("\n", 0, offset) + 1)
    return text
