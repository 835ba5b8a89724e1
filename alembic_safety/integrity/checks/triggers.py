"""Triggers and rules that are switched off, and foreign keys that therefore check nothing."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

_TRIGGERS = """
SELECT t.identity, quote_ident(tg.tgname), tg.tgenabled::text
FROM scope t JOIN pg_catalog.pg_trigger tg ON tg.tgrelid = t.oid
WHERE NOT tg.tgisinternal AND tg.tgenabled IN ('D', 'R') ORDER BY 1, 2
"""

_BROKEN = """
SELECT t.identity, quote_ident(tg.tgname) FROM scope t JOIN pg_catalog.pg_trigger tg ON tg.tgrelid = t.oid
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.oid = tg.tgfoid) ORDER BY 1, 2
"""

# One finding a constraint: a foreign key has two triggers on each of its tables (and a set for each partition).
_CONSTRAINTS = """
SELECT t.identity || '.' || quote_ident(con.conname), con.contype::text,
       array_agg(DISTINCT tg.tgrelid::regclass::text), bool_or(tg.tgenabled = 'D')
FROM pg_catalog.pg_trigger tg
JOIN pg_catalog.pg_constraint con ON con.oid = tg.tgconstraint
JOIN scope t ON t.oid = con.conrelid
WHERE tg.tgisinternal AND tg.tgenabled IN ('D', 'R')
GROUP BY 1, 2 ORDER BY 1
"""

_MISSING = """
SELECT t.identity || '.' || quote_ident(con.conname), there.number
FROM scope t JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid AND con.contype = 'f'
JOIN pg_catalog.pg_class parent ON parent.oid = con.confrelid
CROSS JOIN LATERAL (SELECT count(*) AS number FROM pg_catalog.pg_trigger tg WHERE tg.tgconstraint = con.oid) there
WHERE con.conparentid = 0 AND {enforced}
  -- until 14 those of a partitioned table hang on its partitions alone
  AND (t.relkind <> 'p' OR {since_15})
  -- two of the table that refers, two of the other; partitions have some of their own
  AND there.number < CASE WHEN t.relkind = 'r' AND parent.relkind = 'r' THEN 4 ELSE 1 END
ORDER BY 1
"""

_RULES = """
SELECT t.identity, quote_ident(r.rulename) FROM scope t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid
WHERE r.rulename <> '_RETURN' AND r.ev_enabled = 'D' ORDER BY 1, 2
"""

_EVENTS = "SELECT quote_ident(evtname) FROM pg_catalog.pg_event_trigger WHERE evtenabled = 'D' ORDER BY 1"


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for table, name, enabled in session.fetch(scope.query(_TRIGGERS)):
        off = enabled == "D"
        yield Finding(
            code="disabled-trigger",
            # A trigger that fires only on replicas is a choice; one that is off is usually forgotten.
            severity=Severity.WARNING if off else Severity.INFO,
            message=f"trigger {name} of {table} " + ("is disabled" if off else "fires only in replica sessions"),
            kind="trigger",
            subject=f"{table}.{name}",
            remedy=f"ALTER TABLE {table} ENABLE TRIGGER {name}" if off else None,
        )
    for table, name in session.fetch(scope.query(_BROKEN)):
        yield Finding(
            code="broken-trigger",
            severity=Severity.ERROR,
            message=f"trigger {name} of {table} calls a function that is gone: whatever fires it fails",
            kind="trigger",
            subject=f"{table}.{name}",
            remedy=f"DROP TRIGGER {name} ON {table}, or create its function and the trigger again",
        )
    for subject, kind, tables, off in session.fetch(scope.query(_CONSTRAINTS)):
        what = "foreign key" if kind == "f" else "constraint"
        how = "disabled" if off else "enabled for replica sessions only"
        yield Finding(
            code="disabled-trigger",
            severity=Severity.ERROR,
            message=f"{what} {subject} checks nothing: its triggers are {how} on {', '.join(tables)}",
            kind="constraint",
            subject=subject,
            remedy="; ".join(f"ALTER TABLE {table} ENABLE TRIGGER ALL" for table in tables),
        )
    enforced = "con.conenforced" if scope.at_least(18) else "true"
    for subject, number in session.fetch(
        scope.query(_MISSING.format(enforced=enforced, since_15=str(scope.at_least(15)).lower()))
    ):
        yield Finding(
            code="missing-trigger",
            severity=Severity.ERROR,
            message=f"foreign key {subject} checks nothing: it has no triggers"
            if not number
            else f"foreign key {subject} does not check everything: it has {number} of its 4 triggers",
            kind="constraint",
            subject=subject,
            remedy="Drop the constraint and add it again",
        )
    for table, name in session.fetch(scope.query(_RULES)):
        yield Finding(
            code="disabled-trigger",
            severity=Severity.WARNING,
            message=f"rule {name} of {table} is disabled",
            kind="rule",
            subject=f"{table}.{name}",
            remedy=f"ALTER TABLE {table} ENABLE RULE {name}",
        )
    if scope.narrowed:
        return
    for (name,) in session.fetch(_EVENTS):
        yield Finding(
            code="disabled-trigger",
            severity=Severity.WARNING,
            message=f"event trigger {name} is disabled",
            kind="event_trigger",
            subject=name,
            remedy=f"ALTER EVENT TRIGGER {name} ENABLE",
        )


CHECK = catalog_check("triggers", "disabled or broken triggers and rules, foreign keys without their triggers", _read)
