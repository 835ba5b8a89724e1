create table t (id int primary key, code varchar(8));
create view v as select id, code from t;
create function ins() returns trigger language plpgsql as 'begin return new; end';
create trigger v_ins instead of insert on v for each row execute function ins();
create rule v_del as on delete to v do instead nothing;
comment on trigger v_ins on v is 'writes';
comment on rule v_del on v is 'never';
alter view v alter code set default 'x';
