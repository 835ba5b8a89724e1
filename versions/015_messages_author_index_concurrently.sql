-- "My messages" took 4s on the big workspaces. Not in a transaction!
CREATE INDEX CONCURRENTLY messages_author_recent_idx
    ON chat.messages (author_id, created_at DESC)
    WHERE deleted_at IS NULL;
