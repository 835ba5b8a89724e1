alter table child drop constraint child_m_id_m_at_fkey;
alter table m drop constraint m_kind_id_fkey;
