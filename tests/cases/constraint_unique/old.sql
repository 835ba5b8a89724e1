create table t (a int, b int, c int, unique (a), constraint bc unique (b) include (c));
