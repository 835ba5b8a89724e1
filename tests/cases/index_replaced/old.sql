create table t (id int, name text);
create index t_n on t (name);
comment on index t_n is 'names';
