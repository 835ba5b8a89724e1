drop materialized view m;
create materialized view m as select id, n * 2 as n from t with no data;
create index m_n on m (n);
