drop trigger touch on t;
alter table t alter amount type bigint;
create trigger touch before update of amount on t for each row when (new.amount > 5) execute function touch();
