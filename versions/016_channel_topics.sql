alter table chat.channels
    add column topic text,
    add column topic_set_by bigint references identity.users (id) on delete set null,
    add column topic_set_at timestamptz;

alter table chat.channels
    add constraint channels_topic_length check (char_length(topic) <= 250),
    add constraint channels_topic_complete check ((topic is null) = (topic_set_at is null));
