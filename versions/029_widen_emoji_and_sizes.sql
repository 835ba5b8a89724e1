-- Flags and families are longer than 16, files are bigger than 2 GB.
alter table chat.reactions alter column emoji type text;
alter table chat.attachments alter column size_bytes type bigint;
alter table chat.reactions add constraint reactions_emoji_length check (char_length(emoji) <= 64);
