-- Replies in a thread no longer count as unread unless you follow it.
CREATE TABLE chat.thread_followers (
    root_id BIGINT NOT NULL REFERENCES chat.threads (root_id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES identity.users (id) ON DELETE CASCADE,
    PRIMARY KEY (root_id, user_id)
);

DROP VIEW chat.unread_by_workspace;

CREATE OR REPLACE VIEW chat.unread_by_member AS
SELECT cm.user_id,
       cm.channel_id,
       c.workspace_id,
       count(m.id) AS unread,
       cm.mention_count AS mentions,
       min(m.created_at) AS oldest_unread
FROM chat.channel_members cm
JOIN chat.channels c ON c.id = cm.channel_id AND c.deleted_at IS NULL
LEFT JOIN chat.messages m
       ON m.channel_id = cm.channel_id
      AND m.id > coalesce(cm.last_read_message_id, 0)
      AND m.deleted_at IS NULL
      AND m.kind = 'text'
      AND (m.reply_to IS NULL OR EXISTS (
              SELECT 1 FROM chat.thread_followers f
              WHERE f.root_id = m.reply_to AND f.user_id = cm.user_id))
WHERE NOT cm.muted
GROUP BY cm.user_id, cm.channel_id, c.workspace_id, cm.mention_count;

CREATE VIEW chat.unread_by_workspace AS
SELECT user_id, workspace_id,
       sum(unread) AS unread,
       sum(mentions) AS mentions,
       min(oldest_unread) AS oldest_unread
FROM chat.unread_by_member
GROUP BY user_id, workspace_id;
