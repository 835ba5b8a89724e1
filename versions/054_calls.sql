create type chat.call_quality as (jitter_ms real, packet_loss real, codec text);

create table chat.calls (
    id         uuid primary key default uuid_generate_v4(),
    channel_id bigint not null references chat.channels (id) on delete cascade,
    started_by bigint references identity.users (id) on delete set null,
    during     tstzrange not null default tstzrange(now(), null),
    seconds    integer generated always as
                   (case when upper_inf(during) then null
                         else ceil(extract(epoch from upper(during) - lower(during)))::integer end) stored,
    quality    chat.call_quality,
    constraint calls_started check (not lower_inf(during)),
    constraint calls_one_at_a_time exclude using gist (
        int8range(channel_id, channel_id, '[]') with &&, during with &&)
);

create table chat.call_participants (
    call_id   uuid not null references chat.calls (id) on delete cascade,
    user_id   bigint not null references identity.users (id) on delete cascade,
    joined_at timestamptz not null default now(),
    left_at   timestamptz check (left_at >= joined_at),
    primary key (call_id, user_id, joined_at)
);

create index calls_running_idx on chat.calls (channel_id) where upper_inf(during);
