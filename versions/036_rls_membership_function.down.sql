drop policy messages_post on chat.messages;

alter policy messages_visible on chat.messages
    using (exists (select 1 from chat.channels c where c.id = messages.channel_id));

drop function chat.my_channel_ids();
