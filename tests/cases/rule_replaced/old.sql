create table t (id int, n int);
create rule no_delete as on delete to t do instead nothing;
comment on rule no_delete on t is 'protects';
