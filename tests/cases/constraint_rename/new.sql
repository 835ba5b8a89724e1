alter table t rename constraint a to t_pk;
alter table t rename constraint b to t_n_check;
alter table t rename constraint c to t_n_unique;
