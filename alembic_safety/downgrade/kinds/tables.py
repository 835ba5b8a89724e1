"""Tables: ordinary, partitioned, partitions, typed, inheriting."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.columns import cast, column_clause, extras
from alembic_safety.downgrade.kinds.constraints import constraint_clause
from alembic_safety.downgrade.kinds.options import change, with_clause
from alembic_safety.downgrade.kinds.relations import above, columns, identity_sequence, is_inherited, standalone
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.identifiers import quote_ident

_INLINE_ORDER = {"primary key": 0, "unique": 1, "exclude": 2, "check": 3}


class TableRules(Rules):
    """Tables. They hold rows: never dropped and created again, but rebuilt beside the old one where nothing else works."""

    rank: ClassVar[int] = 40
    replaceable: ClassVar[bool] = False
    rebuildable: ClassVar[bool] = True

    # -- creating -----------------------------------------------------------------------------------------------------
    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE TABLE with columns, defaults and constraints; what these cannot say follows."""
        apart = standalone(want, ctx)
        inner = [] if want.props["partition_of"] and not apart else self._columns(want, ctx, all_of_them=apart)
        held = [c for c in ctx.carried.get(want.address, ()) if c.kind == "constraint"]
        own = [c for c in held if c.props["type"] in _INLINE_ORDER and (apart or not _from_above(c))]
        own.sort(key=lambda c: (_INLINE_ORDER[c.props["type"]], c.name))
        inner += [f"CONSTRAINT {quote_ident(c.name)} {constraint_clause(c, ctx)}" for c in own]
        steps = [Step(self._head(want, inner, apart))]
        for column in columns(want, ctx.before):
            if column in ctx.carried.get(want.address, ()):
                steps += extras(column, ctx)
                steps += self._stricter(column, want, ctx, apart)
        if want.props["row_security"]:
            steps.append(Step(f"ALTER TABLE {want.identity} ENABLE ROW LEVEL SECURITY"))
        if want.props["force_row_security"]:
            steps.append(Step(f"ALTER TABLE {want.identity} FORCE ROW LEVEL SECURITY"))
        if apart:
            steps.append(_attach(want))
        steps += self._marks(want)
        return [*steps, *self._rows(want, ctx)]

    def _columns(self, want: CatalogObject, ctx: Context, *, all_of_them: bool) -> list[str]:
        held = ctx.carried.get(want.address, ())
        typed = want.props["of_type"] is not None
        lines = []
        for column in columns(want, ctx.before):
            if column not in held or (is_inherited(column) and not all_of_them):
                continue
            clause = column_clause(column, ctx, not_null=True)
            if typed:
                head = f"{quote_ident(column.name)} {column.props['type']}"
                rest = clause.removeprefix(head).strip()
                if rest:
                    lines.append(f"{quote_ident(column.name)} WITH OPTIONS {rest}")
            else:
                lines.append(clause)
        return lines

    def _head(self, want: CatalogObject, inner: list[str], apart: bool) -> str:
        props = want.props
        text = f"CREATE {'UNLOGGED ' if props['persistence'] == 'unlogged' else ''}TABLE {want.identity}"
        if props["of_type"]:
            text += f" OF {props['of_type']}"
        if props["partition_of"] and not apart:
            text += f" PARTITION OF {props['partition_of']}"
        if inner:
            text += " (\n    " + ",\n    ".join(inner) + "\n)"
        elif not props["of_type"] and not (props["partition_of"] and not apart):
            text += " ()"
        if props["partition_of"] and not apart:
            text += f" {props['partition_bound']}"
        if props["inherits"]:
            text += f" INHERITS ({', '.join(props['inherits'])})"
        if props["partition_key"]:
            text += f" PARTITION BY {props['partition_key']}"
        if props["access_method"] not in (None, "heap"):
            text += f" USING {quote_ident(props['access_method'])}"
        text += with_clause(props["options"])
        if props["tablespace"]:
            text += f" TABLESPACE {quote_ident(props['tablespace'])}"
        return text

    def _stricter(self, column: CatalogObject, want: CatalogObject, ctx: Context, apart: bool) -> list[Step]:
        """NOT NULL of an inherited column whose origin allows NULL."""
        if apart or not is_inherited(column) or not column.props["not_null"]:
            return []
        for parent in above(want, ctx.before):
            for origin in columns(parent, ctx.before):
                if origin.name == column.name and origin.props["not_null"]:
                    return []
        return [Step(f"ALTER TABLE ONLY {want.identity} ALTER COLUMN {quote_ident(column.name)} SET NOT NULL")]

    def _marks(self, want: CatalogObject) -> list[Step]:
        props, result = want.props, []
        if props["replica_identity"] != "default" and not _lost_replica(want):
            result.append(_replica(want))
        if props["clustered_on"]:
            result.append(
                Step(f"ALTER TABLE {want.identity} CLUSTER ON {quote_ident(props['clustered_on'])}", late=True)
            )
        return result

    def _rows(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Copy the rows from the table that was renamed aside."""
        if want.address not in ctx.aside:
            return []
        old = ctx.now.objects[ctx.aside[want.address]]
        if want.props["partition_key"]:
            return []  # the rows are in the partitions
        have = {c.name: c for c in columns(old, ctx.now)}
        names, values, steps = [], [], []
        for column in columns(want, ctx.before):
            source = have.get(column.name)
            if source is None or column.props["generated"]:
                continue
            names.append(quote_ident(column.name))
            mine, theirs = str(column.props["type"]), str(source.props["type"])
            values.append(names[-1] if mine == theirs else cast(names[-1], theirs, mine, by_text=True))
        if names:
            steps.append(
                Step(
                    f"INSERT INTO {want.identity} ({', '.join(names)})\nOVERRIDING SYSTEM VALUE\n"
                    f"SELECT {', '.join(values)}\nFROM ONLY {old.identity}",
                    reason="the table is built anew beside the old one",
                )
            )
        for column in columns(want, ctx.before):
            source = have.get(column.name)
            new = identity_sequence(column, ctx.before)
            last = identity_sequence(source, ctx.now) if source is not None else None
            if new is not None and last is not None:
                values_of = f"SELECT last_value, is_called FROM {last.identity}"
                steps.append(
                    Step(f"SELECT pg_catalog.setval('{new.identity}', s.last_value, s.is_called) FROM ({values_of}) s")
                )
        return steps

    # -- changing -----------------------------------------------------------------------------------------------------
    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Everything but the partition key."""
        if "partition_key" in changed:
            return None
        have, wish, name = now.props, want.props, want.identity
        steps: list[Step] = []
        hanging = changed & {"partition_of", "partition_bound"}
        if hanging and have["partition_of"]:
            steps.append(Step(f"ALTER TABLE {have['partition_of']} DETACH PARTITION {now.identity}", early=True))
        gone = [
            p for p in have["inherits"] if "inherits" in changed and not _kept(p, have["inherits"], wish["inherits"])
        ]
        steps += [Step(f"ALTER TABLE {name} NO INHERIT {parent}", early=True) for parent in gone]
        if "of_type" in changed:
            steps.append(
                Step(f"ALTER TABLE {name} OF {wish['of_type']}" if wish["of_type"] else f"ALTER TABLE {name} NOT OF")
            )
        if "persistence" in changed:
            steps.append(
                Step(f"ALTER TABLE {name} SET {'UNLOGGED' if wish['persistence'] == 'unlogged' else 'LOGGED'}")
            )
        if "access_method" in changed and wish["access_method"]:
            steps.append(Step(f"ALTER TABLE {name} SET ACCESS METHOD {quote_ident(wish['access_method'])}"))
        if "tablespace" in changed:
            steps.append(Step(f"ALTER TABLE {name} SET TABLESPACE {quote_ident(wish['tablespace'] or 'pg_default')}"))
        if "options" in changed:
            steps += [Step(sql) for sql in change(f"TABLE {name}", have["options"], wish["options"])]
        if "row_security" in changed:
            steps.append(
                Step(f"ALTER TABLE {name} {'ENABLE' if wish['row_security'] else 'DISABLE'} ROW LEVEL SECURITY")
            )
        if "force_row_security" in changed:
            steps.append(
                Step(f"ALTER TABLE {name} {'FORCE' if wish['force_row_security'] else 'NO FORCE'} ROW LEVEL SECURITY")
            )
        new = [
            p for p in wish["inherits"] if "inherits" in changed and not _kept(p, have["inherits"], wish["inherits"])
        ]
        steps += [Step(f"ALTER TABLE {name} INHERIT {parent}", late=True) for parent in new]
        if hanging and wish["partition_of"]:
            steps.append(_attach(want))
        if changed & {"replica_identity", "replica_identity_index"} and not _lost_replica(want):
            steps.append(_replica(want))
        if "clustered_on" in changed:
            on = wish["clustered_on"]
            words = f"CLUSTER ON {quote_ident(on)}" if on else "SET WITHOUT CLUSTER"
            steps.append(Step(f"ALTER TABLE {name} {words}", late=True))
        return steps


def _kept(parent: str, have: list[str], wish: list[str]) -> bool:
    """Whether a parent may stay: order shows in a dump, so everything after the first difference is made anew."""
    common = 0
    while common < min(len(have), len(wish)) and have[common] == wish[common]:
        common += 1
    return parent in have[:common]


def _from_above(constraint: CatalogObject) -> bool:
    return bool(constraint.props["has_parent"]) or is_inherited(constraint)


def _attach(want: CatalogObject) -> Step:
    return Step(
        f"ALTER TABLE {want.props['partition_of']} ATTACH PARTITION {want.identity} {want.props['partition_bound']}",
        late=True,
    )


def _lost_replica(want: CatalogObject) -> bool:
    """Whether its index was dropped under it: a state that no statement makes."""
    return want.props["replica_identity"] == "index" and not want.props["replica_identity_index"]


def _replica(want: CatalogObject) -> Step:
    props = want.props
    words = {"nothing": "NOTHING", "full": "FULL", "default": "DEFAULT"}.get(props["replica_identity"])
    if words is None:
        words = f"USING INDEX {quote_ident(props['replica_identity_index'])}"
    return Step(f"ALTER TABLE {want.identity} REPLICA IDENTITY {words}", late=True)
