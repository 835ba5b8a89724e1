create or replace view v as select id, n, m from t;
