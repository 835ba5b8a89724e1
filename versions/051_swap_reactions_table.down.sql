-- The same dance backwards. Skin tones and cursor ids are lost; nobody else has them.
ALTER TABLE chat.reactions RENAME TO reactions_with_id;

CREATE TABLE chat.reactions (
    message_id BIGINT NOT NULL,
    user_id    BIGINT NOT NULL,
    emoji      TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

INSERT INTO chat.reactions (message_id, user_id, emoji, created_at)
SELECT message_id, user_id, emoji, created_at
FROM chat.reactions_with_id
ORDER BY id;

DROP TABLE chat.reactions_with_id;

ALTER TABLE chat.reactions
    ADD CONSTRAINT reactions_pkey PRIMARY KEY (message_id, user_id, emoji),
    ADD CONSTRAINT reactions_message_id_fkey FOREIGN KEY (message_id) REFERENCES chat.messages (id) ON DELETE CASCADE,
    ADD CONSTRAINT reactions_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE CASCADE,
    ADD CONSTRAINT reactions_emoji_length CHECK (char_length(emoji) <= 64);

CREATE INDEX reactions_user_id_idx ON chat.reactions (user_id);

CREATE TRIGGER reactions_count_added AFTER INSERT ON chat.reactions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION chat.count_reactions();
CREATE TRIGGER reactions_count_removed AFTER DELETE ON chat.reactions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION chat.count_reactions();
