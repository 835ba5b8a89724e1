-- Lantern, the team chat. First migration.
-- One schema per area, nothing of ours in public (that one is for extensions).

create schema identity;
create schema chat;
create schema audit;

comment on schema identity is 'People, workspaces and who belongs to what';
comment on schema chat is 'Channels, messages and everything hanging off them';
comment on schema audit is 'Append-only trail, written by triggers';
