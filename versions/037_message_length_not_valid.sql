-- New messages at once; the old ones are checked in 038, without the long lock.
alter table chat.messages
    add constraint messages_body_length check (char_length(body) between 1 and 40000) not valid;
