create function touch() returns trigger language plpgsql as 'begin new.changed := now(); return new; end';
create trigger touch before update on t for each row when (old.* is distinct from new.*) execute function touch();
