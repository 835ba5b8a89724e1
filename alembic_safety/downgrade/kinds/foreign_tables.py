"""Foreign tables: they hold no rows here, so that they may always be dropped and created again."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.columns import column_clause, extras
from alembic_safety.downgrade.kinds.constraints import constraint_clause
from alembic_safety.downgrade.kinds.foreign_data import options_change, options_clause
from alembic_safety.downgrade.kinds.relations import columns, is_inherited
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.identifiers import quote_ident


class ForeignTableRules(Rules):
    """Foreign tables, also as partitions and children."""

    rank: ClassVar[int] = 40

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE FOREIGN TABLE with columns, defaults and checks; a partition is attached afterwards."""
        props = want.props
        held = ctx.carried.get(want.address, ())
        heir = bool(props["inherits"])
        own = [c for c in columns(want, ctx.before) if c in held]
        inner = [column_clause(c, ctx, not_null=True) for c in own if not (heir and is_inherited(c))]
        checks = [
            c for c in held if c.kind == "constraint" and c.props["type"] == "check" and not (heir and is_inherited(c))
        ]
        checks.sort(key=lambda check: check.name)
        inner += [f"CONSTRAINT {quote_ident(c.name)} {constraint_clause(c, ctx)}" for c in checks]
        body = "\n    " + ",\n    ".join(inner) + "\n" if inner else ""
        sql = f"CREATE FOREIGN TABLE {want.identity} ({body})"
        if heir:
            sql += f" INHERITS ({', '.join(props['inherits'])})"
        sql += f" SERVER {props['server']}"
        if options := options_clause(props["options"]):
            sql += f" {options}"
        steps = [Step(sql)]
        for column in own:
            steps += extras(column, ctx)
        return [*steps, _attach(want)] if props["partition_of"] else steps

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Options and what it hangs on; another server makes another foreign table."""
        if "server" in changed:
            return None
        have, wish = now.props, want.props
        steps = []
        if changed & {"partition_of", "partition_bound"} and have["partition_of"]:
            steps.append(Step(f"ALTER TABLE {have['partition_of']} DETACH PARTITION {now.identity}", early=True))
        if "inherits" in changed:
            gone = [parent for parent in have["inherits"] if parent not in wish["inherits"]]
            steps += [Step(f"ALTER {self.spell(want, ctx)} NO INHERIT {parent}", early=True) for parent in gone]
        if change := options_change(have["options"], wish["options"]):
            steps.append(Step(f"ALTER {self.spell(want, ctx)} {change}"))
        if "inherits" in changed:
            new = [parent for parent in wish["inherits"] if parent not in have["inherits"]]
            steps += [Step(f"ALTER {self.spell(want, ctx)} INHERIT {parent}", late=True) for parent in new]
        if changed & {"partition_of", "partition_bound"} and wish["partition_of"]:
            steps.append(_attach(want))
        return steps


def _attach(want: CatalogObject) -> Step:
    props = want.props
    sql = f"ALTER TABLE {props['partition_of']} ATTACH PARTITION {want.identity} {props['partition_bound']}"
    return Step(sql, late=True)
