create table t (id int, a int not null, b text);
