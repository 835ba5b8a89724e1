create table chat.threads (
    root_id       bigint primary key references chat.messages (id) on delete cascade,
    channel_id    bigint not null references chat.channels (id) on delete cascade,
    reply_count   integer not null default 0,
    last_reply_at timestamptz,
    locked        boolean not null default false
);

create index threads_recent_idx on chat.threads (channel_id, last_reply_at desc nulls last);

create function chat.threads_on_reply() returns trigger
language plpgsql as $$
begin
    insert into chat.threads as t (root_id, channel_id, reply_count, last_reply_at)
    values (new.reply_to, new.channel_id, 1, new.created_at)
    on conflict (root_id) do update
        set reply_count = t.reply_count + 1,
            last_reply_at = greatest(t.last_reply_at, excluded.last_reply_at);
    return null;
end
$$;

create trigger messages_threads
    after insert on chat.messages
    for each row when (new.reply_to is not null)
    execute function chat.threads_on_reply();
