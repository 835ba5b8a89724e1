create collation plain (provider = libc, locale = 'C');
create table t (id int, name text collate plain);
create index t_name on t (name collate plain);
alter collation plain owner to shop_owner;
