drop rule t_log on t;
alter table t drop column n;
create rule t_log as on update to t do also insert into log values (new.id, 0);
