alter table t alter body set compression default;
alter table t alter other set compression pglz;
