"""One attempt to rehearse a revision on rows: fill, up, each way down, and what became of every row, within one transaction."""

# ruff: noqa: BLE001 - a migration may raise anything, and each is a result

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_safety.postgres.fingerprint import Fingerprint, differences, fingerprints
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session, sqlstate
from alembic_safety.rehearsal.failure import explain, is_fatal
from alembic_safety.rehearsal.rows.adverse import Adverse, accepted_violations, answerable, try_adverse
from alembic_safety.rehearsal.rows.amends import Amend, amends_for, child_of, may_tell, merged
from alembic_safety.rehearsal.rows.attempts import attempt, check_deferred
from alembic_safety.rehearsal.rows.demands import Demand, Reader
from alembic_safety.rehearsal.rows.fill import Filled, Memory, fill
from alembic_safety.rehearsal.rows.images import Image, differing, image, key_columns
from alembic_safety.rehearsal.rows.pairs import pairs
from alembic_safety.rehearsal.rows.records import GENERATED, NONE, RowProof, Way
from alembic_safety.rehearsal.rows.repeat import outcome, outcome_tables
from alembic_safety.rehearsal.rows.shape import followers
from alembic_safety.rehearsal.rows.since import Later
from alembic_safety.rehearsal.rows.variants import Variant
from alembic_safety.rehearsal.rows.witness import Witness

if TYPE_CHECKING:
    from alembic_safety.model.probe import Probe
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.rehearsal.touched import Touched

#: Milliseconds that one statement may take on a handful of rows: a loop until no duplicate is left may never end on them.
_PATIENCE = 10_000
_CANCELLED = "57014"
_NOT_SUPPORTED = "0A000"
_IN_USE = "55006"
_FOREIGN_KEY = "23503"
_READY = "alembic_safety_rows"
_DOWN = "alembic_safety_down"
#: Rows of a table up to which those that exclude each other are taken out one by one, so that some stay.
_ONE_BY_ONE = 200
_TAG = "$alembic_safety_taken$"


log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is rehearsed."""

    stage: Stage
    before: Snapshot
    #: The catalog as the upgrade left it on empty tables.
    after: Snapshot
    #: What the upgrade was seen to touch on empty tables: these, and what they refer to, get rows.
    touched: Touched
    #: The upgrade; ``ways``: what takes it back, by name. They may raise anything.
    up: Callable[[], None]
    ways: Mapping[str, Callable[[], None]]
    #: What the upgrade demands of rows.
    demands: Sequence[Demand] = ()
    #: Rows in each table; with none the upgrade is only watched.
    rows: int = 8
    seed: int = 0
    #: What rows are there already and are rehearsed on in the place of made ones; '' for none.
    own: str = ""
    #: Only the ways down are asked for, on such rows: what is to be said of the upgrade is known.
    again_on: Variant | None = None
    #: What rows were found to fit, for the next trial of the same revision.
    memory: Memory = field(default_factory=dict)


@dataclass
class Refusals:
    """Of rows that the upgrade did not accept."""

    #: The first time, why.
    why: str = ""
    #: Kinds of rows on which it had to be ended: on plain ones it may end where it doesn't on others.
    endless: set[str] = field(default_factory=set)
    #: How many rows the tables held.
    filled: Mapping[str, int] = field(default_factory=dict)
    #: Tables that held rows of the migrations' own besides.
    held: frozenset[str] = frozenset()
    #: What would have to be other about the rows.
    amends: tuple[Amend, ...] = ()
    #: Tables whose rows kept it from deleting what they refer to.
    referring: set[str] = field(default_factory=set)

    def note(self, error: Exception, trial: Trial) -> None:
        """Keep why the upgrade failed on the rows of a trial."""
        log.debug("%s rows are not accepted: %s", trial.variant.kind, error)
        self.why = self.why or explain(error)
        if sqlstate(error) == _CANCELLED:
            self.endless.add(trial.variant.kind)
        self.filled = trial.filled.rows or self.filled
        self.held |= trial.filled.held
        self.amends = merged(self.amends, trial.amends_for(error))
        if sqlstate(error) == _FOREIGN_KEY and (child := child_of(error)) in trial.filled.rows:
            self.referring.add(child)


def raise_signals(error: Exception) -> None:
    """Raise again what says nothing of a revision: a transaction that was left, a server that is gone."""
    from alembic_safety.rehearsal.transactions import LeftTransaction

    if isinstance(error, LeftTransaction) or is_fatal(error):
        raise error


@dataclass
class _Down:
    """A way down as it ran on the rows that were there."""

    way: Way
    #: Its rows, of tables that are looked at row by row.
    images: dict[str, Image] = field(default_factory=dict)
    #: Those of tables whose fingerprints differ.
    different: dict[str, Image | None] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Trial:
    """One attempt, within a transaction: the rows are there when it is made."""

    def __init__(self, case: Case, variant: Variant) -> None:
        self._case = case
        self._stage = case.stage
        self.variant = variant
        self._heads = set(case.stage.heads)
        #: Rows that were made and did not fit what the upgrade demands.
        self._gone = 0
        #: Whether none of them are left in a table that the upgrade uses.
        self.emptied = False
        #: Whether the upgrade runs only where deferred constraints are checked at once.
        self._immediate = False
        #: The statements of the upgrade, where it ran within the transaction.
        self._executed: list[str] = []
        self.filled = Filled(rows={})
        #: What the upgrade left in the tables that it may have written to, and their names.
        self.outcome_tables: list[str] = []
        self.outcome: dict[str, Fingerprint] = {}
        session = self._stage.session
        if variant.kind not in (NONE, case.own):
            self._fill()
        #: What the tables held before the upgrade.
        self.prints = fingerprints(session, self._watched(), only=True, by_column=True)
        self._pairs = pairs(case.before, case.after, case.touched.used) if variant.kind != NONE else []
        held = ((p.old.identity, p.old_image(session)) for p in self._pairs)
        self._images = {name: rows for name, rows in held if rows is not None}
        self._demands, self._violated = answerable(self._stage, case.demands) if variant.kind != NONE else ([], [])
        self._keys: dict[Probe, set[str]] = {
            d.probe: {str(key) for (key,) in session.fetch(d.probe.query)} for d in self._violated
        }
        self._back = (
            Reader(session, case.after, case.before, places=True).read() if variant.kind != NONE and case.ways else []
        )
        #: Milliseconds that a statement of the upgrade may take; 0: as long as it likes.
        self.patience = 0 if variant.kind in (NONE, case.own) else _PATIENCE
        if self.patience:
            session.execute(f"SET LOCAL statement_timeout = {self.patience}")
        self._watch()

    def _watch(self) -> None:
        """From here on the upgrade may run: note what it writes, and where to come back to."""
        self._stage.savepoint(_READY)
        self._witness = Witness(
            self._stage.session, self._case.before, self._case.touched.suspects, after=self._case.after
        )
        self._witness.start()

    def _writes(self) -> Mapping[str, tuple[str, ...]]:
        return self._witness.writes()

    def _come_back(self) -> None:
        """To the rows before the upgrade."""
        self._stage.rollback_to(_READY)
        self._stage.heads = set(self._heads)
        if self._immediate:
            self._stage.session.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def _adverse(self) -> Adverse:
        demands = [] if self._case.again_on is not None else self._demands
        return try_adverse(self._stage, demands, self._case.up, self._pairs)

    def amends_for(self, error: Exception) -> tuple[Amend, ...]:
        """What has to be other about its rows for the upgrade not to fail with this error. The stage goes back to them."""
        filled = [name for name, rows in self.filled.rows.items() if rows]
        if not filled or not may_tell(error):
            return ()
        try:
            self._come_back()
        except Exception as left:  # it ended the transaction before it failed
            raise_signals(left)
            return ()
        return amends_for(self._stage.session, error, filled, self._executed or self._stage.executed)

    def refresh(self) -> None:
        """Fail where a materialized view that the upgrade drops or changes can't be built of the rows: of such it never was."""
        case = self._case
        if self.variant.kind in (NONE, case.own):
            return
        for view in case.before.of_kind("materialized_view"):
            if view.props["populated"] and case.after.objects.get(view.address) != view:
                with self._stage.scratch("alembic_safety_refresh"):
                    self._stage.session.execute(f"REFRESH MATERIALIZED VIEW {view.identity}")

    def up(self) -> None:
        """Run the upgrade. May raise anything."""
        stage = self._stage
        stage.executed = []
        try:
            with stage.noting():
                self._up()
        finally:
            self._executed, stage.executed = stage.executed, []

    def _up(self) -> None:
        case = self._case
        try:
            case.up()
        except Exception as error:
            if sqlstate(error) == _IN_USE:
                # Rows that this very transaction inserted wait for a check at its end even where no key changes.
                self._immediate = True
                self._come_back()
            elif sqlstate(error) == _NOT_SUPPORTED and self._witness.names_columns:
                # It may set the type of a column that has it already, which no trigger may name.
                self._come_back()
                self._witness = Witness(self._stage.session, case.before, case.touched.suspects)
            else:
                raise
            self._witness.start()
            case.up()

    def _fill(self) -> None:
        case, session = self._case, self._stage.session
        known = case.before.by_identity
        oids = {known["table", name].address.oid for name in case.touched.used}
        written = {known["table", name].address.oid for name in case.touched.suspects}
        hurting = self.variant.kind == GENERATED
        self.filled = fill(
            session,
            oids | followers(session, written),
            rows=min(case.rows, self.variant.few or case.rows),
            seed=case.seed,
            hurting=hurting,
            memory=case.memory,
            leaving={known["table", name].address.oid for name in self.variant.without},
            apart=self.variant.apart,
            bare=self.variant.bare,
        )
        for amend in self.variant.amends:
            amend.apply(session)
        if not self.variant.fitted:
            return
        for demand in case.demands:
            probe = demand.probe
            before = _count(self._stage, probe.table)
            offending = f"DELETE FROM {probe.table} WHERE {demand.key} IN "
            taken = f"{offending}({probe.query})"
            if demand.copies and before <= _ONE_BY_ONE:  # of rows that exclude each other one may stay
                one = f"{offending}(SELECT * FROM ({probe.query}) AS q LIMIT 1)"
                taken = f"DO {_TAG}BEGIN LOOP {one}; EXIT WHEN NOT FOUND; END LOOP; END{_TAG}"
            attempt(session, f"{taken}; SET CONSTRAINTS ALL IMMEDIATE")
            self._gone += before - _count(self._stage, probe.table)
        check_deferred(session)
        had = [name for name, rows in self.filled.rows.items() if rows and name in case.touched.used]
        self.emptied = bool(self._gone) and not all(_count(self._stage, name) for name in had)

    def _watched(self) -> list[str]:
        """The tables that hold rows, and those that the upgrade uses; of real ones these alone, as they may be large."""
        case = self._case
        if self.variant.kind == case.own:
            return sorted(
                name for name in case.touched.used if not case.before.by_identity["table", name].props["partition_key"]
            )
        tables = [o.identity for o in case.before.of_kind("table") if not o.props["partition_key"]]
        if not tables:
            return []
        asked = (f"SELECT {quote_literal(name)} WHERE EXISTS (SELECT FROM ONLY {name})" for name in tables)
        filled = {str(name) for (name,) in self._stage.session.fetch(" UNION ALL ".join(asked))}
        return [name for name in tables if name in filled or name in case.touched.used]

    def result(self, refusals: Refusals) -> RowProof:
        """Go each way down from here, then up on other rows."""
        case, session = self._case, self._stage.session
        # On rows the upgrade may have dropped what it leaves alone while it is empty.
        self._pairs = [pair for pair in self._pairs if _is_there(session, pair.new.identity)]
        writes = self._writes()
        rows = sum(self.filled.rows.values()) - self._gone
        if self.variant.kind == case.own:
            rows = sum(was.rows for was in self.prints.values())
        self.outcome_tables = outcome_tables(session, case.before, case.after, [*case.touched.suspects, *writes])
        self.outcome = outcome(session, self.outcome_tables)
        silent = accepted_violations(self._stage, self._violated, self._keys, self._pairs, self._images)
        downs = self._downs()
        later = Later(self._stage, case.before, self._pairs, self._images, self._back, case.seed, case.memory)
        ran = {name: case.ways[name] for name, down in downs.items() if not down.way.error}
        since = later.tried(ran, {name: downs[name].images for name in ran})
        self._come_back()
        ways = {name: replace(self._explained(down), since=since.get(name)) for name, down in downs.items()}
        adverse = self._adverse()
        probes = adverse.probes
        if self.variant.kind == NONE:
            probes = tuple(
                replace(d.probe, seen=d.probe.code == "not-empty" and bool(refusals.filled.get(d.probe.table)))
                for d in case.demands
            )
        return RowProof(
            data=self.variant.name if rows > 0 else NONE,
            variant=self.variant if rows > 0 else None,
            refused=refusals.why if self.variant.is_milder else "",
            rows=rows,
            unfilled=self.filled.empty,
            writes=writes,
            ways=ways,
            probes=probes,
            downgrade_probes=later.refused(since),
            silent=(*silent, *adverse.silent),
        )

    def _downs(self) -> dict[str, _Down]:
        heads = set(self._stage.heads)
        found = {}
        for name, down in self._case.ways.items():
            with self._stage.scratch("alembic_safety_way"):
                found[name] = self._down(down)
            self._stage.heads = set(heads)
        return found

    def _down(self, down: Callable[[], None]) -> _Down:
        session = self._stage.session
        try:
            self._stage.savepoint(_DOWN)
            try:
                self._stage.end_session()
                down()
            except Exception as error:
                if sqlstate(error) != _IN_USE:
                    raise
                self._stage.rollback_to(_DOWN)
                self._stage.end_session()
                session.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as for the upgrade
                down()
            check_deferred(session)
            now = fingerprints(session, list(self.prints), only=True, by_column=True)
        except Exception as error:
            raise_signals(error)
            return _Down(Way(error=explain(error)))
        found = _Down(Way())
        for name, was in self.prints.items():
            if name not in now:
                found.words[name] = ("it is not there",)
            elif words := differences(was, now[name]):
                found.words[name] = words
                found.different[name] = self._image(name)
        for pair in self._pairs:
            if (rows := pair.old_image(session)) is not None:
                found.images[pair.old.identity] = rows
        return found

    def _explained(self, down: _Down) -> Way:
        """The way with what it lost in words; the stage stands at the rows before the upgrade."""
        lost: list[str] = []
        for name, words in down.words.items():
            now = down.different.get(name)
            was = self._image_before(name) if now is not None else None
            found = differing(was, now) if was is not None and now is not None else []
            lost += [f"{name}: {text}" for text in found or words]
        return replace(down.way, lost=tuple(lost))

    def _image_before(self, name: str) -> Image | None:
        return self._image(name)

    def _image(self, name: str) -> Image | None:
        """A table's rows by the columns that it had before the upgrade, in the schema before it."""
        before = self._case.before
        table = before.by_identity["table", name]
        columns = [c.name for c in before.children.get(table.address, ()) if c.kind == "column"]
        return image(self._stage.session, name, columns, key_columns(before, table))


def _count(stage: Stage, table: str) -> int:
    return int(stage.session.fetch(f"SELECT pg_catalog.count(*) FROM {table}")[0][0])


def _is_there(session: Session, table: str) -> bool:
    return session.fetch(f"SELECT pg_catalog.to_regclass({quote_literal(table)})")[0][0] is not None
