create table t (a int default 1, b int default 2, check (a < b));
