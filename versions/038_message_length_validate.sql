-- Some imports from the old chat are empty (joins, topic changes) or huge logs.
update chat.messages
set body = '(empty)'
where body = '';

update chat.messages
set body = left(body, 39990) || ' […]',
    edited_at = now()
where char_length(body) > 40000;

alter table chat.messages validate constraint messages_body_length;
