create table t (a int constraint one check (a > 1), b int constraint two check (b > 2));
