CREATE SCHEMA billing;
COMMENT ON SCHEMA billing IS 'What workspaces pay; mirrors the payment provider';

CREATE DOMAIN billing.amount AS numeric(12, 2) DEFAULT 0 CHECK (VALUE >= 0);
CREATE DOMAIN billing.currency AS char(3) NOT NULL DEFAULT 'EUR' CHECK (VALUE ~ '^[A-Z]{3}$');

CREATE TABLE billing.subscriptions (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id  BIGINT NOT NULL REFERENCES identity.workspaces (id) ON DELETE RESTRICT,
    plan          identity.plan NOT NULL,
    seats         INTEGER NOT NULL CHECK (seats > 0),
    period        TSTZRANGE NOT NULL CHECK (NOT isempty(period)),
    external_ref  TEXT UNIQUE,
    -- one subscription at a time; the int8range saves us btree_gist
    CONSTRAINT subscriptions_no_overlap EXCLUDE USING gist (
        int8range(workspace_id, workspace_id, '[]') WITH &&,
        period WITH &&
    )
);

CREATE TABLE billing.invoices (
    number          TEXT PRIMARY KEY,
    subscription_id BIGINT NOT NULL REFERENCES billing.subscriptions (id),
    net             billing.amount NOT NULL,
    tax             billing.amount NOT NULL,
    currency        billing.currency,
    issued_on       DATE NOT NULL DEFAULT CURRENT_DATE,
    paid_at         TIMESTAMPTZ,
    CONSTRAINT invoices_number_format CHECK (number ~ '^LN-\d{4}-\d{5}$')
);

CREATE INDEX invoices_unpaid_idx ON billing.invoices (issued_on) WHERE paid_at IS NULL;

GRANT USAGE ON SCHEMA billing TO lantern_app, lantern_report;
GRANT SELECT ON ALL TABLES IN SCHEMA billing TO lantern_report;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA billing TO lantern_app;
