"""A revision rehearsed on rows: up on tables with rows, each way down, and whether every row is as it was.

All in one transaction that is rolled back: no row stays in the database that the chain goes on with.
"""

# ruff: noqa: BLE001 - a migration may raise anything, and each is a result

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_safety.postgres.fingerprint import Fingerprint, differences, fingerprints
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.rehearsal.failure import explain, is_fatal
from alembic_safety.rehearsal.rows.fill import Filled, check_deferred, delete_unfit, fill
from alembic_safety.rehearsal.rows.shape import followers
from alembic_safety.rehearsal.rows.witness import Witness

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.rehearsal.touched import Touched

#: Kinds of rows, the hardest first; the first that the upgrade accepts is what the proof runs on.
GENERATED = "generated"
PLAIN = "generated, plain values"
NONE = "none"
#: Milliseconds that one statement may take on a handful of rows: a loop until no duplicate is left may never end on them.
_PATIENCE = 10_000


@dataclass(frozen=True, kw_only=True)
class Way:
    """What one way down did to the rows."""

    #: Why it failed on rows; '' where it ran.
    error: str = ""
    #: What is not as before, a sentence each.
    lost: tuple[str, ...] = ()

    @property
    def restores(self) -> bool:
        """Whether it ran and every row is as it was."""
        return not self.error and not self.lost


@dataclass(frozen=True, kw_only=True)
class RowProof:
    """What a rehearsal on rows found."""

    #: One of the kinds of rows above.
    data: str = NONE
    #: Why the upgrade did not accept harder rows; '' where it did.
    refused: str = ""
    #: How many rows were there.
    rows: int = 0
    #: Tables that no row could be made for.
    unfilled: tuple[str, ...] = ()
    #: What the upgrade does to the rows of each table: insert, update, delete, truncate; or "write" where that could not be told.
    writes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The ways down that were tried: ``own``, ``derived``.
    ways: Mapping[str, Way] = field(default_factory=dict)


def prove_on_rows(
    stage: Stage,
    before: Snapshot,
    after: Snapshot,
    touched: Touched,
    up: Callable[[], None],
    ways: Mapping[str, Callable[[], None]],
    *,
    rows: int,
    seed: int,
) -> RowProof:
    """Run an upgrade and each way down on rows.

    :param stage: in no transaction, at *before*; left so.
    :param after: the catalog as the upgrade left it on empty tables.
    :param touched: what the upgrade was seen to touch on empty tables: these, and what they refer to, get rows.
    :param up: the upgrade; ``ways``: what takes it back, by name. They may raise anything.
    :param rows: rows in each table; with none the upgrade is only watched.
    :raises LeftTransaction: the upgrade ended its transaction this time: the database may have changed.
    """
    heads = set(stage.heads)
    refused = ""
    for data in (GENERATED, PLAIN, NONE) if rows else (NONE,):
        stage.begin()
        try:
            with stage.staying_in_transaction():
                trial = _Trial(stage, before, after, touched)
                trial.prepare(data, rows, seed)
                try:
                    up()
                    check_deferred(stage.session)
                except Exception as error:
                    _raise_signals(error)
                    refused = refused or explain(error)
                    continue
                stage.check_transaction()
                return trial.result(data, refused, ways)
        finally:
            stage.rollback()
            stage.heads = set(heads)
    return RowProof(refused=refused, writes=dict.fromkeys(sorted(touched.suspects), ("write",)))


def demands(before: Snapshot, after: Snapshot) -> dict[str, list[str]]:
    """What the upgrade asks of rows that were there: new checks and NOT NULL, as expressions by table."""
    found: dict[str, list[str]] = {}
    for address, obj in after.objects.items():
        table = before.objects.get(obj.parent) if obj.parent is not None else None
        if table is None or table.kind != "table":
            continue
        if obj.kind == "column" and address in before.objects:
            if obj.props["not_null"] and not before.objects[address].props["not_null"]:
                found.setdefault(table.identity, []).append(f"{quote_ident(before.objects[address].name)} IS NOT NULL")
        elif obj.kind == "constraint" and obj.props["type"] == "check" and address not in before.objects:
            expression = str(obj.props["definition"]).removeprefix("CHECK ").partition(" NOT VALID")[0]
            found.setdefault(table.identity, []).append(expression.removesuffix(" NO INHERIT"))
    return found


def _raise_signals(error: Exception) -> None:
    from alembic_safety.rehearsal.stage import LeftTransaction

    if isinstance(error, LeftTransaction) or is_fatal(error):
        raise error


class _Trial:
    """One attempt, within a transaction."""

    def __init__(self, stage: Stage, before: Snapshot, after: Snapshot, touched: Touched) -> None:
        self._stage = stage
        self._before = before
        self._after = after
        #: Rows that were made and did not fit what the upgrade demands.
        self._gone = 0
        self._touched = touched
        self._filled = Filled(rows={})
        self._prints: dict[str, Fingerprint] = {}
        self._witness = Witness(stage.session, before, touched.suspects, after=after)

    def prepare(self, data: str, rows: int, seed: int) -> None:
        """Make the rows, and look at them."""
        session = self._stage.session
        if data != NONE:
            known = self._before.by_identity
            oids = {known["table", name].address.oid for name in self._touched.used}
            written = {known["table", name].address.oid for name in self._touched.suspects}
            self._filled = fill(
                session, oids | followers(session, written), rows=rows, seed=seed, hurting=data == GENERATED
            )
        if data == PLAIN:
            self._gone = delete_unfit(session, demands(self._before, self._after))
        self._prints = fingerprints(session, self._watched(), only=True, by_column=True)
        self._witness.start()
        if data != NONE:
            session.execute(f"SET LOCAL statement_timeout = {_PATIENCE}")

    def _watched(self) -> list[str]:
        """The tables that hold rows, and those that the upgrade uses."""
        tables = [o.identity for o in self._before.of_kind("table") if not o.props["partition_key"]]
        if not tables:
            return []
        asked = (f"SELECT {quote_literal(name)} WHERE EXISTS (SELECT FROM ONLY {name})" for name in tables)
        filled = {str(name) for (name,) in self._stage.session.fetch(" UNION ALL ".join(asked))}
        return [name for name in tables if name in filled or name in self._touched.used]

    def result(self, data: str, refused: str, ways: Mapping[str, Callable[[], None]]) -> RowProof:
        """Go each way down from here."""
        writes = self._witness.writes()
        heads = set(self._stage.heads)
        found = {}
        for name, down in ways.items():
            with self._stage.scratch("alembic_safety_way"):
                found[name] = self._way(down)
            self._stage.heads = set(heads)
        rows = sum(self._filled.rows.values()) - self._gone
        return RowProof(
            data=data if rows > 0 else NONE,
            refused=refused,
            rows=rows,
            unfilled=self._filled.empty,
            writes=writes,
            ways=found,
        )

    def _way(self, down: Callable[[], None]) -> Way:
        session = self._stage.session
        try:
            down()
            check_deferred(session)
            now = fingerprints(session, list(self._prints), only=True, by_column=True)
        except Exception as error:
            _raise_signals(error)
            return Way(error=explain(error))
        lost = []
        for name, was in self._prints.items():
            if name not in now:
                lost.append(f"{name}: it is not there")
            else:
                lost += [f"{name}: {difference}" for difference in differences(was, now[name])]
        return Way(lost=tuple(lost))


def rows_lost(proof: RowProof | None, way: str = "own") -> tuple[str, ...]:
    """What a way down does to the rows that were there, a sentence each; nothing where it wasn't tried."""
    if proof is None or way not in proof.ways:
        return ()
    found = proof.ways[way]
    return (f"on rows it fails: {found.error}",) if found.error else found.lost
