-- Support wants an "undo" for everything, so everything gets a deleted_at.
DO $$
DECLARE
    t regclass;
BEGIN
    FOREACH t IN ARRAY ARRAY['chat.channels', 'chat.custom_emoji', 'chat.webhooks', 'identity.workspaces']::regclass[]
    LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN deleted_at timestamptz', t);
        EXECUTE format('COMMENT ON COLUMN %s.deleted_at IS %L', t, 'Soft delete; purged after 30 days');
    END LOOP;
END
$$;
