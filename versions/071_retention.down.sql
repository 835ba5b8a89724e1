drop function chat.purge_expired(integer);
alter table identity.workspaces drop column retention;
