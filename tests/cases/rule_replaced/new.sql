create or replace rule no_delete as on delete to t do instead update t set n = 0 where id = old.id;
