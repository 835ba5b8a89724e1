drop table chat.reactions;
