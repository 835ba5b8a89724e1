drop index m_id;
create index m_name on m (lower(name));
