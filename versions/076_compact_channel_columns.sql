-- topic, topic_set_by and topic_set_at become one history table
create table chat.channel_topics (
    channel_id bigint not null references chat.channels (id) on delete cascade,
    set_at     timestamptz not null,
    set_by     bigint references identity.users (id) on delete set null,
    topic      text not null check (char_length(topic) <= 250),
    primary key (channel_id, set_at)
);

insert into chat.channel_topics (channel_id, set_at, set_by, topic)
select id, topic_set_at, topic_set_by, topic
from chat.channels
where topic is not null;

alter table chat.channels
    drop column topic_set_by,
    drop column topic_set_at,
    drop column topic;
