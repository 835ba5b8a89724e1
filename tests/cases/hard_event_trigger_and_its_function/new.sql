create table t (id int);
create or replace function on_ddl() returns event_trigger language plpgsql as 'begin insert into log values (upper(tg_tag)); end';
alter event trigger watch disable;
