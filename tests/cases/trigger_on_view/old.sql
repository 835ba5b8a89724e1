create table t (id int, n int);
create view v as select id, n from t;
create function ins() returns trigger language plpgsql as 'begin insert into t values (new.id, new.n); return new; end';
create trigger v_ins instead of insert on v for each row execute function ins();
