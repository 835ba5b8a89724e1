create table identity.invites (
    id           uuid primary key default gen_random_uuid(),
    workspace_id bigint not null references identity.workspaces (id) on delete cascade,
    email        identity.email_address not null,
    invited_by   bigint default 2 references identity.users (id) on delete set default,
    token        text not null default encode(gen_random_bytes(18), 'hex'),
    sent_at      timestamptz not null default now(),
    accepted_at  timestamptz,
    expires_at   timestamptz not null default now() + interval '14 days'
);

create index invites_open_idx on identity.invites (expires_at) where accepted_at is null;

comment on column identity.invites.invited_by is 'Falls back to the welcome bot when the inviter leaves';
