"""What must not be kept: passwords in what a migration or an error says."""

from __future__ import annotations

import re

_SECRETS = (
    # postgresql://user:secret@host
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@]*@"), r"\1:***@"),
    # password=secret, password='a secret' (a connection string, also in a user mapping's options)
    (re.compile(r"(\bpass(?:word|wd)?\s*=\s*)(?:'(?:[^'\\]|\\.|'')*'|[^\s'\",;&]+)", re.IGNORECASE), r"\1***"),
    # CREATE ROLE … PASSWORD 'secret', OPTIONS (password 'secret'), also E'…' and $$…$$
    (re.compile(r"(\bpassword\s+)(?:[eE]?'(?:[^'\\]|\\.|'')*'|(\$\w*\$).*?\2)", re.IGNORECASE | re.DOTALL), r"\1'***'"),
)


def redacted(text: str) -> str:
    """A text without the passwords that are written in it."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
