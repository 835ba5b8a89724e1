-- System messages were ordinary messages by user 1 with a magic prefix.
CREATE TYPE chat.message_kind AS ENUM ('text', 'join', 'leave', 'topic', 'call');

ALTER TABLE chat.messages ADD COLUMN kind chat.message_kind;

UPDATE chat.messages
SET kind = CASE
        WHEN author_id = 1 AND body LIKE '[[join]]%'  THEN 'join'
        WHEN author_id = 1 AND body LIKE '[[leave]]%' THEN 'leave'
        WHEN author_id = 1 AND body LIKE '[[topic]]%' THEN 'topic'
        ELSE 'text'
    END::chat.message_kind;

ALTER TABLE chat.messages
    ALTER COLUMN kind SET DEFAULT 'text',
    ALTER COLUMN kind SET NOT NULL;

CREATE INDEX messages_system_idx ON chat.messages (channel_id) WHERE kind <> 'text';
