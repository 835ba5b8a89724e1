-- The sub-selects of 035 were planned once per row. A definer function that
-- returns all channels of the user is ~30x faster in the channel list. (jonas)
create function chat.my_channel_ids() returns setof bigint
language sql stable security definer set search_path = chat, identity, pg_temp
rows 50
as $$
    select cm.channel_id from chat.channel_members cm where cm.user_id = identity.current_user_id()
$$;

revoke all on function chat.my_channel_ids() from public;
grant execute on function chat.my_channel_ids() to lantern_app;

alter policy messages_visible on chat.messages
    using (channel_id in (select chat.my_channel_ids()));

-- inserts were only refused by the restrictive policy, never allowed by one
create policy messages_post on chat.messages
    for insert to lantern_app
    with check (author_id = identity.current_user_id() and channel_id in (select chat.my_channel_ids()));
