create materialized view m as select id, sum(n) as total from t group by id;
create unique index m_id on m (id);
grant select on m to shop_reader;
