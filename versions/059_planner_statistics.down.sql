alter table chat.messages alter column channel_id set statistics -1;
drop statistics chat.messages_channel_author;
