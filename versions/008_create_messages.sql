create table chat.messages (
    id         bigserial primary key,
    channel_id bigint not null references chat.channels (id) on delete cascade,
    author_id  bigint references identity.users (id) on delete set null,
    reply_to   bigint references chat.messages (id) on delete set null,
    body       text not null,
    created_at timestamptz not null default now(),
    edited_at  timestamptz,
    deleted_at timestamptz,
    constraint messages_edited_after_created check (edited_at is null or edited_at >= created_at)
);

-- the one query that matters: newest first within a channel
create index messages_channel_newest_idx on chat.messages (channel_id, id desc);
create index messages_reply_to_idx on chat.messages (reply_to) where reply_to is not null;

comment on column chat.messages.author_id is 'Null once the author''s account is gone';
comment on column chat.messages.deleted_at is 'Tombstone: the client shows "message deleted"';
