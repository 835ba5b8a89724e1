"""How an upgrade keeps what it destroys (see ``keeps``), and where among the statements of its downgrade that is given back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import is_

from alembic_safety.downgrade.keeps import Keep, Seen, as_whole, converted_columns, found_keeps, root_of, text_literal
from alembic_safety.downgrade.statement import DataNeed, Statement
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.quarantine import call

#: At so many places among the statements rows are tried to be given back before giving up.
_MOST_PLACES = 8


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an upgrade keeps, and the statements of a downgrade that gives it back."""

    #: The operations of the block at the start of ``upgrade()``, without ``op.``.
    block: tuple[str, ...]
    statements: tuple[Statement, ...]


def plans(seen: Seen) -> Iterator[Plan]:
    """Ways to keep and give back, the cheapest first; none where there is nothing to keep."""
    keeps, sequences = found_keeps(seen)
    if not keeps and not sequences:
        return
    whole = [as_whole(seen, keep) for keep in keeps]
    for chosen, most in ((keeps, _MOST_PLACES), (whole, 2)):
        if chosen is whole and whole == keeps:
            return
        ways = list(_ways(seen, chosen, most))
        block = tuple(_block(seen, chosen, sequences))
        for place, clear in ways:
            yield Plan(block=block, statements=tuple(_statements(seen, chosen, sequences, place, clear=clear)))
        emptied = _without_casts(seen)
        for place, clear in ways if emptied is not seen else ():
            yield Plan(block=block, statements=tuple(_statements(emptied, chosen, sequences, place, clear=clear)))


def _ways(seen: Seen, keeps: Sequence[Keep], most: int) -> Iterator[tuple[int, bool]]:
    """Places to give rows back at, and whether values that the old type may not hold are taken away before."""
    retyped = any(n.what in ("type", "labels") and n.lost_by == "upgrade" for n in seen.synthesis.data_needs)
    retyped = retyped or any(True for _ in converted_columns(seen)) or any(keep.replaced for keep in keeps)
    places = _places(seen, keeps)[:most]
    if not retyped:
        yield from ((place, False) for place in places)
        return
    yield places[0], False
    yield from ((place, True) for place in places)


def _without_casts(seen: Seen) -> Seen:
    """With NULL in the place of values of a new column that took the name of a dropped one; those of the old one come back.

    The values of the new one need not be such that the old type can hold them. The same object where there is no such column.
    """
    dropped = {n.subject for n in seen.synthesis.data_needs if n.what == "column" and n.lost_by == "upgrade"}
    found = list(seen.synthesis.statements)
    for number, one in enumerate(seen.synthesis.statements):
        column = seen.after.by_identity.get(("column", one.subject))
        words, _, new_type = one.sql.partition(" TYPE ")
        if column is None or one.kind != "column" or one.subject not in dropped or " USING " not in new_type:
            continue
        start = (
            f"{words} DROP NOT NULL, {words[words.rindex(' ALTER COLUMN ') + 1 :]}"
            if column.props["not_null"]
            else words
        )
        found[number] = replace(one, sql=f"{start} TYPE {new_type.partition(' USING ')[0]} USING NULL")
        if column.props["not_null"] and seen.before.by_identity["column", one.subject].props["not_null"]:
            found.append(replace(one, sql=f"{words} SET NOT NULL"))
    if len(found) == len(seen.synthesis.statements) and all(map(is_, found, seen.synthesis.statements)):
        return seen
    return replace(seen, synthesis=replace(seen.synthesis, statements=tuple(found)))


def _block(seen: Seen, keeps: Sequence[Keep], sequences: Sequence[DataNeed]) -> Iterator[str]:
    if seen.leaves:
        yield "expect_commits()"
    for keep in keeps:
        yield from keep.calls()
    for need in sequences:
        yield f"preserve_sequence({text_literal(need.subject)})"
    kept = {k.table for k in keeps if k.rows or k.whole}
    written = [t for t in sorted(seen.written) if t not in kept and root_of(seen.before, t) not in kept]
    if written:
        yield f"expect_writes({', '.join(map(text_literal, written))})"


def _places(seen: Seen, keeps: Sequence[Keep]) -> list[int]:
    """Where rows of tables that live through the upgrade may be given back among the statements, the likeliest first."""
    statements = seen.synthesis.statements
    if not any(k.rows or (k.whole and not _is_dropped(seen, k)) for k in keeps):
        return [len(statements)]
    lowest = max([_column_place(seen, k) for k in keeps if not _is_dropped(seen, k)], default=0)
    tightening = [
        number
        for number, s in enumerate(statements)
        if number >= lowest
        and ((s.kind in ("constraint", "index") and s.action == "create") or "SET NOT NULL" in s.sql)
    ]
    every = sorted({lowest, *(n for n in range(lowest, len(statements) + 1))})
    return list(dict.fromkeys([*tightening[:1], len(statements), lowest, *every]))


def _is_dropped(seen: Seen, keep: Keep) -> bool:
    lives = seen.before.by_identity["table", keep.table].address in seen.after.objects
    return keep.whole and not lives and not keep.replaced


def _column_place(seen: Seen, keep: Keep) -> int:
    """After the statements that make the columns what they were."""
    wanted = {f"{keep.table}.{name}" for name in (*keep.columns, *map(quote_ident, keep.columns))}
    places = [
        need.at
        for need in seen.synthesis.data_needs
        if need.lost_by == "upgrade" and (need.subject in wanted or need.subject.startswith(f"{keep.table}."))
    ]
    places += [
        number + 1
        for number, statement in enumerate(seen.synthesis.statements)
        if statement.kind == "column" and statement.subject in wanted and " TYPE " in statement.sql
    ]
    return max(places, default=0)


def _statements(
    seen: Seen, keeps: Sequence[Keep], sequences: Sequence[DataNeed], place: int, *, clear: bool
) -> Iterator[Statement]:
    """The downgrade with everything that gives something back."""
    given: dict[int, list[Statement]] = {}
    filled_at: dict[str, int] = {}
    together = []
    made_at: dict[str, int] = {}
    for keep in keeps:
        if _is_dropped(seen, keep):
            at = next(n.at for n in seen.synthesis.data_needs if n.what == "table" and n.subject == keep.table)
            # Rows go with those that they refer to where those went with others since: parents come first.
            at = made_at[keep.table] = max([at, *(made_at.get(name, 0) for name in _parents(seen, keep.table))])
            given.setdefault(at, []).append(_restore(seen, "restore_table", [keep.table], text_literal(keep.table)))
        elif keep.rows or keep.whole:
            together.append(keep.table)
            filled_at[keep.table] = place
        else:
            filled_at[keep.table] = _column_place(seen, keep)
            listed = ", ".join(map(text_literal, keep.columns))
            words = f"{text_literal(keep.table)}, [{listed}]"
            given.setdefault(filled_at[keep.table], []).append(_restore(seen, "restore_columns", [keep.table], words))
    if together:
        words = ", ".join(map(text_literal, together))
        given.setdefault(place, []).append(_restore(seen, "restore_rows", together, words))
    for need in sequences:
        call_of = Statement(
            sql=call(seen.version_table, seen.revision, "restore_sequence", (need.subject,)),
            call=f"restore_sequence({text_literal(need.subject)})",
            kind="sequence",
            subject=need.subject,
            action="rows",
        )
        given.setdefault(need.at, []).append(call_of)
    # A column is made NOT NULL only when its values are there, which come with those of the table's last column.
    late = {
        number: filled_at[table]
        for number, statement in enumerate(seen.synthesis.statements)
        if statement.kind == "column" and statement.sql.endswith(" SET NOT NULL")
        for table in filled_at
        if statement.subject.startswith(f"{table}.") and number < filled_at[table]
    }
    for number, at in late.items():
        given[at].append(seen.synthesis.statements[number])
    first = _freed_first(seen) if any(keep.key == () for keep in keeps) else {}
    yield from first.values()
    yield _whole_step(seen, "begin_restore", clear=True) if clear else _whole_step(seen, "begin_restore")
    for number, statement in enumerate(seen.synthesis.statements):
        yield from given.get(number, ())
        if number not in late and number not in first:
            yield statement
    yield from given.get(len(seen.synthesis.statements), ())
    yield _whole_step(seen, "end_restore")


def _parents(seen: Seen, table: str) -> Iterator[str]:
    """The tables that this one refers to, as it was."""
    for child in seen.before.children.get(seen.before.by_identity["table", table].address, ()):
        if child.kind == "constraint" and child.props["type"] == "foreign key":
            yield str(child.props["references"])


def _freed_first(seen: Seen) -> dict[int, Statement]:
    """Foreign keys that go anyhow and need nothing else to go before them, by place.

    Rows without a key are taken away when the restore begins, which what refers to them would forbid.
    """
    found = {}
    for number, statement in enumerate(seen.synthesis.statements):
        if statement.kind != "constraint" or statement.action != "drop":
            break
        constraint = seen.after.by_identity.get(("constraint", statement.subject))
        if constraint is not None and constraint.props["type"] == "foreign key":
            found[number] = statement
    return found


def _restore(seen: Seen, name: str, tables: Sequence[str], words: str) -> Statement:
    return Statement(
        sql=call(seen.version_table, seen.revision, "restore", (list(tables),)),
        call=f"{name}({words})",
        kind="table",
        subject=tables[0],
        action="rows",
    )


def _whole_step(seen: Seen, name: str, **options: bool) -> Statement:
    return Statement(
        sql=call(seen.version_table, seen.revision, name, tuple(options.values())),
        call=f"{name}({', '.join(f'{option}={value}' for option, value in options.items())})",
        kind="table",
        subject="",
        action="rows",
    )
