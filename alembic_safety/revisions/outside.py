"""Statements that PostgreSQL refuses in a transaction, known by their words alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alembic_safety.revisions.lexer import tokens, words
from alembic_safety.revisions.script import Statement


def why_not_in_transaction(statement: Statement) -> str | None:
    """Why PostgreSQL refuses this statement in a transaction, or None where it doesn't."""
    if not statement.words:
        return None
    check = _BY_FIRST_WORD.get(statement.words[0])
    return check(statement) if check else None


def _tail(statement: Statement, limit: int = 40) -> list[str]:
    return words(statement.text, limit)


def _create(statement: Statement) -> str | None:
    head = statement.words
    if head[1:2] in (("DATABASE",), ("TABLESPACE",)):
        return _refused(" ".join(head[:2]))
    if head[1:2] == ("SUBSCRIPTION",):
        tail = words(statement.text)
        # Without a replication slot to make on the other server it is an ordinary statement.
        for option in ("CREATE_SLOT", "CONNECT"):
            if option in tail and [w.strip("'").upper() for w in tail[tail.index(option) + 1 :][:2]][-1:] in _OFF:
                return None
        return _refused("CREATE SUBSCRIPTION")
    if "INDEX" in head[1:3] and "CONCURRENTLY" in head[2:4]:
        return _refused("CREATE INDEX CONCURRENTLY")
    return None


_OFF = (["FALSE"], ["OFF"], ["0"])


def _drop(statement: Statement) -> str | None:
    head = statement.words
    if head[1:2] in (("DATABASE",), ("TABLESPACE",), ("SUBSCRIPTION",)):
        return _refused(" ".join(head[:2]))
    return _refused("DROP INDEX CONCURRENTLY") if head[1:3] == ("INDEX", "CONCURRENTLY") else None


def _alter(statement: Statement) -> str | None:
    kind = statement.words[1:2]
    if kind == ("SYSTEM",):
        return _refused("ALTER SYSTEM")
    if kind == ("DATABASE",):
        tail = _tail(statement)
        return _refused("ALTER DATABASE … SET TABLESPACE") if tail[3:5] == ["SET", "TABLESPACE"] else None
    if kind == ("TABLE",) and "CONCURRENTLY" in (tail := _tail(statement)) and "DETACH" in tail:
        return _refused("DETACH PARTITION … CONCURRENTLY")
    if kind == ("SUBSCRIPTION",):
        tail = _tail(statement)
        if "PUBLICATION" in tail and "FALSE" not in tail:
            return _refused("ALTER SUBSCRIPTION … PUBLICATION")
    return None


def _reindex(statement: Statement) -> str | None:
    tail = _tail(statement)
    if "CONCURRENTLY" in tail:
        return _refused("REINDEX CONCURRENTLY")
    return _refused("REINDEX " + kind) if (kind := _first(tail, ("DATABASE", "SYSTEM", "SCHEMA"))) else None


def _first(tail: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The first word after the options in parentheses, where it is one of these."""
    rest = tail[tail.index(")") + 1 :] if tail[1:2] == ["("] and ")" in tail else tail[1:]
    return rest[0] if rest and rest[0] in wanted else None


def _cluster(statement: Statement) -> str | None:
    tail = _tail(statement)
    alone = set(tail[1:]) <= {"VERBOSE", "(", ")", "TRUE", "ON"}
    return _refused("CLUSTER of the whole database") if alone else None


def _do(statement: Statement) -> str | None:
    body = " ".join(words(_dollar_body(statement.text)))
    ends = any(f"{word} {end}" in body for word in ("COMMIT", "ROLLBACK") for end in (";", "AND"))
    return "a DO block with COMMIT in it runs outside of a transaction only" if ends else None


def _dollar_body(text: str) -> str:
    for token in tokens(text):
        piece = text[token.start : token.end]
        if token.kind == "dollar":
            width = piece.index("$", 1) + 1
            return piece[width:-width]
        if token.kind == "string":
            return piece[piece.index("'") + 1 : -1].replace("''", "'")
    return ""


def _refused(what: str) -> str:
    return f"{what} can't run in a transaction"


_BY_FIRST_WORD: dict[str, Callable[[Statement], str | None]] = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "REINDEX": _reindex,
    "CLUSTER": _cluster,
    "DO": _do,
    "VACUUM": lambda _: _refused("VACUUM"),
    "DISCARD": lambda s: _refused("DISCARD ALL") if s.words[1:2] == ("ALL",) else None,
    "COMMIT": lambda s: _refused("COMMIT PREPARED") if s.words[1:2] == ("PREPARED",) else None,
    "ROLLBACK": lambda s: _refused("ROLLBACK PREPARED") if s.words[1:2] == ("PREPARED",) else None,
}
