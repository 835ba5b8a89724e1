-- Group DMs. Alone in its file: a new enum value can't be used before COMMIT.
alter type chat.channel_kind add value 'group' after 'direct';
