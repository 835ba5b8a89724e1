-- In-app support. The numbers customers quote continue where Zendesk stopped.
CREATE SEQUENCE identity.ticket_number AS integer START WITH 40001 MINVALUE 40001 NO CYCLE;

CREATE TABLE identity.tickets (
    number       INTEGER PRIMARY KEY DEFAULT nextval('identity.ticket_number'),
    workspace_id BIGINT NOT NULL REFERENCES identity.workspaces (id) ON DELETE CASCADE,
    opened_by    BIGINT REFERENCES identity.users (id) ON DELETE SET NULL,
    subject      TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'open',
    opened_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    closed_at    TIMESTAMPTZ,
    CONSTRAINT tickets_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);

ALTER SEQUENCE identity.ticket_number OWNED BY identity.tickets.number;

CREATE INDEX tickets_open_idx ON identity.tickets (opened_at) WHERE state = 'open';

GRANT SELECT, UPDATE ON identity.tickets TO lantern_support;
GRANT USAGE ON SCHEMA identity TO lantern_support;
