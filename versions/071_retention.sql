alter table identity.workspaces
    add column retention interval
        constraint workspaces_retention_check check (retention >= interval '1 day');

create function chat.purge_expired(batch integer default 10000) returns bigint
language plpgsql security definer set search_path = chat, identity, pg_temp as $$
declare
    gone bigint;
begin
    with doomed as (
        select m.id
        from chat.messages m
        join chat.channels c on c.id = m.channel_id
        join identity.workspaces w on w.id = c.workspace_id
        where w.retention is not null and m.created_at < now() - w.retention
        order by m.id
        limit batch
    )
    delete from chat.messages m using doomed d where m.id = d.id;
    get diagnostics gone = row_count;
    return gone;
end
$$;

revoke all on function chat.purge_expired(integer) from public;
