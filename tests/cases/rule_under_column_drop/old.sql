create table t (id int, n int);
create table log (id int, n int);
create rule t_log as on update to t do also insert into log values (new.id, new.n);
