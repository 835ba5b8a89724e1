"""Foreign keys as the catalog describes them, and the SQL that finds what refers to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from alembic_safety.integrity.relation import Relation, example, pages, primary_key, rows
from alembic_safety.integrity.scope import Scope, oid_array
from alembic_safety.postgres.session import Session

#: The child in the queries below; the parent is ``parent``.
CHILD = "child"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two tables of a foreign key: what reading it costs."""

    rows: float
    pages: float
    #: Share of its pages that the visibility map calls all-visible: only then an index alone answers.
    visible: float


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key, or a reference that somebody might have declared."""

    oid: int
    #: Identity of the constraint (``public.orders.orders_customer_fkey``), or of the column that refers.
    identity: str
    name: str
    child: Relation
    parent: Relation
    columns: tuple[str, ...]
    #: Of the parent, in the order of ``columns``.
    referenced: tuple[str, ...]
    #: Per column, SQL that compares ``{parent}`` with ``{child}``.
    comparisons: tuple[str, ...]
    full: bool
    period: bool
    validated: bool
    enforced: bool
    child_side: Side
    parent_side: Side
    #: Whether a btree of the child starts with the (only) column, and how many distinct values that is said to have.
    indexed: bool
    distinct: float | None
    #: Why the catalog says that rows may refer to nothing; None where nothing speaks for it.
    suspect: str | None
    #: For a single column whose type can be hashed: SQL that looks ``{child}`` up in ``{list}``, an array of this type.
    membership: str | None = None
    element_type: str | None = None
    #: Bytes of a referenced value on average, as far as statistics know.
    width: float = 32.0

    def condition(self, *, exact: bool = False) -> str:
        """SQL over the child: true for a row that refers to nothing.

        ``exact`` never lets the planner take a NOT NULL column's word for it; that costs a function call a row.
        """
        columns = [f"{CHILD}.{column}" for column in self.columns]
        if self.full:
            given = " OR ".join(f"{column} IS NOT NULL" for column in columns)
            given = f"({given})"
        elif exact:
            given = f"pg_catalog.num_nulls({', '.join(columns)}) = 0"
        else:
            given = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        return f"{given} AND {self._missing()}"

    def _missing(self) -> str:
        pairs = [
            comparison.format(parent=f"parent.{referenced}", child=f"{CHILD}.{column}")
            for comparison, referenced, column in zip(self.comparisons, self.referenced, self.columns, strict=True)
        ]
        if not self.period:
            return f"NOT EXISTS (SELECT FROM {self.parent.source} parent WHERE {' AND '.join(pairs)})"
        # The last column is a period: the parent's ranges together must cover the child's.
        parent, child = f"parent.{self.referenced[-1]}", f"{CHILD}.{self.columns[-1]}"
        where = " AND ".join([*pairs[:-1], f"{parent} OPERATOR(pg_catalog.&&) {child}"])
        covered = f"SELECT {child} OPERATOR(pg_catalog.<@) pg_catalog.range_agg({parent})"
        return f"NOT coalesce(({covered} FROM {self.parent.source} parent WHERE {where}), false)"

    def count(self, extra: str = "", *, exact: bool = False) -> str:
        """A query: how many rows refer to nothing."""
        return f"SELECT count(*) FROM {self.child.source} {CHILD} WHERE {self.condition(exact=exact)}{extra}"

    def examples(self, limit: int, extra: str = "") -> str:
        """A query: some of these rows, by their key and by what they refer to."""
        row, value = example(self.child.row_name, CHILD), example(self.columns, CHILD)
        named = row if set(self.columns) <= set(self.child.row_name) else f"{row} || ': ' || {value}"
        return (
            f"SELECT {named} FROM {self.child.source} {CHILD} WHERE {self.condition(exact=True)}{extra} LIMIT {limit}"
        )

    def listing(self) -> str:
        """The query that a reader can run to see all of these rows."""
        columns = dict.fromkeys(f"{CHILD}.{column}" for column in (*self.child.row_name, *self.columns))
        return f"SELECT {', '.join(columns)} FROM {self.child.source} {CHILD} WHERE {self.condition(exact=True)}"


# ON DELETE CASCADE and its like are carried out by ordinary statements: a BEFORE trigger of a user can swallow them.
_SUSPECT = """CASE
    WHEN NOT con.convalidated THEN 'it is NOT VALID'
    WHEN NOT {enforced} THEN 'it is NOT ENFORCED'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = con.oid AND t.tgenabled NOT IN ('O', 'A'))
        THEN 'its triggers are disabled'
    WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = con.oid) THEN 'it has no triggers'
    WHEN (con.confdeltype IN ('c', 'n', 'd') OR con.confupdtype IN ('c', 'n', 'd'))
         AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = con.conrelid AND NOT t.tgisinternal
                     AND t.tgtype & 3 = 3 AND t.tgtype & 24 <> 0)
        THEN 'a BEFORE trigger of its table can undo its cascade'
    END"""

# As the server does it: where the collations differ, the referenced column's counts. Names may hold braces.
_COLLATE = """CASE WHEN pa.attcollation <> 0 AND pa.attcollation <> ca.attcollation
    THEN (SELECT replace(replace(format(' COLLATE %I.%I', cn.nspname, co.collname), '{', '{{'), '}', '}}')
          FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
          WHERE co.oid = pa.attcollation) ELSE '' END"""

#: SQL over ``con`` (pg_constraint) and ``child``: whether a btree starts with its first column, in the order of the type and column.
INDEXED = """EXISTS (SELECT FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[0] AND oc.opcdefault
    JOIN pg_catalog.pg_am am ON am.oid = oc.opcmethod AND am.amname = 'btree'
    JOIN pg_catalog.pg_attribute ia ON ia.attrelid = i.indrelid AND ia.attnum = i.indkey[0] AND ia.attcollation = i.indcollation[0]
    WHERE i.indrelid = child.oid AND i.indisvalid AND i.indpred IS NULL AND ia.attnum = con.conkey[1])"""

_SQL = """
SELECT con.oid, child.identity || '.' || quote_ident(con.conname), quote_ident(con.conname),
       child.oid, child.identity, child.relkind::text, {child_key},
       parent.oid, format('%I.%I', pn.nspname, parent.relname), parent.relkind::text, {parent_key},
       k.columns, k.referenced, k.comparisons,
       con.confmatchtype = 'f', {period}, con.convalidated, {enforced},
       {child_rows}, {child_pages}, child.relallvisible / greatest(child.relpages, 1)::float8,
       {parent_rows}, {parent_pages}, parent.relallvisible / greatest(parent.relpages, 1)::float8,
       {indexed},
       (SELECT CASE WHEN s.n_distinct >= 0 THEN s.n_distinct ELSE -s.n_distinct * greatest(child.reltuples, 0) END
        FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_attribute sa ON sa.attrelid = child.oid AND sa.attnum = con.conkey[1]
        WHERE s.schemaname = child.nspname AND s.tablename = child.relname AND s.attname = sa.attname
        ORDER BY s.inherited LIMIT 1),
       {suspect}, k.membership, k.element_type,
       coalesce((SELECT max(s.avg_width) FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_attribute sa
                 ON sa.attrelid = parent.oid AND sa.attnum = con.confkey[1]
                 WHERE s.schemaname = pn.nspname AND s.tablename = parent.relname AND s.attname = sa.attname), 32)::float8
FROM scope child
JOIN pg_catalog.pg_constraint con ON con.conrelid = child.oid
JOIN pg_catalog.pg_class parent ON parent.oid = con.confrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = parent.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(quote_ident(ca.attname) ORDER BY u.ord) AS columns,
           array_agg(quote_ident(pa.attname) ORDER BY u.ord) AS referenced,
           array_agg(
               '{{parent}}' || CASE WHEN op.oprleft <> pa.atttypid AND lt.typtype <> 'p'
                                THEN '::' || replace(replace(format_type(op.oprleft, -1), '{{', '{{{{'), '}}', '}}}}') ELSE '' END
               || format(' OPERATOR(%I.%s) ', opn.nspname, op.oprname)
               || '{{child}}' || CASE WHEN op.oprright <> ca.atttypid AND rt.typtype <> 'p'
                                THEN '::' || replace(replace(format_type(op.oprright, -1), '{{', '{{{{'), '}}', '}}}}') ELSE '' END
               || {collate}
               ORDER BY u.ord) AS comparisons,
           CASE WHEN count(*) = 1 AND bool_and(op.oprcanhash AND op.oprleft = op.oprright AND rt.typarray <> 0) AND NOT {period} THEN
               min('{{child}}' || CASE WHEN rt.oid <> ca.atttypid AND rt.typtype <> 'p'
                                THEN '::' || replace(replace(format('%I.%I', rtn.nspname, rt.typname), '{{', '{{{{'), '}}', '}}}}') ELSE '' END
                   || {collate}
                   || format(' OPERATOR(%I.%s) ANY ({{list}})', opn.nspname, op.oprname)) END AS membership,
           min(format('%I.%I', rtn.nspname, rt.typname)) AS element_type
    FROM unnest(con.conkey, con.confkey, con.conpfeqop) WITH ORDINALITY AS u(child, parent, operator, ord)
    JOIN pg_catalog.pg_attribute ca ON ca.attrelid = con.conrelid AND ca.attnum = u.child
    JOIN pg_catalog.pg_attribute pa ON pa.attrelid = con.confrelid AND pa.attnum = u.parent
    JOIN pg_catalog.pg_operator op ON op.oid = u.operator
    JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace
    JOIN pg_catalog.pg_type lt ON lt.oid = op.oprleft
    JOIN pg_catalog.pg_type rt ON rt.oid = op.oprright
    JOIN pg_catalog.pg_namespace rtn ON rtn.oid = rt.typnamespace
) k
WHERE con.contype = 'f' AND {condition}
"""


def suspicion(scope: Scope) -> str:
    """SQL over ``con`` (pg_constraint): why rows may refer to nothing although there is a foreign key, else NULL."""
    return _SUSPECT.format(enforced=_enforced(scope))


def read_foreign_keys(session: Session, scope: Scope, oids: Iterable[int]) -> Iterator[ForeignKey]:
    """The foreign keys of these OIDs whose child is in the scope."""
    listed = oid_array(oids)
    near = scope.where(f"c.oid IN (SELECT conrelid FROM pg_catalog.pg_constraint WHERE oid = ANY ({listed}))")
    yield from _rows(session, near, f"con.oid = ANY ({listed})")


def read_foreign_keys_of(session: Session, scope: Scope, condition: str) -> Iterator[ForeignKey]:
    """The foreign keys (of partitioned ones the root) whose child is in the scope and that fulfil a condition over ``con``."""
    yield from _rows(session, scope, f"con.conparentid = 0 AND {condition}")


def _enforced(scope: Scope) -> str:
    return "con.conenforced" if scope.at_least(18) else "true"


def _rows(session: Session, scope: Scope, condition: str) -> Iterator[ForeignKey]:
    sql = _SQL.format(
        child_key=primary_key("child.oid"),
        parent_key=primary_key("parent.oid"),
        period="con.conperiod" if scope.at_least(18) else "false",
        enforced=_enforced(scope),
        child_rows=rows("child"),
        child_pages=pages("child"),
        parent_rows=rows("parent"),
        parent_pages=pages("parent"),
        suspect=suspicion(scope),
        condition=condition,
        collate=_COLLATE,
        indexed=INDEXED,
    )
    for row in session.fetch(scope.query(sql)):
        (oid, identity, name, c_oid, child, c_kind, c_key, p_oid, parent, p_kind, p_key, columns, referenced, comparisons,
         full, period, validated, enforced, c_rows, c_pages, c_visible, p_rows, p_pages, p_visible, indexed, distinct,
         suspect, membership, element_type, width) = row  # fmt: skip
        yield ForeignKey(
            oid=oid,
            identity=identity,
            name=name,
            child=Relation(c_oid, child, c_kind, tuple(c_key)),
            parent=Relation(p_oid, parent, p_kind, tuple(p_key)),
            columns=tuple(columns),
            referenced=tuple(referenced),
            comparisons=tuple(comparisons),
            full=full,
            period=period,
            validated=validated,
            enforced=enforced,
            child_side=Side(c_rows, c_pages, c_visible),
            parent_side=Side(p_rows, p_pages, p_visible),
            indexed=indexed,
            distinct=distinct,
            suspect=suspect,
            membership=membership,
            element_type=element_type,
            width=width,
        )
