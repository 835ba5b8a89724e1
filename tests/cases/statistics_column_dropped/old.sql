-- order: column
create table t (a int, b int, c int);
create statistics t_ab on a, b from t;
