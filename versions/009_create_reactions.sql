create table chat.reactions (
    message_id bigint not null references chat.messages (id) on delete cascade,
    user_id    bigint not null references identity.users (id) on delete cascade,
    emoji      varchar(16) not null,
    created_at timestamptz not null default now(),
    primary key (message_id, user_id, emoji)
);

create index reactions_user_id_idx on chat.reactions (user_id);
