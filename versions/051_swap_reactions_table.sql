-- reactions get an id (the sync protocol needs a cursor) and skin tones.
-- Changing the key of a 90 GB table in place was not an option: new table, copy, swap.
CREATE TABLE chat.reactions_new (
    id         BIGINT GENERATED ALWAYS AS IDENTITY,
    message_id BIGINT NOT NULL,
    user_id    BIGINT NOT NULL,
    emoji      TEXT NOT NULL,
    skin_tone  SMALLINT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

INSERT INTO chat.reactions_new (message_id, user_id, emoji, created_at)
SELECT message_id, user_id, emoji, created_at
FROM chat.reactions
ORDER BY created_at, message_id, user_id;

DROP TABLE chat.reactions;
ALTER TABLE chat.reactions_new RENAME TO reactions;
ALTER SEQUENCE chat.reactions_new_id_seq RENAME TO reactions_id_seq;

ALTER TABLE chat.reactions
    ADD CONSTRAINT reactions_pkey PRIMARY KEY (id),
    ADD CONSTRAINT reactions_once_key UNIQUE (message_id, user_id, emoji),
    ADD CONSTRAINT reactions_message_id_fkey FOREIGN KEY (message_id) REFERENCES chat.messages (id) ON DELETE CASCADE,
    ADD CONSTRAINT reactions_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE CASCADE,
    ADD CONSTRAINT reactions_emoji_length CHECK (char_length(emoji) <= 64),
    ADD CONSTRAINT reactions_skin_tone_check CHECK (skin_tone BETWEEN 1 AND 5);

CREATE INDEX reactions_user_id_idx ON chat.reactions (user_id);

CREATE TRIGGER reactions_count_added AFTER INSERT ON chat.reactions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION chat.count_reactions();
CREATE TRIGGER reactions_count_removed AFTER DELETE ON chat.reactions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION chat.count_reactions();
