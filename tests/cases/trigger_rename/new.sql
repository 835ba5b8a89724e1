alter trigger touch on t rename to t_touch;
alter table t rename to things;
