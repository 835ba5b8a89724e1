-- min: 18
create table t (id int constraint id_there not null, n int);
