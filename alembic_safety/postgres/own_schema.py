"""The schema ``alembic_safety`` in a target database: made and versioned here, and nowhere else.

It is made on first use, by whoever migrates, in the transaction that needs it. Every statement can be run again, so that a
schema of an older version is brought up to date by running all of them.
"""

from __future__ import annotations

from alembic_safety.postgres.quarantine import definitions
from alembic_safety.postgres.session import Session

NAME = "alembic_safety"
#: Counts up with every change of ``STATEMENTS``.
VERSION = 20
STATEMENTS: tuple[str, ...] = (
    f"CREATE SCHEMA IF NOT EXISTS {NAME}",
    f"REVOKE ALL ON SCHEMA {NAME} FROM PUBLIC",
    f"CREATE TABLE IF NOT EXISTS {NAME}.layout (version integer NOT NULL)",
    # A publication FOR ALL TABLES lets nobody delete from a table that has neither a key nor this.
    f"ALTER TABLE {NAME}.layout REPLICA IDENTITY FULL",
    # The way down of every revision that was applied, for checkouts that do not have its file.
    f"""CREATE TABLE IF NOT EXISTS {NAME}.stored_downgrade (
    version_table text NOT NULL,
    revision text NOT NULL,
    down_revisions text[] NOT NULL,
    title text NOT NULL,
    key text NOT NULL,
    grade text NOT NULL,
    statements text[] NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (version_table, revision)
)""",
    # What an upgrade found on the objects that it dropped or changed, and that no rehearsal knows of: owners, grants, …
    f"""CREATE TABLE IF NOT EXISTS {NAME}.found_state (
    version_table text NOT NULL,
    revision text NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (version_table, revision)
)""",
    # What was done, and what was about to be.
    f"""CREATE TABLE IF NOT EXISTS {NAME}.run (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_table text NOT NULL,
    command text NOT NULL,
    heads_before text[] NOT NULL,
    who text NOT NULL,
    started timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished timestamptz,
    outcome text NOT NULL DEFAULT '',
    message text NOT NULL DEFAULT ''
)""",
    f"""CREATE TABLE IF NOT EXISTS {NAME}.step (
    run bigint NOT NULL REFERENCES {NAME}.run,
    revision text NOT NULL,
    begun timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied timestamptz,
    left_transaction boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run, revision)
)""",
    # The backup that a run took before it began.
    f"""CREATE TABLE IF NOT EXISTS {NAME}.backup (
    run bigint NOT NULL REFERENCES {NAME}.run,
    id text NOT NULL,
    kind text NOT NULL,
    begun timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished timestamptz,
    outcome text NOT NULL DEFAULT '',
    bytes bigint NOT NULL DEFAULT 0,
    reference text NOT NULL DEFAULT '',
    exit_code integer,
    message text NOT NULL DEFAULT '',
    PRIMARY KEY (run, id)
)""",
    # What upgrades destroy, and what puts it back.
    *definitions(),
    # By what a run can be found in the server, whether it is still at work, and what became of its last COMMIT.
    f"""ALTER TABLE {NAME}.run
    ADD COLUMN IF NOT EXISTS tool text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS client text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS backend integer,
    ADD COLUMN IF NOT EXISTS backend_start timestamptz,
    ADD COLUMN IF NOT EXISTS xact_start timestamptz,
    ADD COLUMN IF NOT EXISTS xid text""",
    # Of a revision that left its transaction: the statements that are committed, and the one that may be.
    f"""ALTER TABLE {NAME}.step
    ADD COLUMN IF NOT EXISTS statements text[] NOT NULL DEFAULT '{{}}',
    ADD COLUMN IF NOT EXISTS doing text NOT NULL DEFAULT ''""",
    # What asks for rows that a downgrade would be refused for, as JSON.
    f"ALTER TABLE {NAME}.stored_downgrade ADD COLUMN IF NOT EXISTS probes text NOT NULL DEFAULT '[]'",
    # What else happened in a run: verification, health checks, what was refused, what was settled.
    f"""CREATE TABLE IF NOT EXISTS {NAME}.event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL REFERENCES {NAME}.run,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    outcome text NOT NULL DEFAULT '',
    seconds double precision,
    message text NOT NULL DEFAULT ''
)""",
)
_THERE = (
    "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    f"WHERE n.nspname = '{NAME}' AND c.relname = 'layout'"
)


def is_there(session: Session) -> bool:
    """Whether the schema was made in this database."""
    return bool(session.fetch(_THERE))


def has(session: Session, table: str) -> bool:
    """Whether a table of the schema was made in this database: an older layout may lack it."""
    return session.fetch(f"SELECT pg_catalog.to_regclass('{NAME}.{table}') IS NOT NULL")[0][0] is True


def ensure(session: Session) -> None:
    """Make the schema, or bring it up to date, within the transaction that is open.

    Raises the driver's error, for example where the role may not create a schema.
    """
    if is_there(session) and session.fetch(f"SELECT 1 FROM {NAME}.layout WHERE version >= {VERSION}"):
        return
    for statement in STATEMENTS:
        session.execute(statement)
    session.execute(f"DELETE FROM {NAME}.layout; INSERT INTO {NAME}.layout VALUES ({VERSION})")
