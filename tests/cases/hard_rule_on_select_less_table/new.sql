alter table t rename n to amount;
alter table t_log rename was to previous;
drop rule up on t;
