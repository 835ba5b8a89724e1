drop trigger touch on t;
create trigger touch after insert or update of a on t for each row when (new.a > 0) execute function touch();
