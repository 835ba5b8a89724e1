create table t (id int, a int, b int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger b_touch before update of a, b on t for each row execute function touch('x', 'it''s');
create trigger a_log after insert or delete or truncate on t for each statement execute function touch();
create constraint trigger checked after insert on t deferrable initially deferred for each row execute function touch();
alter table t enable always trigger b_touch;
comment on trigger a_log on t is 'log';
