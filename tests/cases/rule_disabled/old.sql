create table t (id int);
create rule a as on delete to t do instead nothing;
create rule b as on update to t do instead nothing;
alter table t enable always rule b;
