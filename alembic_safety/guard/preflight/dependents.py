"""What others made over what the upgrade drops or retypes, and no rehearsal knew of: PostgreSQL stops at it, in the middle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line
from alembic_safety.guard.preflight.target import container, text_of
from alembic_safety.postgres.dependents import DROP, REBUILD, RETYPE, Dependent, Doomed, columns_of, dependents
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.rehearsal.closure import ABSENT, WHOLE, altered_keys, entries, relabelled

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Pending, Target

_KINDS = {
    **dict.fromkeys(("table", "view", "materialized_view", "foreign_table", "sequence"), "relation"),
    **dict.fromkeys(("function", "procedure", "aggregate"), "routine"),
    **dict.fromkeys(("enum", "domain", "composite", "range"), "type"),
    **dict.fromkeys(("column", "constraint"), ""),
}
#: A revision that makes its statements up may find out by itself what depends on something.
_DYNAMIC = re.compile(
    r"\bDO\s+(?:LANGUAGE\s+\w+\s+)?(?:\$|E?')|\bEXECUTE\s+(?!FUNCTION|PROCEDURE)\w|pg_depend|pg_rewrite|pg_views|information_schema|inspect\(",
    re.IGNORECASE,
)
#: The body of a downgrade, up to what stands at the begin of a line again.
_BACK = re.compile(r"^def downgrade\b.*?(?=^[^\s#)]|\Z)", re.MULTILINE | re.DOTALL)
_DROPS_TYPE = re.compile(r"DROP\s+TYPE\b|\.drop\(", re.IGNORECASE)
_MAY_DOOM = re.compile(r"\bDROP\b|\bTYPE\b", re.IGNORECASE)
_CASCADES = re.compile(r"\bDROP\b[^;]*(?<!DELETE)(?<!UPDATE)\s+CASCADE\b", re.IGNORECASE)
_DROPS_VIEW = re.compile(r"DROP\s+(?:MATERIALIZED\s+)?VIEW\b", re.IGNORECASE)
_COULD_NOT = {DROP: "drop", RETYPE: "change the type of", REBUILD: "build anew"}

#: Whether it holds rows.
_REMEDY = {
    False: "drop it before the upgrade and make it again afterwards, or do so in the revision",
    True: "give it another type before the upgrade, or do so in the revision",
}


class _Known:
    """What the pending revisions know of."""

    def __init__(self, pending: Sequence[Pending]) -> None:
        self._text = "".join(text_of(one.revision) for one in pending if one.revision is not None)
        #: Identities of what they change.
        self._changed = {
            identity for one in pending for (_, identity), was, is_ in entries(_closure(one)) if was != is_
        }

    def knows(self, one: Dependent) -> bool:
        """Whether the author names it, or it was changed in the rehearsal, too."""
        leaf = _leaf(one.identity)
        if one.identity in self._changed or f"{one.relation}.{leaf}" in self._changed:
            return True
        return self._names(leaf) and (one.relation in ("", one.identity) or self._names(_leaf(one.relation)))

    def _names(self, name: str) -> bool:
        return _is_named(name.strip('"'), self._text)


def look(target: Target) -> Iterator[Line]:
    """Sure where the revision does not make its statements up."""
    doomed = {one: pending for pending in reversed(target.pending) for one in _doomed(pending) if target.is_upgrade}
    if not doomed:
        return
    relations = {name for pending in target.pending for name in pending.tables}
    rebuilt = {one.name: pending for one, pending in doomed.items() if one.how == REBUILD}
    for (table, column), name in columns_of(target.session, rebuilt).items():
        if table in relations:
            doomed.setdefault(Doomed(RETYPE, "column", table, column), rebuilt[name])
    found = dependents(target.session, tuple(doomed))
    known = _Known(target.pending if found else ())
    said: set[tuple[str, str]] = set()
    for one, dependent in found:
        # Columns of views are told by what the views select.
        is_moved = one.how == REBUILD and (dependent.relation in relations or dependent.type.endswith("view column"))
        if is_moved or known.knows(dependent) or (dependent.type, dependent.identity) in said:
            continue
        said.add((dependent.type, dependent.identity))
        pending = doomed[one]
        if one.how == DROP and _cascades(pending):
            continue  # it would go along, which is seen before COMMIT
        yield Line(
            text=f"{dependent.type} {dependent.identity} depends on {dependent.on}, and no rehearsal knew of it: "
            f"revision {pending.id} could not {_COULD_NOT[one.how]} {_named(one)}",
            remedy=_REMEDY[dependent.type == "table column"],
            sure=pending.seen is not None and not _is_dynamic(pending),
        )


def _doomed(pending: Pending) -> Iterator[Doomed]:
    text = _BACK.sub("", text_of(pending.revision)) if pending.revision is not None else ""
    if pending.seen is None:
        yield from _by_grammar(pending, text)
        return
    closure = _closure(pending)
    # What comes and is not told of as a whole was there, under another name.
    renamed = {(kind, is_) for (kind, _), was, is_ in entries(closure) if was == ABSENT and not is_.startswith(WHOLE)}
    for (kind, identity), was, is_ in entries(closure):
        if was == ABSENT or is_ != ABSENT or kind not in _KINDS or (kind, was) in renamed:
            continue
        # With another name it may have got more.
        if _is_done_to("drop", _leaf(identity), text) and not _is_done_to("rename", _leaf(identity), text):
            part = identity[len(container(identity)) + 1 :] if not _KINDS[kind] else ""
            yield Doomed(DROP, _KINDS[kind] or kind, container(identity) if part else identity, part)
    for (kind, identity), keys in altered_keys(closure).items():
        if kind == "column" and "type" in keys:
            table = container(identity)
            yield Doomed(RETYPE, "column", table, identity[len(table) + 1 :])
    for (_, identity), change in relabelled(closure).items():
        is_gone = closure[f"enum {identity}"].split(" ")[1] == ABSENT
        if not is_gone and any(step.startswith("-") for step in change.steps) and _DROPS_TYPE.search(text):
            yield Doomed(REBUILD, "type", identity)
    for activity in pending.activity or ():
        if _DROPS_VIEW.match(activity.sql):
            for name, mode in activity.locks.items():
                if mode == "AccessExclusiveLock" and _is_named(_leaf(name), activity.sql):
                    yield Doomed(DROP, "relation", name)


def _by_grammar(pending: Pending, text: str) -> Iterator[Doomed]:
    """Of what was never rehearsed, as far as its SQL is written down."""
    if pending.revision is None or not _MAY_DOOM.search(text):
        return
    # To parse all of it takes time, and most projects have certificates.
    from alembic_safety.risk.grammar import dropped_by_text, steps_of_text
    from alembic_safety.risk.of_revision import statements_of

    statements = tuple(statements_of(pending.revision))
    for kind, identity in dropped_by_text(statements):
        table = container(identity)
        if kind == "column":
            yield Doomed(DROP, kind, table, identity[len(table) + 1 :])
        elif kind in _KINDS:
            yield Doomed(DROP, _KINDS[kind], identity)
    for step in steps_of_text(statements):
        for command in step.commands("AT_AlterColumnType"):
            yield Doomed(RETYPE, "column", step.table, quote_ident(command.name))


def _is_done_to(verb: str, name: str, text: str) -> bool:
    """Whether a name follows a verb: ``DROP COLUMN a``, ``op.drop_column("t", "a")``."""
    return (
        re.search(rf"{verb}[^;]{{0,200}}?(?<![\w$]){re.escape(name.strip(chr(34)))}(?![\w$])", text, re.IGNORECASE)
        is not None
    )


def _cascades(pending: Pending) -> bool:
    """Whether its upgrade drops something with what depends on that."""
    return pending.revision is not None and _CASCADES.search(_BACK.sub("", text_of(pending.revision))) is not None


def _is_dynamic(pending: Pending) -> bool:
    """Whether its upgrade makes statements up."""
    return pending.revision is not None and _DYNAMIC.search(_BACK.sub("", text_of(pending.revision))) is not None


def _closure(pending: Pending) -> Mapping[str, str]:
    return (pending.seen.closure if pending.seen is not None else None) or {}


def _is_named(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None


def _named(one: Doomed) -> str:
    return f"{one.kind} {one.name}.{one.part}" if one.part else one.name


def _leaf(identity: str) -> str:
    """The last part of a name as the server tells it: of ``app.f(integer)``, ``app.v``, ``seen on app.t``, ``for app.t.c``."""
    name = identity.partition("(")[0].partition(" on ")[0].removeprefix("for ")
    return name[len(container(name)) :].removeprefix(".") if container(name) != name else name
