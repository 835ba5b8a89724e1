create table t (id int, n numeric(5,2));
