-- The search service follows these by logical replication.
alter table chat.reactions replica identity using index reactions_once_key;
alter table chat.message_revisions replica identity full;

create publication lantern_search
    for table chat.messages, chat.channels, chat.reactions
    with (publish = 'insert, update, delete');
