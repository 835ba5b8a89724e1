create or replace view v as select id, n from t where n > 5;
