create table t (id int, n int);
create table log (id int);
create view v as select id from t;
create rule v_insert as on insert to v do instead insert into t values (new.id, 0) returning t.id;
create rule t_log as on delete to t do also (insert into log values (old.id); notify deleted;);
alter table t disable rule t_log;
comment on rule v_insert on v is 'writes';
