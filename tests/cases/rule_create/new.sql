create rule v_insert as on insert to v do instead insert into t values (new.id, 0);
create rule t_log as on delete to t do also notify deleted;
comment on rule t_log on t is 'tells';
