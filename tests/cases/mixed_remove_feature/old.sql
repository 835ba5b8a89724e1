create type account_role as enum ('user', 'admin');
create table team (id bigserial primary key, name text not null);
create table account (id bigserial primary key, email varchar(255) not null unique, created timestamp not null default now(),
  role account_role not null default 'user', team_id bigint references team on delete set null);
create index account_team_id_idx on account (team_id);
create view admins as select id, email from account where role = 'admin';
create function admin_count() returns bigint language sql stable as 'select count(*) from admins';
comment on column account.role is 'what they may do';
grant select on admins to shop_reader;
