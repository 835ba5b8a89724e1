drop table chat.presence;
