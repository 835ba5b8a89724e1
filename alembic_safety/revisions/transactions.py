"""Which statements of a file run in a transaction, and which outside, as the file's author meant it.

A file without BEGIN and COMMIT is one transaction, but for the statements that PostgreSQL refuses in one: those run in
autocommit, at exactly their place. A file with its own BEGIN and COMMIT keeps them. What was decided is in the parts'
reasons, for ``--dry-run`` to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic_safety.revisions.lexer import tokens, words
from alembic_safety.revisions.outside import why_not_in_transaction
from alembic_safety.revisions.script import Statement

_OPENERS = ("BEGIN", "START")
_CLOSERS = ("COMMIT", "END", "ROLLBACK", "ABORT")
_SESSION_ONLY = ("SET", "RESET", "SHOW")


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive statements that run alike."""

    statements: tuple[Statement, ...]
    #: True: outside of any transaction of Alembic's, one by one (BEGIN and COMMIT among them are sent as written). With no
    #: statement in it, it only commits.
    autocommit: bool
    #: Why, in plain words ('' for the ordinary case, the revision's own transaction).
    reason: str = ""

    @property
    def place(self) -> str:
        """Where its statements are in the file, in words."""
        lines = [s.line for s in self.statements]
        if not lines:
            return "between its transactions"
        return f"line {lines[0]}" if lines[0] == lines[-1] else f"lines {lines[0]} to {lines[-1]}"


def parts(statements: Sequence[Statement], *, transaction: bool = True, shared_transaction: bool = False) -> list[Part]:
    """Group a file's statements by how they have to run.

    :param transaction: False where the author asked for no transaction: everything runs in autocommit.
    :param shared_transaction: the revisions before and after run in the same transaction, so that a value added to an
        enum can't be used there at all: every ADD VALUE runs in autocommit.
    """
    if not transaction:
        return [Part(tuple(statements), True, "the file asks for no transaction")] if statements else []
    controls = [(i, s.words[0]) for i, s in enumerate(statements) if is_transaction_control(s)]
    if not controls:
        return _implicit(statements, shared_transaction)
    if controls[0][1] in _CLOSERS:
        return _inside_out(statements, controls, shared_transaction)
    if not any(word in _CLOSERS for _, word in controls):
        # BEGIN that nothing closes only makes sense where a transaction is open anyhow: there it says nothing.
        reason = _own_transaction(statements[controls[0][0]], None)
        return _implicit(_without(statements, {i for i, _ in controls}), shared_transaction, reason)
    first, last = controls[0][0], controls[-1][0]
    if len(controls) == 2 and _is_one_transaction(statements, first, last):
        reason = _own_transaction(statements[first], statements[last])
        return _implicit(_without(statements, {first, last}), shared_transaction, reason)
    kept = "the file has its own BEGIN and COMMIT, which are kept"
    if controls[-1][1] in _OPENERS:
        reason = _own_transaction(statements[last], None)
        rest = _implicit(statements[last + 1 :], shared_transaction, reason)
        return [Part(tuple(statements[:last]), True, kept), *rest]
    return [Part(tuple(statements), True, kept)]


def _is_one_transaction(statements: Sequence[Statement], first: int, last: int) -> bool:
    """Whether a BEGIN and a COMMIT are around everything but settings, and say nothing of the transaction's kind."""
    # How a transaction is isolated can only be said at its beginning, so that one has to be the file's own.
    isolated = any(s.words[:2] == ("SET", "TRANSACTION") for s in statements[first:last])
    outside = (*statements[:first], *statements[last + 1 :])
    return (
        _is_plain_begin(statements[first])
        and statements[last].words[0] in ("COMMIT", "END")
        and not isolated
        and all(_is_session_setting(s) for s in outside)
    )


def _own_transaction(begin: Statement, commit: Statement | None) -> str:
    if commit is None:
        return f"BEGIN in line {begin.line}, which nothing closes, is the revision's own transaction"
    return f"BEGIN in line {begin.line} and COMMIT in line {commit.line} are the revision's own transaction"


def _without(statements: Sequence[Statement], left_out: set[int]) -> list[Statement]:
    return [s for i, s in enumerate(statements) if i not in left_out]


def _implicit(statements: Sequence[Statement], shared_transaction: bool, reason: str = "") -> list[Part]:
    """Parts of a file that is one transaction, but for what can't be in one."""
    marked: list[tuple[Statement, str]] = []
    opened = 0  # where the present transaction began
    for i, statement in enumerate(statements):
        why = why_not_in_transaction(statement) or _why_commit_added_value(
            statement, statements[opened:i], statements[i + 1 :], shared_transaction
        )
        if why:
            opened = i + 1
        marked.append((statement, why or ""))
    return _group(marked, reason)


def _group(marked: Iterable[tuple[Statement, str]], reason: str = "") -> list[Part]:
    result: list[Part] = []
    run: list[Statement] = []
    reasons: list[str] = []

    def close() -> None:
        if run:
            alone = bool(reasons[0])
            why = "; ".join(dict.fromkeys(r for r in reasons if r)) if alone else reason
            result.append(Part(tuple(run), alone, why))
            run.clear()
            reasons.clear()

    for statement, why in marked:
        if run and bool(why) != bool(reasons[0]):
            close()
        run.append(statement)
        reasons.append(why)
    close()
    return result


def _inside_out(
    statements: Sequence[Statement], controls: Sequence[tuple[int, str]], shared_transaction: bool
) -> list[Part]:
    """Parts of a file that expects to be inside a transaction and leaves it: ``COMMIT; …; BEGIN;``."""
    result: list[Part] = []
    inside = True
    start = 0
    for index, word in [*controls, (len(statements), "")]:
        piece = statements[start:index]
        if piece and inside:
            result += _implicit(piece, shared_transaction)
        elif not inside and (piece or index < len(statements)):
            # COMMIT and BEGIN with nothing between still commit what was done so far.
            result.append(
                Part(tuple(piece), True, f"COMMIT in line {statements[start - 1].line} ended the transaction")
            )
        inside = word in _OPENERS
        start = index + 1
    return result


def is_transaction_control(statement: Statement) -> bool:
    """BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK, ABORT; savepoints and prepared transactions are something else."""
    head = statement.words
    if not head or head[0] not in (*_OPENERS, *_CLOSERS):
        return False
    if head[0] == "START":
        return head[1:2] == ("TRANSACTION",)
    return not (head[0] == "ROLLBACK" and "TO" in head[1:4]) and "PREPARED" not in head[1:2]


def _is_plain_begin(statement: Statement) -> bool:
    return not set(words(statement.text)) - {"BEGIN", "START", "TRANSACTION", "WORK", "READ", "WRITE"}


def _is_session_setting(statement: Statement) -> bool:
    return statement.words[:1] != () and statement.words[0] in _SESSION_ONLY and "LOCAL" not in statement.words[1:2]


def _why_commit_added_value(
    statement: Statement, before: Sequence[Statement], after: Sequence[Statement], shared_transaction: bool
) -> str | None:
    """ALTER TYPE … ADD VALUE runs in a transaction, but the value can't be used before that is committed."""
    if statement.words[:2] != ("ALTER", "TYPE"):
        return None
    tail = words(statement.text)
    if "ADD" not in tail or tail[tail.index("ADD") + 1 :][:1] != ["VALUE"]:
        return None
    name = tail[2 : tail.index("ADD")]
    if any(s.words[:2] == ("CREATE", "TYPE") and words(s.text, 40)[2 : 2 + len(name)] == name for s in before):
        return None  # a type made in the same transaction may be used with all its values
    label = next((w[1:-1] for w in tail[tail.index("ADD") :] if w.startswith("'")), "")
    if label and any(_mentions(s, label) for s in after):
        return f"the value '{label}' is used below, which needs ALTER TYPE … ADD VALUE to be committed"
    if shared_transaction:
        return f"the value '{label}' could not be used by later revisions, which run in the same transaction"
    return None


def _mentions(statement: Statement, label: str) -> bool:
    """Whether a label stands in a literal, a body or the COPY data of a statement: there it may be used as a value."""
    if label not in statement.source:
        return False
    word = re.compile(rf"(?<!\w){re.escape(label)}(?!\w)")
    text = statement.text
    quoted = (text[t.start : t.end] for t in tokens(text) if t.kind in ("string", "dollar"))
    return any(word.search(piece) for piece in (*quoted, statement.copy_data))
