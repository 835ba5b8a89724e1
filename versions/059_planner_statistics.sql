-- channel and author go together; the planner thought 40 rows, it was 400,000
create statistics chat.messages_channel_author (dependencies, mcv)
    on channel_id, author_id from chat.messages;
alter table chat.messages alter column channel_id set statistics 1000;
alter statistics chat.messages_channel_author set statistics 500;
