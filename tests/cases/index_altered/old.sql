create table t (id int, name text);
create index t_n on t (lower(name)) with (fillfactor = 60);
