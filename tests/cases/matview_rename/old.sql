create schema s;
create materialized view m as select 1 as one;
create index m_one on m (one);
