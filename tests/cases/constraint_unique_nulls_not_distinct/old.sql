-- min: 15
create table t (a int, b int unique nulls not distinct);
