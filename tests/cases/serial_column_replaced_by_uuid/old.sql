-- order: column
create table t (id serial primary key, n int);
create table c (t_id int references t);
