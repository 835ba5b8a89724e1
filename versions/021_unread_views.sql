create view chat.unread_by_member as
select cm.user_id,
       cm.channel_id,
       c.workspace_id,
       count(m.id) as unread,
       cm.mention_count as mentions
from chat.channel_members cm
join chat.channels c on c.id = cm.channel_id
left join chat.messages m
       on m.channel_id = cm.channel_id
      and m.id > coalesce(cm.last_read_message_id, 0)
      and m.deleted_at is null
where not cm.muted
group by cm.user_id, cm.channel_id, c.workspace_id, cm.mention_count;

-- the badge on the workspace switcher
create view chat.unread_by_workspace as
select user_id, workspace_id, sum(unread) as unread, sum(mentions) as mentions
from chat.unread_by_member
group by user_id, workspace_id;

comment on column chat.unread_by_workspace.unread is 'Muted channels don''t count';
