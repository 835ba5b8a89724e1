create table t (id int, name text);
create index idx1 on t (id);
create index idx2 on t (name);
