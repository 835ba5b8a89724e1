alter table t alter body set storage main, alter body set statistics 300, alter doc set storage extended;
alter table t alter id set (n_distinct = -0.5);
