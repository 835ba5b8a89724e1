create schema st;
create table t (a int, b int);
create statistics t_ab on a, b from t;
