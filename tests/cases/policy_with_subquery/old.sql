create table team (id int primary key, member text);
create table doc (id int, team int references team);
alter table doc enable row level security;
create policy by_team on doc using (exists (select 1 from team where team.id = doc.team and member = current_user));
