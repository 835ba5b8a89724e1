alter table chat.channel_members
    add column last_read_message_id bigint,
    add column mention_count integer not null default 0 check (mention_count >= 0);

-- deferred: the importer writes members before messages
alter table chat.channel_members
    add constraint channel_members_last_read_fkey
    foreign key (last_read_message_id) references chat.messages (id)
    on delete no action deferrable initially deferred;

create index channel_members_last_read_idx on chat.channel_members (last_read_message_id);

-- everyone starts with everything read
update chat.channel_members cm
set last_read_message_id = m.newest
from (select channel_id, max(id) as newest from chat.messages group by channel_id) m
where m.channel_id = cm.channel_id;
