drop trigger log_update on t;
create trigger log_insert after insert on t referencing new table as is_now for each statement execute function log();
