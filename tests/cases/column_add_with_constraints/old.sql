create table parent (id int primary key);
create table t (id int primary key);
