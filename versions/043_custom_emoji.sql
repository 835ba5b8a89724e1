create table chat.custom_emoji (
    workspace_id bigint not null references identity.workspaces (id) on delete cascade,
    name         public.citext not null check (name ~ '^[a-z0-9_+-]+$'),
    alias_of     public.citext,
    image        uuid references chat.attachments (id) on delete restrict,
    added_by     bigint default 1 references identity.users (id) on delete set default,
    primary key (workspace_id, name),
    constraint custom_emoji_alias_fkey foreign key (workspace_id, alias_of)
        references chat.custom_emoji (workspace_id, name) match simple on update cascade on delete cascade,
    constraint custom_emoji_image_or_alias check (num_nonnulls(alias_of, image) = 1)
);

create index custom_emoji_alias_idx on chat.custom_emoji (workspace_id, alias_of) where alias_of is not null;
