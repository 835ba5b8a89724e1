create table t (id int not null, n int);
create unique index t_id on t (id);
create table u (id int not null primary key);
alter table u replica identity nothing;
