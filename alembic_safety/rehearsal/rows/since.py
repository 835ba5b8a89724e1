"""Rows written after an upgrade, and what a way down does to them.

Some rows are changed, some deleted, some inserted, in the tables that the upgrade touches, all such that the old schema can
hold them: these have to be there after the downgrade, and rows that nobody wrote as if nothing had been written. Then, one by
one, rows that only the new schema can hold: a downgrade that stops there is right to, and a user wants to know before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_safety.errors import PreservationError
from alembic_safety.model.probe import Probe
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.rehearsal.failure import explain, is_artefact, is_fatal
from alembic_safety.rehearsal.rows.attempts import attempt, check_deferred
from alembic_safety.rehearsal.rows.fill import Memory, fill
from alembic_safety.rehearsal.rows.images import Image, shown
from alembic_safety.rehearsal.rows.pairs import Pair, Shared
from alembic_safety.rehearsal.rows.records import Since
from alembic_safety.rehearsal.rows.violations import count, violate
from alembic_safety.revisions.preserve import TOLD

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.rows.demands import Demand
    from alembic_safety.rehearsal.stage import Stage

#: Rows inserted into each table.
_ROWS = 3
#: Other rows than those that were made first.
_SEEDS = (37, 71)


@dataclass(frozen=True)
class _Table:
    """A table with its rows at each moment."""

    pair: Pair
    #: Before the upgrade, right after it, and after other rows were written.
    was: Image
    made: Image
    written: Image

    @property
    def converted(self) -> set[str]:
        """Columns whose values the upgrade changes: what a downgrade makes of new values is not for us to say."""
        keys = [key for key in self.was.rows if key in self.made.rows]
        return {
            name
            for name in self.made.columns
            if name in self.was.columns
            and any(self.was.rows[k][self.was.column(name)] != self.made.rows[k][self.made.column(name)] for k in keys)
        }


class Later:
    """What is written between an upgrade and the way down, in the open transaction of a rehearsal on rows."""

    def __init__(
        self,
        stage: Stage,
        before: Snapshot,
        pairs: Sequence[Pair],
        was: Mapping[str, Image],
        demands: Sequence[Demand],
        seed: int,
        memory: Memory,
    ) -> None:
        """The stage stands right after the upgrade.

        :param before: the catalog before it.
        :param was: the rows before the upgrade, by the table's identity then.
        :param demands: what the old schema demands of rows of the new one.
        """
        self._stage = stage
        self._before = before
        self._was = was
        self._seed = seed
        self._memory = memory
        counts = [(demand, count(stage.session, demand.probe)) for demand in demands]
        #: What the rows that were there don't meet is no demand of a way down that ran on them.
        self._demands = [demand for demand, number in counts if number == 0]
        #: But such a way may have taken those rows away or given them old values, which it can't once somebody has touched them.
        self._excused = [(demand, _keys(stage, demand)) for demand, number in counts if number]
        # Where a demand cannot be asked, nobody knows which rows would fit.
        unknown = {demand.probe.table for demand, number in counts if number is None}
        self._pairs = [p for p in pairs if p.old.identity in was and p.new.identity not in unknown]

    def tried(
        self, ways: Mapping[str, Callable[[], None]], plain: Mapping[str, Mapping[str, Image]]
    ) -> dict[str, Since]:
        """Each way down on rows written since; what it does to them, by name.

        :param ways: those that ran on the rows that were there.
        :param plain: the rows that they left then, by table.
        """
        if not ways or not self._pairs:
            return {}
        found: dict[str, Since] = {}
        with self._stage.scratch("alembic_safety_since"):
            tables = self._write()
            if any(next(_changed(t.made, t.written), None) is not None for t in tables):
                for name, down in ways.items():
                    since = self._way(down, tables, plain[name])
                    if since is not None:
                        found[name] = since
        for demand in self._demands:
            with self._stage.scratch("alembic_safety_unfit"):
                if violate(self._stage.session, demand):
                    self._unfit(demand, ways, found)
        return found

    def refused(self, found: Mapping[str, Since]) -> tuple[Probe, ...]:
        """What the old schema demands, as probes; seen where the revision's own downgrade stopped."""
        own = found.get("own")
        stops = own.stops if own is not None else ()
        silent = own.silent if own is not None else ()
        probes = []
        for demand in self._demands:
            if any(line.startswith(_subject(demand)) for line in silent):
                continue
            seen = any(line.startswith(_subject(demand)) for line in stops)
            probes.append(replace(demand.probe, seen=seen))
        return tuple(probes)

    # -- writing ----------------------------------------------------------------------------------------------------------
    def _write(self) -> list[_Table]:
        session = self._stage.session
        made = {p.old.identity: p.new_image(session) for p in self._pairs}
        for pair in self._pairs:
            image = made[pair.old.identity]
            if image is not None and pair.key:
                self._change(pair, image)
        oids = [pair.new.address.oid for pair in self._pairs]
        for number, seed in enumerate(_SEEDS):
            self._insert(oids, self._seed + seed, hurting=number == 0)
        tables = []
        for pair in self._pairs:
            before, after = made[pair.old.identity], pair.new_image(session)
            if before is not None and after is not None:
                tables.append(_Table(pair, self._was[pair.old.identity], before, after))
        return tables

    def _change(self, pair: Pair, image: Image) -> None:
        """Give a row values of other rows, and delete another."""
        excused = {key for demand, keys in self._excused if demand.probe.table == pair.new.identity for key in keys}
        keys = [key for key in sorted(image.rows) if image.rows[key] and key not in excused]
        free = [c for c in pair.columns if c.old not in pair.key]
        if free and len(keys) > 1:
            where = _is(pair, image, keys[0])
            sets = [_other_value(pair, column) for column in free]
            if not self._fitting(f"UPDATE {pair.new.identity} AS t SET {', '.join(sets)} WHERE {where}"):
                for each in sets:
                    self._fitting(f"UPDATE {pair.new.identity} AS t SET {each} WHERE {where}")
        if len(keys) > 2:
            self._fitting(f"DELETE FROM {pair.new.identity} AS t WHERE {_is(pair, image, keys[1])}")

    def _fitting(self, sql: str) -> bool:
        """Run a statement, unless the old schema could not hold what comes of it."""
        session = self._stage.session
        session.execute("SAVEPOINT alembic_safety_write")
        fits = attempt(session, f"{sql}; SET CONSTRAINTS ALL IMMEDIATE") and self._all_fit
        if not fits:
            session.execute("ROLLBACK TO SAVEPOINT alembic_safety_write")
        session.execute("RELEASE SAVEPOINT alembic_safety_write")
        return fits

    def _insert(self, oids: Sequence[int], seed: int, *, hurting: bool) -> None:
        """Add rows to tables at once, or, where what doesn't fit can't be taken out again, to those of them where it can."""
        session = self._stage.session
        session.execute("SAVEPOINT alembic_safety_insert")
        fill(session, oids, rows=_ROWS, seed=seed, hurting=hurting, memory=self._memory)
        fits = self._keep_fitting()
        if not fits:
            session.execute("ROLLBACK TO SAVEPOINT alembic_safety_insert")
        session.execute("RELEASE SAVEPOINT alembic_safety_insert")
        if not fits and len(oids) > 1:
            for oid in oids:
                self._insert([oid], seed, hurting=hurting)

    def _keep_fitting(self) -> bool:
        """Delete what was inserted and the old schema can't hold; whether that is all gone."""
        session = self._stage.session
        for demand in self._demands:
            if count(session, demand.probe):
                attempt(session, f"DELETE FROM {demand.probe.table} WHERE {demand.key} IN ({demand.probe.query})")
        for demand, keys in self._excused:
            if _keys(self._stage, demand) - keys:
                others = ", ".join(map(quote_literal, sorted(keys)))
                attempt(
                    session,
                    f"DELETE FROM {demand.probe.table} WHERE {demand.key} IN ({demand.probe.query}) "
                    f"AND NOT {demand.key}::pg_catalog.text IN ({others})",
                )
        check_deferred(session)
        return self._all_fit

    @property
    def _all_fit(self) -> bool:
        """Whether the old schema can hold all rows that are there, those apart that it could not hold before."""
        return not (
            any(count(self._stage.session, demand.probe) for demand in self._demands)
            or any(_keys(self._stage, demand) - keys for demand, keys in self._excused)
        )

    # -- looking ----------------------------------------------------------------------------------------------------------
    def _way(self, down: Callable[[], None], tables: Sequence[_Table], plain: Mapping[str, Image]) -> Since | None:
        """What a way down does to the rows; None where it cannot be told in a single transaction."""
        session = self._stage.session
        with self._stage.scratch("alembic_safety_since_way"):
            self._stage.context.opts[TOLD] = []
            error = self._run(down)
            told = self._stage.context.opts[TOLD]
            if error == _ARTEFACT:
                return None
            if error.startswith(_CONFLICT):
                return Since(stops=(f"rows written since: {error.removeprefix(_CONFLICT).splitlines()[0]}",))
            if error and (cause := self._unsure(error)):
                return Since(stops=(f"rows written since, perhaps because of {cause}: {error.splitlines()[0]}",))
            if error:
                return Since(error=error)
            lost: list[str] = []
            disturbed: list[str] = []
            for table in tables:
                now = table.pair.old_image(session)
                if now is None:
                    continue
                name = table.pair.old.identity
                lost += [f"{name}: {text}" for text in _lost(table, now)]
                # What went with a row that was deleted since is said, and right.
                if name in plain and not any(line.startswith(f"{name}: ") and " not put back" in line for line in told):
                    disturbed += [f"{name}: {text}" for text in _disturbed(table, plain[name], now)]
        return Since(lost=tuple(lost), disturbed=tuple(disturbed))

    def _unsure(self, error: str) -> str:
        """A column of another type, of which nobody knows what the old one takes, or a constraint on a column, a reference to a table,
        an index of an expression, or a materialized view, that comes back, for which such rows hold what they may; '' where none.
        """
        living = {pair.old.identity for pair in self._pairs}
        asked = {(d.probe.table, name) for d in self._demands for name in d.columns}
        for pair in self._pairs:
            for column in pair.columns:
                if not column.is_same and (pair.new.identity, column.new) not in asked:
                    return f"{pair.new.identity}.{column.new}"
            shared = {column.old for column in pair.columns}
            for child in self._before.children.get(pair.old.address, ()):
                if child.kind == "index" and child.name in error and _COMPUTED.search(child.props["definition"]):
                    return child.identity
                if child.kind != "constraint" or f'"{child.name}"' not in error:
                    continue
                refers = child.props["references"] if child.props["type"] == "foreign key" else None
                if not shared.issuperset(child.props["columns"] or ()) or (refers and refers not in living):
                    return child.identity
        for view in self._before.of_kind("materialized_view"):
            if view.name in error:  # it is built of what rows hold, and asks for more than constraints do
                return view.identity
        return ""

    def _unfit(self, demand: Demand, ways: Mapping[str, Callable[[], None]], found: dict[str, Since]) -> None:
        session = self._stage.session
        pair = next((p for p in self._pairs if p.new.identity == demand.probe.table), None)
        keys = {str(key) for (key,) in session.fetch(demand.probe.query)}
        written = pair.new_image(session) if pair is not None else None
        for name, down in ways.items():
            since = found.get(name, Since())
            with self._stage.scratch("alembic_safety_unfit_way"):
                error = self._run(down)
                if error and error != _ARTEFACT:
                    line = f"{_subject(demand)}: {error.removeprefix(_CONFLICT).splitlines()[0]}"
                    found[name] = replace(since, stops=(*since.stops, line))
                elif not error and pair is not None and written is not None:
                    now = pair.old_image(session)
                    text = _made_of(demand, pair, written, now, keys) if now is not None else ""
                    if text:
                        found[name] = replace(since, silent=(*since.silent, f"{_subject(demand)}: {text}"))

    def _run(self, down: Callable[[], None]) -> str:
        """Go down; what it failed with, or ''."""
        heads = set(self._stage.heads)
        try:
            self._stage.end_session()
            down()
            check_deferred(self._stage.session)
            return ""
        except Exception as error:
            from alembic_safety.rehearsal.transactions import LeftTransaction

            if isinstance(error, LeftTransaction) or is_fatal(error):
                raise
            if isinstance(error, PreservationError):
                return _CONFLICT + explain(error)  # it stops because it can't hold them, and loses nothing
            return _ARTEFACT if is_artefact(error) else explain(error)
        finally:
            self._stage.heads = heads


#: Of an index that computes something of rows, which may fail on values that its columns take.
_COMPUTED = re.compile(r"\(.*\(| WHERE ", re.DOTALL)
_ARTEFACT = "\0"
_CONFLICT = "\1"


def _other_value(pair: Pair, column: Shared) -> str:
    name, table = quote_ident(column.new), pair.new.identity
    other = f"SELECT o.{name} FROM ONLY {table} AS o WHERE o.{name}::text IS DISTINCT FROM t.{name}::text"
    return f"{name} = coalesce(({other} AND o.{name} IS NOT NULL ORDER BY o.ctid LIMIT 1), t.{name})"


def _keys(stage: Stage, demand: Demand) -> set[str]:
    return {str(key) for (key,) in stage.session.fetch(demand.probe.query)}


def _subject(demand: Demand) -> str:
    return f"rows of {demand.probe.table} that {demand.probe.words} ({demand.probe.demand})"


def _is(pair: Pair, image: Image, key: str) -> str:
    row = image.rows[key]
    parts = []
    for old, new in zip(pair.key, pair.new_key, strict=True):
        value = row[image.column(old)]
        assert value is not None
        parts.append(f"t.{quote_ident(new)}::pg_catalog.text = {quote_literal(value)}")
    return " AND ".join(parts)


def _changed(was: Image, now: Image) -> Iterator[str]:
    """Keys of rows that are in one only, or not the same in both."""
    for key in {*was.rows, *now.rows}:
        if was.rows.get(key) != now.rows.get(key):
            yield key


def _lost(table: _Table, now: Image) -> Iterator[str]:
    """What of the rows written since is not there, where the old schema can hold it."""
    written, made = table.written, table.made
    inserted = [key for key in written.rows if key not in made.rows]
    if not table.pair.key:
        missing = [key for key in inserted if key not in now.rows]
        if missing and not table.converted and all(c.is_same for c in table.pair.columns):
            yield f"{_count(len(missing))} written since not there any more"
        return
    missing = [key for key in inserted if key not in now.rows]
    if missing:
        yield f"{_count(len(missing))} written since not there any more ({shown(written.key, missing)})"
    back = [key for key in made.rows if key not in written.rows and key in now.rows]
    if back:
        yield f"{_count(len(back))} deleted since there again ({shown(written.key, back)})"
    touched = [key for key in _changed(made, written) if key in written.rows and key in now.rows]
    converted = table.converted
    for column in table.pair.columns:
        strict = column.is_same and column.old not in converted
        there, here = written.column(column.old), now.column(column.old)
        keys = [
            key
            for key in touched
            if (key in inserted or written.rows[key][there] != made.rows[key][there])
            and _is_lost(written.rows[key][there], now.rows[key][here], strict=strict)
        ]
        if keys:
            yield f"values of {column.old} written since are lost in {len(keys)} rows ({shown(written.key, keys)})"


def _is_lost(written: str | None, now: str | None, *, strict: bool) -> bool:
    return written != now if strict else written is not None and now is None


def _disturbed(table: _Table, plain: Image, now: Image) -> Iterator[str]:
    """Rows that nobody wrote since, and that are not what the same way down makes of them else."""
    touched = set(_changed(table.made, table.written))
    keys = [key for key, row in plain.rows.items() if key not in touched and now.rows.get(key) != row]
    if keys:
        yield f"{_count(len(keys))} that nobody touched since not as before ({shown(table.pair.key, keys)})"


def _made_of(demand: Demand, pair: Pair, written: Image, now: Image, keys: set[str]) -> str:
    """What a way down that runs makes of rows that the old schema can't hold."""
    if not written.key:
        return ""
    gone = [key for key in keys if key in written.rows and key not in now.rows]
    if gone:
        return f"{_count(len(gone))} dropped without a word ({shown(written.key, gone)})"
    for name in [c.old for c in pair.columns if c.new in demand.columns]:
        if name in written.columns and name in now.columns:
            changed = [
                key
                for key in keys
                if key in written.rows and written.rows[key][written.column(name)] != now.rows[key][now.column(name)]
            ]
            if changed:
                return f"{name} is changed without a word ({shown(written.key, changed)})"
    return ""


def _count(number: int) -> str:
    return "1 row is" if number == 1 else f"{number} rows are"
