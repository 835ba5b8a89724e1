-- Priority messages. smallint first, so that the sort order is the number.
ALTER TABLE chat.messages
    ADD COLUMN importance SMALLINT NOT NULL DEFAULT 0
        CONSTRAINT messages_importance_check CHECK (importance BETWEEN 0 AND 2);

CREATE OR REPLACE VIEW chat.channel_previews AS
SELECT m.channel_id,
       chat.last(left(m.body, 80) ORDER BY m.id) AS preview,
       max(m.created_at) AS last_message_at,
       max(m.importance) AS importance
FROM chat.messages m
WHERE m.deleted_at IS NULL
GROUP BY m.channel_id;
