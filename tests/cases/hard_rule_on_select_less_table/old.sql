create table t (id int, n int);
create table t_log (id int, was int, at timestamptz default now());
create rule log_update as on update to t where old.n is distinct from new.n do also insert into t_log (id, was) values (old.id, old.n);
create rule up as on insert to t where new.n < 0 do instead (insert into t_log values (new.id, new.n); update t set n = 0 where id = new.id);
