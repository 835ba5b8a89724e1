-- HOTFIX 2024-02-20: 051 was run as another owner on production, where the
-- default privileges of 011 don't apply. Harmless elsewhere.
grant select, insert, update, delete on chat.reactions to lantern_app;
grant usage, select on sequence chat.reactions_id_seq to lantern_app;
grant select (message_id, emoji, created_at) on chat.reactions to lantern_report;
