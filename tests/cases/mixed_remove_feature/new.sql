drop function admin_count();
drop view admins;
alter table account drop column team_id, drop column role;
drop table team;
drop type account_role;
