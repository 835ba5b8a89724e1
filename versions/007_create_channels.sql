CREATE TABLE chat.channels (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES identity.workspaces (id) ON DELETE CASCADE,
    kind         chat.channel_kind NOT NULL DEFAULT 'public',
    name         TEXT,
    created_by   BIGINT REFERENCES identity.users (id) ON DELETE SET NULL,
    archived_at  TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT channels_name_required CHECK (kind = 'direct' OR name IS NOT NULL)
);

-- #General and #general are the same channel; archived names can be taken again
CREATE UNIQUE INDEX channels_workspace_name_key
    ON chat.channels (workspace_id, lower(name))
    WHERE kind <> 'direct' AND archived_at IS NULL;

CREATE TABLE chat.channel_members (
    channel_id BIGINT NOT NULL REFERENCES chat.channels (id) ON DELETE CASCADE,
    user_id    BIGINT NOT NULL REFERENCES identity.users (id) ON DELETE CASCADE ON UPDATE CASCADE,
    muted      BOOLEAN NOT NULL DEFAULT FALSE,
    joined_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (channel_id, user_id)
);

CREATE INDEX channel_members_user_id_idx ON chat.channel_members (user_id) INCLUDE (muted);
