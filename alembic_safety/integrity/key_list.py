"""Foreign keys checked within the pass over their table by a list of the parent's keys, whatever their type.

``column = ANY (constant array)`` is a look-up in a hash table that the executor keeps for the whole scan (PostgreSQL 14 and newer,
nodes/execExprInterp.c), without the nodes and the second scan of a join. The array must be a constant when the statement is
planned; a parameter of EXECUTE in PL/pgSQL is one, and so no key ever leaves the server, not even into its log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic_safety.integrity.foreign_key import INDEXED, ForeignKey
from alembic_safety.integrity.join_plan import few_probes, merge_may_pay
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session

#: Memory on the server for the lists of one statement, and what a key takes of it besides its value: up to four slots of 24 bytes.
MOST_BYTES = 2**26
_SLOTS = 96
_MOST_KEYS = MOST_BYTES // _SLOTS

#: SQL over ``con`` (pg_constraint), ``child`` (scope) and ``parent`` (pg_class): whether a key may be of this kind. Where the
#: child's column is indexed and vacuumed, reading two indexes is cheaper.
LISTABLE = f"""(child.relkind = 'r' AND con.conparentid = 0 AND cardinality(con.conkey) = 1
    AND child.reltuples >= 20000 AND parent.relkind = 'r' AND parent.reltuples BETWEEN 0 AND least(child.reltuples, {_MOST_KEYS})
    AND (SELECT o.oprcanhash AND o.oprleft = o.oprright FROM pg_catalog.pg_operator o WHERE o.oid = con.conpfeqop[1])
    AND NOT (child.relallvisible > 0.8 * child.relpages AND {INDEXED})
    AND EXISTS (SELECT FROM pg_catalog.pg_language l WHERE l.lanname = 'plpgsql' AND has_language_privilege(l.oid, 'USAGE')))"""

_NAME = re.compile(r"\balembic_safety_list_(\d+)\b")
_ANSWER = "alembic_safety.answer"


@dataclass(frozen=True, slots=True)
class KeyList:
    """A foreign key that the pass over its table can check."""

    key: ForeignKey
    #: SQL over the child without an alias: true for a row that refers to nothing. Names the list as ``alembic_safety_list_OID``.
    violated: str

    @property
    def load(self) -> str:
        """A query for the array."""
        key = self.key
        value = f"{key.referenced[0]}::{key.element_type}"
        given = f"{key.referenced[0]} IS NOT NULL"
        return f"SELECT coalesce(array_agg({value}), '{{}}') FROM {key.parent.source} WHERE {given}"


def key_lists(keys: Sequence[ForeignKey]) -> tuple[list[KeyList], list[ForeignKey]]:
    """The keys that can be checked so, smallest parents first as long as memory lasts, and those that have to be joined."""
    lists: list[KeyList] = []
    joined: list[ForeignKey] = []
    room = MOST_BYTES
    for key in sorted(keys, key=lambda key: key.parent_side.rows):
        needed = key.parent_side.rows * (_SLOTS + key.width)
        by_index = few_probes(key) or merge_may_pay(key)
        if key.membership is None or by_index or needed > room or key.parent_side.rows > key.child_side.rows:
            joined.append(key)
            continue
        room -= int(needed)
        test = key.membership.format(child=key.columns[0], list=f"alembic_safety_list_{key.oid}")
        lists.append(KeyList(key, f"({test}) IS FALSE"))
    return lists, joined


def fetch_with_lists(session: Session, sql: str, width: int, lists: Sequence[KeyList]) -> list[tuple[Any, ...]]:
    """The rows of a query of ``width`` columns that names ``lists``; their values come by way of JSON.

    Must run inside a savepoint or transaction that is rolled back. Raises the driver's error.
    """
    used = {oid: number for number, oid in enumerate(dict.fromkeys(_NAME.findall(sql)), 1)}
    chosen = {str(one.key.oid): one for one in lists if str(one.key.oid) in used}
    numbered = _NAME.sub(lambda match: f"${used[match[1]]}", sql)
    columns = ", ".join(f"c{n}" for n in range(width))
    whole = f"SELECT coalesce(json_agg(safety_rows), '[]')::text FROM ({numbered}) AS safety_rows({columns})"
    body = [
        "DECLARE " + " ".join(f"list_{oid} {chosen[oid].key.element_type}[];" for oid in used) + " answer text; BEGIN",
        *(f"list_{oid} := ({chosen[oid].load});" for oid in used),
        f"EXECUTE {quote_literal(whole)} INTO answer USING {', '.join(f'list_{oid}' for oid in used)};",
        f"PERFORM pg_catalog.set_config({quote_literal(_ANSWER)}, answer, true); END",
    ]
    session.execute(f"DO {quote_literal(' '.join(body))}")
    answer = session.fetch(f"SELECT pg_catalog.current_setting({quote_literal(_ANSWER)})")[0][0]
    return [tuple(row.values()) for row in json.loads(answer)]
