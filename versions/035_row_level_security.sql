-- The API sets lantern.user_id for each request; the database does the rest.
create function identity.current_user_id() returns bigint
language sql stable parallel safe
return nullif(current_setting('lantern.user_id', true), '')::bigint;

alter table chat.channels enable row level security;
alter table chat.messages enable row level security;

create policy channels_visible on chat.channels
    for select to lantern_app
    using (
        (kind = 'public' and exists (
            select 1 from identity.workspace_members wm
            where wm.workspace_id = channels.workspace_id and wm.user_id = identity.current_user_id()))
        or exists (
            select 1 from chat.channel_members cm
            where cm.channel_id = channels.id and cm.user_id = identity.current_user_id())
    );

create policy channels_write on chat.channels
    for all to lantern_app
    using (created_by = identity.current_user_id())
    with check (created_by = identity.current_user_id());

create policy messages_visible on chat.messages
    for select to lantern_app
    using (exists (select 1 from chat.channels c where c.id = messages.channel_id));

create policy messages_own on chat.messages
    for update to lantern_app
    using (author_id = identity.current_user_id())
    with check (author_id = identity.current_user_id());

-- a locked thread is locked, whatever other policy says yes
create policy messages_not_in_locked_thread on chat.messages
    as restrictive for insert to lantern_app
    with check (not exists (select 1 from chat.threads t where t.root_id = messages.reply_to and t.locked));
