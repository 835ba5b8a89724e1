drop index m_id;
drop index m_2024_only;
create index m_both on m (id, at);
