create sequence q;
create table t (id int primary key);
