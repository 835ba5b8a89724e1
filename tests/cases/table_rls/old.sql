create table a (id int);
create table b (id int);
alter table b enable row level security;
alter table b force row level security;
