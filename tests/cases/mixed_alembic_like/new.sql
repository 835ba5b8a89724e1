alter table "user" drop constraint user_status;
alter table "user" add constraint user_status check (status in ('ACTIVE', 'BANNED', 'DELETED'));
alter table "user" alter column name type varchar(100), alter column name set not null;
create unique index ix_user_name on "user" (name);
alter table "user" rename to users;
