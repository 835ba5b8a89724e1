create materialized view m as select 1 as id, 'x'::text as name;
create unique index m_id on m (id);
