create table t (id int, changed timestamptz);
