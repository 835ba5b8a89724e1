-- The roles come from Terraform: lantern_app is the API, lantern_report is the
-- read replica's BI user. Here only what they may do.
GRANT USAGE ON SCHEMA identity, chat TO lantern_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA identity, chat TO lantern_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA identity, chat TO lantern_app;

ALTER DEFAULT PRIVILEGES IN SCHEMA identity, chat GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO lantern_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA identity, chat GRANT USAGE, SELECT ON SEQUENCES TO lantern_app;

GRANT USAGE ON SCHEMA identity, chat TO lantern_report;
GRANT SELECT ON identity.workspaces, identity.workspace_members, chat.channels TO lantern_report;
-- not the password hash, not the e-mail address
GRANT SELECT (id, public_id, handle, status, created_at) ON identity.users TO lantern_report;
