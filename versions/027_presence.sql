-- Who is online. Lost on a crash, and that is fine.
create unlogged table chat.presence (
    user_id   bigint primary key references identity.users (id) on delete cascade,
    state     text not null default 'offline' check (state in ('online', 'away', 'dnd', 'offline')),
    device    text,
    last_ping timestamptz not null default now()
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.01);
