-- One run of the block at the start of an upgrade().
CREATE TABLE IF NOT EXISTS alembic_safety.preservation (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_table text NOT NULL,
    revision text NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- NULL: the upgrade went on without coming to its end.
    finished timestamptz,
    restored timestamptz,
    -- Writes that were seen and not captured, a sentence each.
    doubts text[] NOT NULL DEFAULT '{}',
    -- While it is open: who writes, which tables were there, and what the session had written before.
    backend integer,
    tables oid[],
    counted jsonb,
    expected oid[] NOT NULL DEFAULT '{}'
);

-- What is kept of one table or sequence.
CREATE TABLE IF NOT EXISTS alembic_safety.quarantine (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    preservation bigint NOT NULL REFERENCES alembic_safety.preservation ON DELETE CASCADE,
    -- table: all rows; columns: some columns of all rows; rows: what the upgrade writes; sequence
    strategy text NOT NULL,
    asked text NOT NULL,
    -- Its name before the upgrade, as SQL writes it; the OID is good in this database until the upgrade ends.
    source text NOT NULL,
    relation oid NOT NULL,
    -- Columns before the upgrade. Where typed, they are kept in their own type, else as text.
    columns text[] NOT NULL DEFAULT '{}',
    numbers int2[] NOT NULL DEFAULT '{}',
    types text[] NOT NULL DEFAULT '{}',
    typed boolean[] NOT NULL DEFAULT '{}',
    -- What makes two values comparable where the collations may differ.
    suffixes text[] NOT NULL DEFAULT '{}',
    required boolean[] NOT NULL DEFAULT '{}',
    -- Positions in columns; none: rows have no key.
    key integer[] NOT NULL DEFAULT '{}',
    -- Whether rows of the table alone are meant, and not of the tables that inherit from it.
    alone boolean NOT NULL DEFAULT true,
    rewrites boolean NOT NULL DEFAULT false,
    file oid,
    truncated boolean NOT NULL DEFAULT false,
    -- Rows that the session had updated before, and whether it updated or rewrote some since.
    updates bigint NOT NULL DEFAULT 0,
    updated boolean NOT NULL DEFAULT false,
    rows bigint,
    -- Sequences of the table: name to [last_value, is_called].
    positions jsonb NOT NULL DEFAULT '{}',
    -- Its foreign keys: columns here, the table and its columns there, and what a DELETE there does (as pg_constraint says it).
    parents jsonb NOT NULL DEFAULT '[]',
    -- What the upgrade made of it; NULL: it is not there any more.
    after_source text,
    after_columns text[],
    after_others text[] NOT NULL DEFAULT '{}',
    made boolean NOT NULL DEFAULT false,
    -- Columns whose NOT NULL a downgrade took away for a while.
    opened text[] NOT NULL DEFAULT '{}'
);

-- Rows that a downgrade could not hold, where it was told to keep them here.
CREATE TABLE IF NOT EXISTS alembic_safety.conflict (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision text NOT NULL,
    source text NOT NULL,
    reason text NOT NULL,
    before_upgrade jsonb,
    at_downgrade jsonb,
    found timestamptz NOT NULL DEFAULT clock_timestamp()
);

ALTER TABLE alembic_safety.quarantine
    -- Labels of the enums that columns hold, by column; its checks, name to expression; and the columns of each unique key.
    ADD COLUMN IF NOT EXISTS labels jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS checks jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS uniques jsonb NOT NULL DEFAULT '[]',
    -- Given back already, by a downgrade that committed a part of itself.
    ADD COLUMN IF NOT EXISTS returned boolean NOT NULL DEFAULT false;

ALTER TABLE alembic_safety.preservation
    -- The transaction that opened it, and whether the upgrade is expected to commit before its end.
    ADD COLUMN IF NOT EXISTS opened_in text,
    ADD COLUMN IF NOT EXISTS commits boolean NOT NULL DEFAULT false;
