alter table chat.channels drop constraint channels_name_required;
alter table chat.channels add constraint channels_name_required
    check (kind in ('direct', 'group') or name is not null);

drop index chat.channels_workspace_name_key;
create unique index channels_workspace_name_key
    on chat.channels (workspace_id, lower(name))
    where kind in ('public', 'private') and archived_at is null;

-- bigint[]::text is only STABLE as far as PostgreSQL knows; for bigint it never changes
create function chat.member_fingerprint(bigint[]) returns text
language sql immutable strict parallel safe
as $$ select md5($1::text) $$;

create table chat.group_fingerprints (
    channel_id  bigint primary key references chat.channels (id) on delete cascade,
    member_ids  bigint[] not null,
    fingerprint text generated always as (chat.member_fingerprint(member_ids)) stored,
    constraint group_fingerprints_size check (cardinality(member_ids) between 3 and 9)
);

create unique index group_fingerprints_fingerprint_key on chat.group_fingerprints (fingerprint);
create index group_fingerprints_member_ids_idx on chat.group_fingerprints using gin (member_ids);

comment on table chat.group_fingerprints is 'Finds the existing group DM of a set of people';
