create type chat.webhook_event as enum ('message.created', 'message.deleted', 'member.joined', 'member.left');

create table chat.webhooks (
    id           bigint generated always as identity primary key,
    workspace_id bigint not null references identity.workspaces (id) on delete cascade,
    url          text not null check (url like 'https://%'),
    secret       bytea not null default gen_random_bytes(32),
    events       chat.webhook_event[] not null default '{message.created}',
    enabled      boolean not null default true,
    created_by   bigint references identity.users (id) on delete set null,
    created_at   timestamptz not null default now(),
    constraint webhooks_events_not_empty check (cardinality(events) > 0)
);

create index webhooks_events_idx on chat.webhooks using gin (events) where enabled;

comment on column chat.webhooks.secret is 'Shown once, then only used to sign';
