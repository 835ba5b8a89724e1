-- min: 15
create table t (id int primary key);
