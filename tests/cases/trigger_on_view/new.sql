drop view v;
create view v as select id, n, n * 2 as d from t;
create trigger v_ins2 instead of insert on v for each row execute function ins();
