"""Views and materialized views."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.columns import extras
from alembic_safety.downgrade.kinds.options import change, with_clause
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident


def _query(obj: CatalogObject) -> str:
    return undrift(str(obj.props["definition"]).strip().removesuffix(";"))


class ViewRules(Rules):
    """Views."""

    rank: ClassVar[int] = 55

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE VIEW."""
        return [Step(f"CREATE VIEW {want.identity}{with_clause(want.props['options'])} AS\n{_query(want)}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """CREATE OR REPLACE, which can only add columns; options alone by ALTER VIEW."""
        if changed <= {"options"}:
            return [Step(sql) for sql in change(f"VIEW {want.identity}", now.props["options"], want.props["options"])]
        if "identity" in changed or want.props["columns"][: len(now.props["columns"])] != now.props["columns"]:
            return None
        return [Step(f"CREATE OR REPLACE VIEW {want.identity}{with_clause(want.props['options'])} AS\n{_query(want)}")]

    def stand_in(self, want: CatalogObject, ctx: Context) -> list[Step] | None:
        """A view with the same columns that reads nothing."""
        columns = ",\n    ".join(f"NULL::{kind} AS {quote_ident(name)}" for name, kind in want.props["columns"])
        if not columns:
            return None
        return [
            Step(
                f"CREATE VIEW {want.identity} AS\nSELECT\n    {columns}",
                reason="a stand-in, for the circle it is part of",
            )
        ]

    def complete(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE OR REPLACE VIEW."""
        return [Step(f"CREATE OR REPLACE VIEW {want.identity}{with_clause(want.props['options'])} AS\n{_query(want)}")]


class MaterializedViewRules(Rules):
    """Materialized views; filled where they were filled."""

    rank: ClassVar[int] = 56

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE MATERIALIZED VIEW."""
        props = want.props
        text = f"CREATE MATERIALIZED VIEW {want.identity}"
        if props["access_method"] not in (None, "heap"):
            text += f" USING {quote_ident(props['access_method'])}"
        text += with_clause(props["options"])
        if props["tablespace"]:
            text += f" TABLESPACE {quote_ident(props['tablespace'])}"
        text += f" AS\n{_query(want)}"
        text += "\nWITH NO DATA"
        held = [step for c in ctx.carried.get(want.address, ()) if c.kind == "column" for step in extras(c, ctx)]
        return [Step(text), *held, *self._mark(want), *self._fill(want)]

    def _fill(self, want: CatalogObject) -> list[Step]:
        """Late, when its indexes are there: what rows do not let be built is left empty then (``op.refresh_materialized_view``)."""
        return [Step(f"REFRESH MATERIALIZED VIEW {want.identity}", late=True)] if want.props["populated"] else []

    def _mark(self, want: CatalogObject) -> list[Step]:
        on = want.props["clustered_on"]
        return [Step(f"ALTER MATERIALIZED VIEW {want.identity} CLUSTER ON {quote_ident(on)}", late=True)] if on else []

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Options, place and contents; another query makes another view."""
        if changed & {"definition", "columns", "identity"}:
            return None
        have, wish, alter = now.props, want.props, f"ALTER MATERIALIZED VIEW {want.identity}"
        steps = []
        if "options" in changed:
            steps += [
                Step(sql) for sql in change(f"MATERIALIZED VIEW {want.identity}", have["options"], wish["options"])
            ]
        if "access_method" in changed:
            steps.append(Step(f"{alter} SET ACCESS METHOD {quote_ident(wish['access_method'] or 'heap')}"))
        if "tablespace" in changed:
            steps.append(Step(f"{alter} SET TABLESPACE {quote_ident(wish['tablespace'] or 'pg_default')}"))
        if "clustered_on" in changed:
            on = wish["clustered_on"]
            steps.append(Step(f"{alter} {f'CLUSTER ON {quote_ident(on)}' if on else 'SET WITHOUT CLUSTER'}", late=True))
        if "populated" in changed:
            emptied = [Step(f"REFRESH MATERIALIZED VIEW {want.identity} WITH NO DATA", late=True)]
            steps += self._fill(want) or emptied
        return steps
