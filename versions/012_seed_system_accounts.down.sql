-- Takes away what 012 brought, and the workspaces that its accounts own. Members and channels go with their workspace.
delete from identity.workspaces where id = 1 or owner_id in (1, 2);
delete from identity.users where id in (1, 2);

-- and both counters back to behind the last row that is left
select setval(pg_get_serial_sequence('identity.users', 'id'), coalesce(max(id), 1), max(id) is not null)
from identity.users;
select setval(pg_get_serial_sequence('chat.channels', 'id'), coalesce(max(id), 1), max(id) is not null)
from chat.channels;
