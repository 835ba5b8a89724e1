-- ---------------------------------------------------------------------------
--  Audit trail, by month, so that retention is a DETACH and not a DELETE.
--  Adaeze, with the compliance people
-- ---------------------------------------------------------------------------
CREATE TABLE audit.events (
    id          BIGINT GENERATED ALWAYS AS IDENTITY,
    occurred_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    actor_id    BIGINT,
    action      TEXT NOT NULL,
    target      REGCLASS NOT NULL,
    row_key     TEXT,
    old_row     JSONB,
    new_row     JSONB,
    PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);

CREATE TABLE audit.events_2023_06 PARTITION OF audit.events
    FOR VALUES FROM ('2023-06-01 00:00:00+00') TO ('2023-07-01 00:00:00+00');
CREATE TABLE audit.events_2023_07 PARTITION OF audit.events
    FOR VALUES FROM ('2023-07-01 00:00:00+00') TO ('2023-08-01 00:00:00+00');
CREATE TABLE audit.events_rest PARTITION OF audit.events DEFAULT;

CREATE INDEX events_occurred_at_brin ON audit.events USING brin (occurred_at) WITH (pages_per_range = 32);
CREATE INDEX events_target_idx ON audit.events (target, row_key);

REVOKE ALL ON SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO lantern_app;
GRANT INSERT ON audit.events TO lantern_app;
