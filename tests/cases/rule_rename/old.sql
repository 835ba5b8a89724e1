create table t (id int);
create rule nothing as on delete to t do instead nothing;
