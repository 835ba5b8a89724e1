"""Sees which tables a migration writes rows to, and how, also where there is no row to write."""

# ruff: noqa: BLE001 - whatever keeps us from watching, the migration itself is not to blame

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from alembic_safety.model.catalog import Address
from alembic_safety.postgres.identifiers import quote_ident, quote_literal

if TYPE_CHECKING:
    from alembic_safety.model.catalog import CatalogObject
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.session import Session

#: The name of its triggers.
WITNESS = "alembic_safety_witness"
_SETTING = "alembic_safety.seen"
#: A setting, not a table: whatever role the migration takes on, it may write it, and a rollback takes it back.
_FUNCTION = """
CREATE FUNCTION pg_temp.alembic_safety_witness() RETURNS trigger LANGUAGE plpgsql AS $witness$
DECLARE seen text := ' ' || TG_RELID || ':' || lower(TG_OP);
DECLARE known text := coalesce(current_setting('alembic_safety.seen', true), '');
BEGIN
  IF strpos(known || ' ', seen || ' ') = 0 THEN
    PERFORM set_config('alembic_safety.seen', known || seen, {local});
  END IF;
  RETURN NULL;
END $witness$
"""
_TRIGGER = """
CREATE TRIGGER alembic_safety_witness AFTER INSERT OR UPDATE{columns} OR DELETE OR TRUNCATE ON {name}
FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.alembic_safety_witness();
ALTER TABLE {name} ENABLE ALWAYS TRIGGER alembic_safety_witness
"""
_COUNTS = """
SELECT relid::pg_catalog.int8, n_tup_ins, n_tup_upd, n_tup_del FROM pg_catalog.pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
#: Tables that are there and whose witness is gone, or was switched off.
_SILENCED = """
SELECT c.oid::pg_catalog.int8 FROM pg_catalog.pg_class c WHERE c.oid = ANY ('{%s}') AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'alembic_safety_witness' AND t.tgenabled = 'A')
"""
_VERBS = ("insert", "update", "delete")


class Witness:
    """Triggers on the tables that are suspected, and the server's own counters for all others."""

    def __init__(
        self,
        session: Session,
        before: Snapshot,
        suspects: Collection[str] | None,
        *,
        after: Snapshot | None = None,
        lasting: bool = False,
    ) -> None:
        """Watch ``suspects`` (None: every table); ``lasting`` over the transactions of the session to come.

        With the catalog ``after`` the migration, an UPDATE counts only where it names a column that was there: values of a
        column that the migration adds are no loss.
        """
        self._before, self._after = before, after
        self._session = session
        self._names = {a.oid: o.identity for a, o in before.objects.items() if o.kind == "table"}
        self._suspects = {oid: name for oid, name in self._names.items() if suspects is None or name in suspects}
        self._counts: dict[int, tuple[int, ...]] = {}
        self._watching = False
        self._local = "false" if lasting else "true"

    @property
    def names_columns(self) -> bool:
        """Whether a trigger of it names columns, whose type nobody can change."""
        return any(self._columns(oid) for oid in self._suspects)

    def start(self) -> None:
        """From here on. Where triggers can't be made (the role may not), every suspect counts as written."""
        self._counts = self._count()
        setting = quote_literal(_SETTING)
        statements = [
            _FUNCTION.format(local=self._local),
            f"SELECT pg_catalog.set_config({setting}, ' on', {self._local})",
        ]
        statements += [_TRIGGER.format(name=name, columns=self._columns(oid)) for oid, name in self._suspects.items()]
        if not self._suspects:
            return
        self._session.execute("SAVEPOINT alembic_safety_witness")
        try:
            self._session.execute("; ".join(statements))
            self._watching = True
        except Exception:
            self._session.execute("ROLLBACK TO SAVEPOINT alembic_safety_witness")
        self._session.execute("RELEASE SAVEPOINT alembic_safety_witness")

    def writes(self) -> dict[str, tuple[str, ...]]:
        """What was done to the rows of each table since, by identity: verbs, or "write" where they can't be told."""
        found: dict[str, set[str]] = {}
        for oid, counts in self._count().items():
            earlier = self._counts.get(oid, (0, 0, 0))
            verbs = {verb for verb, now, then in zip(_VERBS, counts, earlier, strict=True) if now > then}
            if self._watching and oid in self._suspects and self._columns(oid):
                verbs.discard("update")  # the trigger tells
            if oid in self._names and verbs:
                found.setdefault(self._names[oid], set()).update(verbs)
        seen = str(
            self._session.fetch(f"SELECT pg_catalog.current_setting({quote_literal(_SETTING)}, true)")[0][0] or ""
        )
        silenced = {int(oid) for (oid,) in self._session.fetch(_SILENCED % ",".join(map(str, self._suspects)))}
        blind = not self._watching or " on" not in seen
        for oid, name in self._suspects.items():
            verbs = {entry.partition(":")[2] for entry in seen.split() if entry.startswith(f"{oid}:")}
            if blind or (oid in silenced and not verbs):
                verbs = verbs or {"write"}
            if verbs:
                found.setdefault(name, set()).update(verbs)
        return {name: tuple(sorted(verbs)) for name, verbs in sorted(found.items())}

    def _columns(self, oid: int) -> str:
        """The columns that were there and stay, as ``UPDATE OF`` takes them; '' where every UPDATE has to count.

        The server lets nobody change the type of a column that a trigger names; and a trigger of the application may
        write columns that the statement doesn't name.
        """
        if self._after is None or self._has_row_triggers(oid):
            return ""
        kept = []
        for address, column in self._before.objects.items():
            if column.kind != "column" or address.oid != oid:
                continue
            now = self._after.objects.get(address)
            if now is not None and self._is_retyped(column, now):
                return ""
            if now is not None and not column.props["generated"]:
                kept.append(quote_ident(column.name))
        return f" OF {', '.join(kept)}" if kept else ""

    def _is_retyped(self, column: CatalogObject, now: CatalogObject) -> bool:
        """Whether a column's type is another, also one that was made anew under the same name."""
        name = str(column.props["type"])
        if now.props["type"] != name:
            return True
        assert self._after is not None
        for kind in ("enum", "domain", "composite", "range", "base_type"):
            before = self._before.by_identity.get((kind, name.removesuffix("[]")))
            if before is not None:
                return before.address not in self._after.objects
        return False

    def _has_row_triggers(self, oid: int) -> bool:
        table = Address("pg_class", oid)
        return any(
            "FOR EACH ROW" in str(trigger.props["definition"])
            for side in (self._before, self._after)
            if side is not None
            for trigger in side.children.get(table, [])
            if trigger.kind == "trigger"
        )

    def _count(self) -> dict[int, tuple[int, ...]]:
        return {int(oid): (int(i), int(u), int(d)) for oid, i, u, d in self._session.fetch(_COUNTS)}
