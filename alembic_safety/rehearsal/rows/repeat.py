"""Whether an upgrade does the same each time it runs on the same rows: now(), random() and the like do not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from alembic_safety.postgres.fingerprint import Fingerprint, fingerprints
from alembic_safety.postgres.identifiers import quote_literal

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.session import Session

_CALLS = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|random_normal|setseed|gen_random_uuid|"
    r"uuid_generate_v1|uuid_generate_v1mc|uuid_generate_v4|uuidv4|uuidv7|gen_random_bytes|gen_salt|txid_current|"
    r"pg_current_xact_id|uuid4|uuid1|utcnow|today|token_hex|token_urlsafe)\s*\(",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b", re.IGNORECASE)


def outcome_tables(session: Session, before: Snapshot, after: Snapshot, suspects: Iterable[str]) -> list[str]:
    """Tables, as they are called after the upgrade, that it may have written values to and that hold rows."""
    wanted = set(suspects)
    old = {address for address, obj in before.objects.items() if obj.kind in ("table", "column")}
    chosen = []
    for table in after.of_kind("table"):
        if table.props["partition_key"]:
            continue
        known = before.objects.get(table.address)
        columns = [c for c in after.children.get(table.address, ()) if c.kind == "column"]
        if known is None or known.identity in wanted or any(c.address not in old for c in columns):
            chosen.append(table.identity)
    if not chosen:
        return []
    asked = (f"SELECT {quote_literal(name)} WHERE EXISTS (SELECT FROM ONLY {name})" for name in chosen)
    return [str(name) for (name,) in session.fetch(" UNION ALL ".join(asked))]


def outcome(session: Session, tables: list[str]) -> dict[str, Fingerprint]:
    """What the upgrade left in these tables."""
    return fingerprints(session, tables, only=True, by_column=True)


def volatile_columns(
    first: Mapping[str, Fingerprint], second: Mapping[str, Fingerprint], unstable: Iterable[str]
) -> tuple[str, ...]:
    """Columns (``public.t.a``), or tables whose rows are others in number, that the two runs left different.

    :param unstable: tables whose rows differed before the upgrade already: nothing is said of them.
    """
    skipped = set(unstable)
    found: list[str] = []
    for name, one in first.items():
        two = second.get(name)
        if name in skipped or two is None or (one.rows, one.sums) == (two.rows, two.sums):
            continue
        now = dict(two.columns)
        columns = [f"{name}.{column}" for column, value in one.columns if now.get(column) != value]
        found += columns or [name]
    return tuple(found)


def volatile_calls(source: str) -> tuple[str, ...]:
    """Functions that a source names and that return something else each time."""
    calls = [f"{match[1].lower()}()" for match in _CALLS.finditer(source)]
    return tuple(dict.fromkeys([*calls, *(match[1].lower() for match in _WORDS.finditer(source))]))
