create table t (id int, n int);
create view v as select id, n from t;
create view w as select id from v;
create materialized view m as select id from w;
create index m_id on m (id);
grant select on w to shop_reader;
