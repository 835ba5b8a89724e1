create index m_id on only m (id);
create index m_2023_id on m_2023 (id);
alter index m_id attach partition m_2023_id;
